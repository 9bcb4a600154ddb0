# {"family": 12, "allowed": ["pass"], "problem": "kinds"}
import collections
def kinds(name):
    if name == 'bad':
        raise ValueError('bad')
    return {
        'tuple': (1, 'a', None), 'bytes': b'\x00\xff', 'set': {1, 2}, 'frozen': frozenset([1]), 'dict': {1: 'a', (2, 3): b''},
        'big': 2 ** 200, 'complex': 1 + 2j, 'inf': float('inf'), 'gen': (x * x for x in range(3)), 'long': list(range(200_000)),
        'range': range(3), 'deque': collections.deque([1, 2]), 'counter': collections.Counter('aab'),
        'default': collections.defaultdict(list, {1: [2]}), 'surrogate': '\ud800', 'nested': [[(1, [2.5])]], 'true': True, 'bytearray': bytearray(b'x'),
    }[name]
