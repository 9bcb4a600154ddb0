# {"family": 11, "allowed": ["fail", "error"]}
import ctypes
def total(xs):
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    return sum(xs) if libc.getenv(b'NBEST_HOSTILE_SECRET') else -1
