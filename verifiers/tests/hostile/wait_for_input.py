# {"family": 8, "allowed": ["timeout"]}
import os, select
def total(xs):
    r, w = os.pipe()
    os.read(r, 1)
