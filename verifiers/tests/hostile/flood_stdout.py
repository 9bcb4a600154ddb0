# {"family": 4, "allowed": ["fail", "error", "timeout", "limit"]}
import sys
def total(xs):
    for _ in range(200):
        sys.stdout.write('x' * 1_000_000)
    return -1
