# {"family": 8, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    while True:
        yield 0
