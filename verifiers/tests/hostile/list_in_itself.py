# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    a = []
    a.append(a)
    return a
