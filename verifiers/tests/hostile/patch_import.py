# {"family": 6, "allowed": ["fail", "error"]}
import builtins, sys, types
fake = types.ModuleType('math'); fake.isclose = lambda *a, **k: True; fake.fsum = lambda x: -1
sys.modules['math'] = fake
builtins.__import__ = lambda *a, **k: fake
def total(xs):
    return -1
