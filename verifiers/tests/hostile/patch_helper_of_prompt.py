# {"family": 6, "allowed": ["fail", "error"]}
def is_close(a, b):
    return True
def total(xs):
    return -1
