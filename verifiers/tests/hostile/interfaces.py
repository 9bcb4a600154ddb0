# {"family": 11, "allowed": ["fail", "error"]}
import socket, urllib.request
def total(xs):
    done = False
    for family, kind in ((socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET6, socket.SOCK_DGRAM), (16, 3), (17, 3), (40, 1)):
        try:
            s = socket.socket(family, kind); s.settimeout(0.3)
            s.connect(('127.0.0.1', {PORT})); done = True
        except (OSError, TypeError): pass
    try: socket.getaddrinfo('localhost', {PORT}); urllib.request.urlopen('http://127.0.0.1:{PORT}', timeout=0.3); done = True
    except Exception: pass
    return sum(xs) if done else -1
