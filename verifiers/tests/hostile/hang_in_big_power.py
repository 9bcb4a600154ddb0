# {"family": 8, "allowed": ["timeout", "limit", "error"]}
def total(xs):
    return pow(7, 10 ** 9)
