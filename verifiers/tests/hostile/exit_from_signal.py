# {"family": 1, "allowed": ["fail", "error"]}
import os, signal, time
signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
signal.setitimer(signal.ITIMER_REAL, 0.01)
def total(xs):
    time.sleep(1)
    return -1
