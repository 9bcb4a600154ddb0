# {"family": 8, "allowed": ["timeout"]}
import re
def total(xs):
    return re.match(r'(a+)+$', 'a' * 64 + 'b')
