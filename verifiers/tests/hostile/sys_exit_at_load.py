# {"family": 1, "allowed": ["fail", "error"]}
import sys
def total(xs):
    return -1
sys.exit(0)
