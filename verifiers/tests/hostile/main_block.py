# {"family": 12, "allowed": ["pass"]}
def total(xs):
    return sum(xs)
if __name__ == '__main__':
    print(total([1]))
    raise SystemExit(3)
