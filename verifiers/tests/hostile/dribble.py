# {"family": 8, "allowed": ["timeout"]}
import sys, time
def total(xs):
    while True:
        sys.stdout.write('.'); sys.stdout.flush(); time.sleep(0.05)
