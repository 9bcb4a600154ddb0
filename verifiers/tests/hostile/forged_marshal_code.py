# {"family": 7, "allowed": ["fail", "error"]}
# code objects, references and broken lengths where a value is expected
import marshal, os
payloads = [marshal.dumps(compile('1', 'x', 'eval')), b'R\0\0\0\0', b'[\xff\xff\xff\x7f', b'<\x02\0\0\0[\0\0\0\0N', b'{[\0\0\0\0N0']
data = b''.join(len(p).to_bytes(4, 'little') + b'v' + p for p in payloads * 20)
for fd in range(3, 256):
    try:
        os.write(fd, data)
    except OSError:
        pass
os._exit(0)
