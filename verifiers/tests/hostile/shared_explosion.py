# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    a = [0]
    for _ in range(40):
        a = [a, a]
    return a
