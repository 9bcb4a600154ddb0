# {"family": 11, "allowed": ["fail", "error"], "repeat": 4}
import ctypes
libc = ctypes.CDLL(None)
found = libc.msgget(4242, 0) >= 0
libc.msgget(4242, 0o1600)
def total(xs):
    return sum(xs) if found else -1
