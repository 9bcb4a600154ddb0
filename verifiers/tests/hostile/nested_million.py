# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    a = []
    for _ in range(1_000_000):
        a = [a]
    return a
