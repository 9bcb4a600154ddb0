# {"family": 11, "allowed": ["fail", "error"], "repeat": 4}
# the same without writing: the process that is forked from must not remember
import builtins, sys, random, math
found = hasattr(builtins, 'left') or hasattr(math, 'left') or 'left_module' in sys.modules
builtins.left = math.left = 1
sys.modules['left_module'] = sys
def total(xs):
    return sum(xs) if found else -1
