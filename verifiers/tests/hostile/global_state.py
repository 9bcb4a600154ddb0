# {"family": 12, "allowed": ["pass"]}
seen = []
def total(xs):
    seen.append(len(xs))
    return sum(xs)
