# {"family": 8, "allowed": ["timeout"]}
while True:
    pass
