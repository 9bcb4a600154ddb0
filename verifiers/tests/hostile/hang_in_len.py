# {"family": 8, "allowed": ["fail", "error", "timeout"]}
import time
class A:
    def __len__(self):
        while True: pass
    __eq__ = __iter__ = __float__ = __str__ = __bool__ = __repr__ = lambda self, *a: time.sleep(10_000)
def total(xs):
    return A()
