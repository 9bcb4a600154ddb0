# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def total(xs):
    fd = os.open('/tmp/x', os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, 1 << 42)
    os.posix_fallocate(fd, 0, 1 << 33)
    return -1
