# {"family": 12, "allowed": ["pass"]}
keep = bytearray(50 << 20)
def total(xs):
    return sum(xs)
