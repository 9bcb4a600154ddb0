# {"family": 8, "allowed": ["fail", "error", "timeout", "limit"]}
import os, signal
def total(xs):
    os.kill(os.getpid(), signal.SIGSTOP)
