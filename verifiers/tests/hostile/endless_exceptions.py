# {"family": 8, "allowed": ["timeout", "error", "limit"]}
def total(xs):
    try:
        return total(xs)
    finally:
        total(xs)
