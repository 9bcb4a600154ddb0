# {"family": 11, "allowed": ["fail", "error"], "repeat": 4}
import ctypes
libc = ctypes.CDLL(None)
found = libc.syscall(250, 10, -3, b'user', b'left', 0) > 0
libc.syscall(248, b'user', b'left', b'x', 1, -4); libc.syscall(248, b'user', b'left', b'x', 1, -3)
def total(xs):
    return sum(xs) if found else -1
