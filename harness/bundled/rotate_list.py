# %% easy 0.74 0.16
# %% prompt
def rotate_list(items: list[int], steps: int) -> list[int]:
    """A new list with every item moved steps places to the right, around the end. Negative steps move to the left.

    >>> rotate_list([1, 2, 3, 4], 1)
    [4, 1, 2, 3]
    >>> rotate_list([1, 2, 3, 4], -1)
    [2, 3, 4, 1]
    """
# %% reference
def rotate_list(items: list[int], steps: int) -> list[int]:
    if not items:
        return []
    steps %= len(items)
    return items[-steps:] + items[:-steps] if steps else list(items)
# %% weak
def check(candidate):
    assert candidate([1, 2, 3, 4], 1) == [4, 1, 2, 3]
    assert candidate([1, 2, 3, 4], -1) == [2, 3, 4, 1]
    assert candidate([1, 2, 3], 2) == [2, 3, 1]
# %% oracle
def check(candidate):
    assert candidate([1, 2, 3, 4], 1) == [4, 1, 2, 3]
    assert candidate([1, 2, 3, 4], -1) == [2, 3, 4, 1]
    assert candidate([1, 2, 3], 2) == [2, 3, 1]
    assert candidate([], 5) == []
    assert candidate([], 0) == []
    assert candidate([7], 3) == [7]
    assert candidate([1, 2, 3], 0) == [1, 2, 3]
    assert candidate([1, 2, 3], 3) == [1, 2, 3]
    assert candidate([1, 2, 3], 4) == [3, 1, 2]
    assert candidate([1, 2, 3], -4) == [2, 3, 1]
    assert candidate([1, 2], 101) == [2, 1]
    assert candidate([1, 2], -100) == [1, 2]
    assert candidate([1, 1, 2], 1) == [2, 1, 1]
    assert candidate([1, 2, 3, 4, 5], 7) == [4, 5, 1, 2, 3]
    assert candidate([1, 2, 3, 4, 5], -7) == [3, 4, 5, 1, 2]
    data = [1, 2, 3]
    assert candidate(data, 1) == [3, 1, 2]
    assert data == [1, 2, 3]
# %% right
def rotate_list(items: list[int], steps: int) -> list[int]:
    n = len(items)
    return [items[(i - steps) % n] for i in range(n)]
# %% right
from collections import deque

def rotate_list(items: list[int], steps: int) -> list[int]:
    ring = deque(items)
    ring.rotate(steps)
    return list(ring)
# %% right
def rotate_list(items: list[int], steps: int) -> list[int]:
    out = [0] * len(items)
    for i, item in enumerate(items):
        out[(i + steps) % len(items)] = item
    return out
# %% weak-only
def rotate_list(items: list[int], steps: int) -> list[int]:
    return items[-steps:] + items[:-steps]
# %% weak-only
def rotate_list(items: list[int], steps: int) -> list[int]:
    while steps > 0:
        items.insert(0, items.pop())
        steps -= 1
    while steps < 0:
        items.append(items.pop(0))
        steps += 1
    return items
# %% wrong
def rotate_list(items: list[int], steps: int) -> list[int]:
    steps %= len(items)
    return items[steps:] + items[:steps]
# %% wrong
def rotate_list(items: list[int], steps: int) -> list[int]:
    steps = abs(steps) % len(items)
    return items[-steps:] + items[:-steps]
# %% crash
def rotate_list(items: list[int], steps: int) -> list[int]:
    out = []
    for i in range(len(items)):
        out[(i + steps) % len(items)] = items[i]
    return out
# %% hang
def rotate_list(items: list[int], steps: int) -> list[int]:
    out = list(items)
    while steps != 0:
        out.insert(0, out.pop())
        steps += 1
    return out
# %% unparsable
def rotate_list(items, steps)
    steps %= len(items)
    return items[-steps:] + items[:-steps]
