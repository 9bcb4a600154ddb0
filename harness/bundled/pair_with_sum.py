# %% easy 0.54 0.16
# %% prompt
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    """Places (i, j), i < j, of two values that add up to target. None where there are no such two.

    Where several pairs do, the one with the smallest j; among those the one with the smallest i.

    >>> pair_with_sum([1, 4, 6, 3], 7)
    (0, 2)
    >>> pair_with_sum([1, 2], 9)
    """
# %% reference
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    seen = {}
    for j, value in enumerate(values):
        if target - value in seen:
            return seen[target - value], j
        seen.setdefault(value, j)
    return None
# %% weak
def check(candidate):
    assert candidate([1, 4, 6, 3], 7) == (0, 2)
    assert candidate([1, 2], 9) is None
    assert candidate([5, 8], 13) == (0, 1)
# %% oracle
def check(candidate):
    assert candidate([1, 4, 6, 3], 7) == (0, 2)
    assert candidate([1, 2], 9) is None
    assert candidate([5, 8], 13) == (0, 1)
    assert candidate([], 0) is None
    assert candidate([3], 6) is None
    assert candidate([3, 3], 6) == (0, 1)
    assert candidate([0, 0, 0], 0) == (0, 1)
    assert candidate([3, 1, 1, 3], 4) == (0, 1)
    assert candidate([1, 1, 3], 4) == (0, 2)
    assert candidate([2, 9, 9, 2], 4) == (0, 3)
    assert candidate([-4, 10, 4], 0) == (0, 2)
    assert candidate([1, 5, 2, 4, 3], 6) == (0, 1)
    assert candidate([1, 2, 4, 3, 5], 6) == (1, 2)
    assert candidate([7, 1, 6, 0], 7) == (1, 2)
    assert candidate(list(range(50)), 97) == (48, 49)
    assert candidate(list(range(50)), 98) is None
# %% right
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    for j in range(len(values)):
        for i in range(j):
            if values[i] + values[j] == target:
                return (i, j)
    return None
# %% right
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    n = len(values)
    pairs = [(j, i) for i in range(n) for j in range(i + 1, n) if values[i] + values[j] == target]
    if not pairs:
        return None
    j, i = min(pairs)
    return i, j
# %% weak-only
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    for i in range(len(values)):
        for j in range(i + 1, len(values)):
            if values[i] + values[j] == target:
                return (i, j)
    return None
# %% weak-only
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    place = {value: i for i, value in enumerate(values)}
    for i, value in enumerate(values):
        j = place.get(target - value)
        if j is not None and i < j:
            return i, j
    return None
# %% wrong
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    seen = set()
    for value in values:
        if target - value in seen:
            return target - value, value
        seen.add(value)
    return None
# %% wrong
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    values = sorted(values)
    i, j = 0, len(values) - 1
    while i < j:
        total = values[i] + values[j]
        if total == target:
            return i, j
        if total < target:
            i += 1
        else:
            j -= 1
    return None
# %% crash
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    for i, value in enumerate(values):
        j = values.index(target - value)
        if i < j:
            return i, j
    return None
# %% hang
def pair_with_sum(values: list[int], target: int) -> tuple[int, int] | None:
    i, j = 0, 1
    while values[i] + values[j] != target:
        j = (j + 1) % len(values)
        if j == 0:
            i = (i + 1) % len(values)
    return min(i, j), max(i, j)
# %% unparsable
def pair_with_sum(values, target):
    seen = {}
    for j, value in enumerate(values):
        if target - value in seen:
        return seen[target - value], j
