# {"family": 4, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    print('z' * 50_000_000)
    return -1
