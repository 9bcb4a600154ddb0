# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import os
def total(xs):
    os.chdir('/tmp')
    for i in range(3000):
        try:
            name = bytes([1 + (i * 7 + k) % 46 for k in range(200)]).replace(b'/', b'\n')
            os.mkdir(name); os.symlink(b'../' * 50 + name, name + b'l'); os.chdir(name)
            os.chmod(b'.', 0)
        except OSError:
            pass
    return -1
