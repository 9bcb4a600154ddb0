# {"family": 1, "allowed": ["fail", "error"]}
import os
def total(xs):
    os._exit(0)
