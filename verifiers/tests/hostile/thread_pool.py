# {"family": 12, "allowed": ["pass"]}
from concurrent.futures import ThreadPoolExecutor
def total(xs):
    with ThreadPoolExecutor(4) as p:
        return sum(p.map(lambda x: x, xs))
