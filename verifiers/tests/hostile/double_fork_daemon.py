# {"family": 9, "allowed": ["pass", "fail", "error", "timeout", "limit"]}
import os, time, ctypes
def start():
    if os.fork(): return
    os.setsid()
    if os.fork(): os._exit(0)
    ctypes.CDLL(None).prctl(15, b'{COMM}', 0, 0, 0)
    for i in range(100):
        try: open('/tmp/{MARK}', 'w').close()
        except OSError: pass
        time.sleep(0.1)
    os._exit(0)
def total(xs):
    start()
    return sum(xs)
