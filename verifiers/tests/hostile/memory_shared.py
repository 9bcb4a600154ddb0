# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import mmap, os
def total(xs):
    maps = []
    for _ in range(40):
        if os.fork() == 0:
            m = mmap.mmap(-1, 512 << 20)
            for i in range(0, len(m), 4096): m[i] = 1
            os._exit(0)
    for _ in range(40): os.wait()
    return -1
