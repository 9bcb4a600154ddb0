# {"family": 4, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    return [0] * 40_000_000
