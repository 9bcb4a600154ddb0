# {"family": 7, "allowed": ["fail", "error", "limit", "timeout"]}
def total(xs):
    return [10 ** 1_000_000] * 3
