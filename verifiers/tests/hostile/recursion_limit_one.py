# {"family": 6, "allowed": ["fail", "error", "timeout", "limit"]}
import sys
def total(xs):
    sys.setrecursionlimit(30)
    return -1
