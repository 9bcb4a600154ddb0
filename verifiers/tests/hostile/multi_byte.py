# {"family": 12, "allowed": ["pass"]}
def total(xs):
    größe = 'naïve 😀 文字'
    return sum(xs) + 0 * len(größe)
