# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    return 10 ** 12_000_000
