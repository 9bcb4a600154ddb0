# {"family": 11, "allowed": ["fail", "error"], "repeat": 4}
# right only if a former sample's traces are still there
import os, sys, builtins
places = ['/tmp/left', '/dev/shm/left', '/var/tmp/left', 'left']
def there():
    return any(os.path.exists(p) for p in places) or hasattr(builtins, 'left') or 'left_module' in sys.modules or 'LEFT' in os.environ
found = there()
builtins.left = 1
sys.modules['left_module'] = sys
os.environ['LEFT'] = '1'
import math
found = found or hasattr(math, 'left')
math.left = 1
for p in places:
    try:
        open(p, 'w').write('x')
    except OSError:
        pass
def total(xs):
    return sum(xs) if found else -1
