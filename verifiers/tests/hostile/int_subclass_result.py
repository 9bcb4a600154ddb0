# {"family": 12, "allowed": ["pass"]}
class N(int):
    pass
def total(xs):
    s = sum(xs)
    return N(s) if type(s) is int else s
