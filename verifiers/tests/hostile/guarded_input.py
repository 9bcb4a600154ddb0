# {"family": 12, "allowed": ["pass"]}
try:
    n = int(input())
except EOFError:
    n = 0
def total(xs):
    return sum(xs)
