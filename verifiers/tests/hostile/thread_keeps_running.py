# {"family": 8, "allowed": ["timeout"]}
import threading, time
def spin():
    while True: pass
def total(xs):
    for _ in range(3):
        threading.Thread(target=spin).start()
    time.sleep(10_000)
