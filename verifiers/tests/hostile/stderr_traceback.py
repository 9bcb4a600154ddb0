# {"family": 12, "allowed": ["pass"]}
import sys, warnings, traceback
def total(xs):
    warnings.warn('careful')
    try:
        1 / 0
    except ZeroDivisionError:
        traceback.print_exc()
    return sum(xs)
