# {"family": 7, "allowed": ["fail", "error", "limit", "timeout"]}
def total(xs):
    d = {}
    d['me'] = [d, {1, 2}, (d, d)]
    xs.append(d)
    return d
