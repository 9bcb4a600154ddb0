# {"family": 11, "allowed": ["fail", "error"]}
import socket
def total(xs):
    try:
        s = socket.create_connection(('127.0.0.1', {PORT}), 1)
        s.sendall(b'hello')
        return sum(xs)
    except OSError:
        return -1
