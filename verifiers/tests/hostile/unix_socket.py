# {"family": 11, "allowed": ["fail", "error"]}
import socket
def total(xs):
    for address in ('{SOCKET}', '\0{SECRET}'):
        try:
            s = socket.socket(socket.AF_UNIX)
            s.connect(address)
            return sum(xs)
        except OSError:
            pass
    return -1
