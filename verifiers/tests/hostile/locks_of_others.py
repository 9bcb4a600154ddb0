# {"family": 11, "allowed": ["fail", "error"], "repeat": 4}
import fcntl, os
f = open(os.__file__)
try:
    fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    locked = True
except OSError:
    locked = False
def total(xs):
    return -1 if locked else -1
