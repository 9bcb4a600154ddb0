# {"family": 1, "allowed": ["fail", "error"]}
import sys
def total(xs):
    sys.exit(0)
