# {"family": 7, "allowed": ["fail", "error"], "problem": "pairs"}
def pairs(xs):
    return [[x, x * x] for x in xs]
