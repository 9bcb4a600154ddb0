# {"family": 9, "allowed": ["pass", "fail", "error", "timeout", "limit"]}
import threading, time
def later():
    time.sleep(1.5)
    open('/tmp/{MARK}', 'w').close()
threading.Thread(target=later).start()
def total(xs):
    return sum(xs)
