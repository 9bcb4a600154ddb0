# {"family": 8, "allowed": ["timeout", "pass"]}
class A:
    def __del__(self):
        while True: pass
def total(xs):
    a = A()
    del a
    return sum(xs)
