# {"family": 12, "allowed": ["pass"]}
import tempfile, os
def total(xs):
    with tempfile.NamedTemporaryFile('w+', delete=False) as f:
        f.write(repr(list(xs)))
    with open(f.name) as g:
        got = eval(g.read())
    os.unlink(f.name)
    return sum(got)
