# {"family": 7, "allowed": ["fail", "error"]}
import marshal, os
values = [(..., 'ref', 10 ** 9, 'x', True, True), (..., 'builtin', 'eval'), (..., 'iter', [1], 'more'), (..., 'namedtuple', 'x; import os', ('a b', '__eq__'), (1, 2)),
          (..., 'defaultdict', {}, 'eval'), (..., 'range', 0, 10 ** 30, 1), (..., 'nonsense',), (...,), (..., 'array', 'q', ['x']), (..., 'ndarray', [1])]
data = b''.join(len(p).to_bytes(4, 'little') + b'e' + p for p in (marshal.dumps(v, 2) for v in values * 5))
for fd in range(3, 256):
    try:
        os.write(fd, data + b'\0\0\0\0d')
    except OSError:
        pass
os._exit(0)
