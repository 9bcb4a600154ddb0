# {"family": 4, "allowed": ["fail", "error", "timeout", "limit"]}
import sys
def total(xs):
    sys.stdout.buffer.write(b'\xff\xfe\x00\x1b[2J\x1b]0;title\x07' * 1000); sys.stdout.buffer.flush()
    raise ValueError('\x1b[2J\x00\u202e' + 'q' * 10_000_000)
