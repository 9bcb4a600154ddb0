# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    return [1 << 3_000_000] * 50
