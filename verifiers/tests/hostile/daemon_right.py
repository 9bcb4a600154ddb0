# {"family": 9, "allowed": ["pass", "fail", "error", "timeout", "limit"]}
import os, time
def total(xs):
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                import ctypes
                ctypes.CDLL(None).prctl(15, b'{COMM}', 0, 0, 0)
                for _ in range(1000):
                    try:
                        open('/tmp/{MARK}', 'a').close()
                    except OSError:
                        pass
                    time.sleep(0.1)
            os._exit(0)
    except OSError:
        pass
    return sum(xs)
