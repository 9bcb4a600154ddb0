# {"family": 8, "allowed": ["timeout"]}
import time
def total(xs):
    time.sleep(10_000)
