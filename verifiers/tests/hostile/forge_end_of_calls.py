# {"family": 3, "allowed": ["fail", "error", "timeout", "limit"]}
import os
for fd in range(3, 256):
    try:
        os.write(fd, b'\0\0\0\0d')
    except OSError:
        pass
def total(xs):
    return -1
