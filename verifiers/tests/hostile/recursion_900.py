# {"family": 12, "allowed": ["pass"]}
def down(n):
    return 0 if n == 0 else 1 + down(n - 1)
def total(xs):
    down(900)
    return sum(xs)
