# {"family": 12, "allowed": ["pass"], "problem": "in_place"}
def sort_down(xs):
    xs.sort(reverse=True)
