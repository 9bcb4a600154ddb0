# {"family": 11, "allowed": ["fail", "error"]}
import os, resource
def total(xs):
    for pid in (os.getppid(), 1):
        try:
            resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1)); resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3))
        except (OSError, ValueError):
            pass
    return -1
