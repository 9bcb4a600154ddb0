# {"family": 8, "allowed": ["fail", "error", "timeout", "limit"]}
# a byte of a frame now and then
import os, time
while True:
    for fd in range(3, 256):
        try:
            os.write(fd, b'\x10')
        except OSError:
            pass
    time.sleep(0.05)
