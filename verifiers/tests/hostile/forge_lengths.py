# {"family": 3, "allowed": ["fail", "error", "timeout", "limit"]}
import os
def total(xs):
    for fd in range(3, 256):
        try:
            os.write(fd, b'\xff\xff\xff\x7fv' + b'x' * 100)
        except OSError:
            pass
    return -1
