# {"family": 12, "allowed": ["pass"]}
def total(xs):
    xs.sort()
    return sum(xs)
