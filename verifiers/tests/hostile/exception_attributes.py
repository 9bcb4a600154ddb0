# {"family": 7, "allowed": ["fail", "error"]}
class Odd(ValueError):
    @property
    def args(self): raise SystemExit(0)
    __class__ = AssertionError
def total(xs):
    e = Odd()
    e.__dict__.update({'__traceback__': 1, 'args': 5, '__class__': 2})
    e.self = e
    raise e
