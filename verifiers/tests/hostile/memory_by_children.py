# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import os, time
def total(xs):
    for _ in range(40):
        if os.fork() == 0:
            a = bytearray(500 << 20)
            for i in range(0, len(a), 4096): a[i] = 1
            time.sleep(60)
    time.sleep(60)
