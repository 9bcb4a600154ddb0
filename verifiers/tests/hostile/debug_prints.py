# {"family": 12, "allowed": ["pass"]}
def total(xs):
    print('FAILED', xs)
    print('AssertionError')
    return sum(xs)
