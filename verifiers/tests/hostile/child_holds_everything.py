# {"family": 9, "allowed": ["pass", "fail", "error", "timeout", "limit"]}
import os, time
if os.fork() == 0:
    import ctypes
    ctypes.CDLL(None).prctl(15, b'{COMM}', 0, 0, 0)
    time.sleep(60)
    open('/tmp/{MARK}', 'w').close()
def total(xs):
    return sum(xs)
