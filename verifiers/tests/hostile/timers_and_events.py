# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import ctypes, select
libc = ctypes.CDLL(None, use_errno=True)
def total(xs):
    timer = ctypes.c_void_p()
    for _ in range(100_000):
        libc.timer_create(1, None, ctypes.byref(timer))
    keep = [select.epoll() for _ in range(100_000)]
    return -1
