# {"family": 8, "allowed": ["timeout"]}
import signal
for s in range(1, 65):
    try:
        signal.signal(s, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
def total(xs):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
