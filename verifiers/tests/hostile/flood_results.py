# {"family": 4, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    return 'r' * 300_000_000
