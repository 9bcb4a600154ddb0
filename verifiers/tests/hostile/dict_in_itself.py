# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    a = {}
    a['a'] = a
    return a
