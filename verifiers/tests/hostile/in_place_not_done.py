# {"family": 6, "allowed": ["fail", "error"], "problem": "in_place"}
def sort_down(xs):
    return sorted(xs, reverse=True)
