# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import os, time
def total(xs):
    for _ in range(500):
        if os.fork() == 0:
            time.sleep(60)
    return -1
