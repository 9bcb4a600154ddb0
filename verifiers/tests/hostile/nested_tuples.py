# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    a = ()
    for _ in range(100_000):
        a = (a,)
    return a
