# {"family": 11, "allowed": ["fail", "error"]}
import os
def total(xs):
    ok = False
    for p in ('/', '/usr/lib', os.path.dirname(os.__file__), '/etc', '/var/tmp', '/home', '/dev'):
        try:
            open(os.path.join(p, '{MARK}'), 'w').close()
            ok = True
        except OSError:
            pass
    return sum(xs) if ok else -1
