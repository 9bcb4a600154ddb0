# {"family": 5, "allowed": ["fail", "error"], "problem": "kinds"}
def kinds(name):
    return {'bad': 1}.get(name, ())
