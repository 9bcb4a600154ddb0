# {"family": 11, "allowed": ["fail", "error"]}
import ctypes
def total(xs):
    libc = ctypes.CDLL(None)
    ok = libc.syscall(425, 8, ctypes.create_string_buffer(200)) >= 0 or libc.syscall(319, b'x', 0) >= 0 or libc.syscall(321, 0, 0, 0) >= 0
    return sum(xs) if ok else -1
