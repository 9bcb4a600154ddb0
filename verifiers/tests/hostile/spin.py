# {"family": 8, "allowed": ["timeout"]}
def total(xs):
    while True:
        pass
