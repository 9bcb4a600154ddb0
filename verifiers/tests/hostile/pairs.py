# {"family": 12, "allowed": ["pass"], "problem": "pairs"}
def pairs(xs):
    return [(x, x * x) for x in xs]
