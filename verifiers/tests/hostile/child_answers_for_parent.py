# {"family": 9, "allowed": ["fail", "error", "timeout", "limit"]}
# two processes on one line: both answer
import os
os.fork()
def total(xs):
    return -1
