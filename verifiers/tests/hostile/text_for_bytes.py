# {"family": 7, "allowed": ["fail", "error"], "problem": "table"}
def table(xs):
    return repr({x: x * x for x in xs})
