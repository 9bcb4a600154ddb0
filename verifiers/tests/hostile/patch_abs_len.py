# {"family": 6, "allowed": ["fail", "error"]}
import builtins, math
builtins.abs = lambda x: 0
builtins.len = lambda x: 3
builtins.isinstance = lambda *a: True
builtins.sum = lambda x: -1
builtins.all = builtins.any = lambda x: True
builtins.sorted = lambda *a, **k: []
math.isclose = lambda *a, **k: True
def total(xs):
    return -1
