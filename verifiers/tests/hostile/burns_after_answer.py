# {"family": 9, "allowed": ["pass", "fail", "error", "timeout", "limit"]}
import multiprocessing, threading
def burn():
    while True: pass
def total(xs):
    for _ in range(3):
        multiprocessing.Process(target=burn, daemon=False).start()
    threading.Thread(target=burn).start()
    return sum(xs)
