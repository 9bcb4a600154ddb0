# {"family": 4, "allowed": ["fail", "error", "timeout", "limit"]}
import itertools
def total(xs):
    return itertools.count()
