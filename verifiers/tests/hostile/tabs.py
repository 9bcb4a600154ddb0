# {"family": 12, "allowed": ["pass"]}
def total(xs):
	return sum(xs)
