# {"family": 4, "allowed": ["fail", "error", "timeout", "limit"]}
import os
def total(xs):
    for _ in range(200):
        os.write(1, b'y' * 1_000_000); os.write(2, b'y' * 1_000_000)
    return -1
