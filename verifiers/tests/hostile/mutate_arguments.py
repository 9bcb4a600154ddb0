# {"family": 6, "allowed": ["fail", "error"]}
def total(xs):
    xs[:] = []
    return 0
