# {"family": 4, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    raise ValueError('e' * 100_000_000)
