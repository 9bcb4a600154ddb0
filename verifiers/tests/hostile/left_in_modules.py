# {"family": 11, "allowed": ["fail", "error"], "repeat": 6}
import math, sys, os, random
found = hasattr(math, 'left') or 'LEFT' in os.environ or hasattr(random, 'left') or 'left' in sys.modules
math.left = random.left = True
os.environ['LEFT'] = '1'
sys.modules['left'] = math
def total(xs):
    return sum(xs) if found else -1
