# {"family": 12, "allowed": ["pass"]}
import os
def total(xs):
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(w, repr(list(xs)).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    return sum(eval(os.read(r, 65536)))
