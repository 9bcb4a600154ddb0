# {"family": 12, "allowed": ["pass"]}
import functools
class Adder:
    def __init__(self):
        self.t = 0
    def add(self, x):
        self.t += x
@functools.lru_cache(None)
def ident(x):
    return x
def total(xs):
    a = Adder()
    for x in xs:
        a.add(ident(x))
    return a.t
