# {"family": 3, "allowed": ["fail", "error"]}
import os
for fd in range(3, 256):
    try:
        os.write(fd, b'\x09\0\0\0v')
    except OSError:
        pass
os._exit(0)
