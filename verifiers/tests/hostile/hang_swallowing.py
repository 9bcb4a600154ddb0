# {"family": 8, "allowed": ["timeout"]}
def total(xs):
    while True:
        try:
            while True: [].sort()
        except BaseException:
            continue
