# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
import os
def total(xs):
    os.chdir('/tmp')
    for i in range(3000):
        name = '{MARK} \n\x01' + 'n' * 100
        os.mkdir(name); os.chdir(name)
    return -1
