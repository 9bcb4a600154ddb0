# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import mmap
def total(xs):
    m = [mmap.mmap(-1, 1 << 32) for _ in range(100)]
    return -1
