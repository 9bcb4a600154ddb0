# {"family": 12, "allowed": ["pass"]}
class Odd(Exception):
    pass
def total(xs):
    try:
        raise Odd('x')
    except Odd:
        return sum(xs)
