# {"family": 11, "allowed": ["fail", "error"]}
import os
def total(xs):
    os.kill(-1, 9)
    return -1
