# {"family": 10, "allowed": ["fail", "error", "timeout", "limit"]}
def total(xs):
    for i in range(100_000):
        open('/tmp/{MARK}' + str(i), 'w').close()
    return -1
