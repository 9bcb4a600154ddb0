# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import os
def total(xs):
    fds = []
    while True:
        fds.append(os.dup(1))
