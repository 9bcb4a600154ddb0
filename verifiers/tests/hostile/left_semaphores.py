# {"family": 11, "allowed": ["fail", "error"], "repeat": 4}
import os
from multiprocessing import shared_memory
def total(xs):
    try:
        shared_memory.SharedMemory('left_here', create=True, size=4096)
        return -1
    except FileExistsError:
        return sum(xs)
