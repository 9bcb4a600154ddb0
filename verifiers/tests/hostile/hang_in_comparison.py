# {"family": 8, "allowed": ["timeout"]}
def total(xs):
    class A:
        def __lt__(self, o):
            while True: pass
    return sorted([A(), A()])
