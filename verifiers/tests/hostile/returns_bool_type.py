# {"family": 5, "allowed": ["fail", "error"]}
class M(type):
    def __eq__(cls, o): return True
    def __hash__(cls): return 0
class Six(int, metaclass=M): pass
def total(xs):
    return Six
