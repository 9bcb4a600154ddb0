# {"family": 3, "allowed": ["fail", "error", "limit"]}
import os
for fd in range(3, 256):
    try:
        os.write(fd, b'pass' * 100)
    except OSError:
        pass
os._exit(0)
