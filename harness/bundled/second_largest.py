# %% easy 0.66 0.16
# %% prompt
def second_largest(values: list[int]) -> int | None:
    """The second largest of the distinct numbers in values; None where there are fewer than two distinct numbers.

    >>> second_largest([4, 9, 7])
    7
    >>> second_largest([5, 5])
    """
# %% reference
def second_largest(values: list[int]) -> int | None:
    distinct = sorted(set(values))
    return distinct[-2] if len(distinct) > 1 else None
# %% weak
def check(candidate):
    assert candidate([4, 9, 7]) == 7
    assert candidate([1, 2]) == 1
    assert candidate([5, 5]) is None
# %% oracle
def check(candidate):
    assert candidate([4, 9, 7]) == 7
    assert candidate([1, 2]) == 1
    assert candidate([5, 5]) is None
    assert candidate([]) is None
    assert candidate([3]) is None
    assert candidate([9, 9, 4]) == 4
    assert candidate([4, 9, 9]) == 4
    assert candidate([-1, -2, -3]) == -2
    assert candidate([0, -5]) == -5
    assert candidate([2, 1, 2, 1]) == 1
    assert candidate([7] * 20) is None
    assert candidate(list(range(100))) == 98
    assert candidate(list(range(100, 0, -1))) == 99
    assert candidate([10**20, 10**20 - 1]) == 10**20 - 1
    assert candidate([0, 0, -1]) == -1
    assert candidate([1, 0, 1]) == 0
    data = [3, 1, 2]
    candidate(data)
    assert data == [3, 1, 2]
# %% right
def second_largest(values: list[int]) -> int | None:
    if not values:
        return None
    best = max(values)
    rest = [v for v in values if v != best]
    return max(rest) if rest else None
# %% right
def second_largest(values: list[int]) -> int | None:
    best = prev = None
    for value in values:
        if best is None or value > best:
            best, prev = value, best
        elif value != best and (prev is None or value > prev):
            prev = value
    return prev
# %% weak-only
def second_largest(values: list[int]) -> int | None:
    ordered = sorted(values)
    if ordered[-1] == ordered[-2]:
        return None
    return ordered[-2]
# %% weak-only
def second_largest(values: list[int]) -> int | None:
    best = prev = 0
    for value in values:
        if value > best:
            best, prev = value, best
        elif prev < value < best:
            prev = value
    return prev or None
# %% wrong
def second_largest(values: list[int]) -> int | None:
    return sorted(values)[1]
# %% wrong
def second_largest(values: list[int]) -> int | None:
    values = sorted(values, reverse=True)
    return values[1] if len(values) > 1 else None
# %% crash
def second_largest(values: list[int]) -> int | None:
    distinct = set(values)
    distinct.remove(max(distinct))
    return max(distinct)
# %% hang
def second_largest(values: list[int]) -> int | None:
    best = max(values)
    while best in values:
        others = [v for v in values if v < best]
    return max(others)
# %% unparsable
def second_largest(values: list[int]) -> int | None:
distinct = sorted(set(values))
return distinct[-2] if len(distinct) > 1 else None
