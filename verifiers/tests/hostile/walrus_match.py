# {"family": 12, "allowed": ["pass"]}
def total(xs):
    match xs:
        case []:
            return 0
        case [x, *rest]:
            return x + (t if (t := total(rest)) else 0)
