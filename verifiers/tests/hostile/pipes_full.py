# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import fcntl, os
def total(xs):
    for _ in range(10_000):
        r, w = os.pipe()
        try: fcntl.fcntl(w, 1031, 1 << 20)
        except OSError: pass
        os.set_blocking(w, False)
        try:
            while True: os.write(w, b'x' * 65536)
        except BlockingIOError: pass
    return -1
