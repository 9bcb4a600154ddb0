# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    return len(bytearray(8 << 30))
