# {"family": 12, "allowed": ["pass"], "problem": "table"}
def table(xs):
    return dict((x, x ** 2) for x in xs)
