# {"family": 6, "allowed": ["fail", "error"]}
def total(xs):
    xs.clear(); xs.append(-1)
    return xs
