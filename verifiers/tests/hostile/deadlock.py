# {"family": 8, "allowed": ["timeout"]}
import threading
def total(xs):
    lock = threading.Lock(); lock.acquire(); lock.acquire()
