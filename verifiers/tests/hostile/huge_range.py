# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    return range(10 ** 12)
