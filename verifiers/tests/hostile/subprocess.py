# {"family": 12, "allowed": ["pass"]}
import multiprocessing
def work(x, q):
    q.put(x)
def total(xs):
    return sum(xs)
