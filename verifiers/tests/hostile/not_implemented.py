# {"family": 5, "allowed": ["fail", "error"]}
def total(xs):
    return NotImplemented
