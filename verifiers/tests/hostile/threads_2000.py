# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import threading, time
def total(xs):
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    return -1
