# {"family": 12, "allowed": ["pass"]}
import random
def total(xs):
    random.shuffle(xs)
    return sum(xs)
