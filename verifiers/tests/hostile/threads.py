# {"family": 12, "allowed": ["pass"]}
import threading
def total(xs):
    out = []
    ts = [threading.Thread(target=out.append, args=(x,)) for x in xs]
    [t.start() for t in ts]; [t.join() for t in ts]
    return sum(out)
