# {"family": 1, "allowed": ["fail", "error"]}
def total(xs):
    quit()
