# {"family": 1, "allowed": ["fail", "error"]}
def total(xs):
    raise StopIteration(0)
