# {"family": 8, "allowed": ["timeout"]}
import re, signal
for s in range(1, 65):
    try: signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError): pass
def total(xs):
    re.match(r'(a|a|a|a)*b', 'a' * 60)
