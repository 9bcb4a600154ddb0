# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    a = []
    while True:
        a.append(bytearray(1 << 20))
