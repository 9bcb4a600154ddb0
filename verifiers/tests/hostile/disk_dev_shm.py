# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    with open('/dev/shm/{MARK}', 'wb') as f:
        for _ in range(1500):
            f.write(b'x' * (1 << 20))
    return -1
