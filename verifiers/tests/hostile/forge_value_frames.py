# {"family": 3, "allowed": ["fail", "error"]}
# speaks the protocol: answers each call with True before the real answer, then leaves
import marshal, os
def frame(kind, payload):
    return len(payload).to_bytes(4, 'little') + kind + payload
data = b''.join(frame(b'v', marshal.dumps(v, 2)) for v in (True, 1, 'pass', None) * 50) + frame(b'd', b'')
for fd in range(3, 256):
    try:
        os.write(fd, data)
    except OSError:
        pass
os._exit(0)
