# {"family": 12, "allowed": ["pass"]}
import sys
def total(xs):
    sys.stdout.buffer.write(b'\xff\xfe\x00')
    sys.stdout.flush()
    print('\ud800')
    return sum(xs)
