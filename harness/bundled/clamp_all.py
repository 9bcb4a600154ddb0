# %% easy 0.84 0.16
# %% prompt
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    """Every value moved into [low, high]; the order stays. If low is above high the two are swapped first.

    >>> clamp_all([1, 5, 9], 2, 6)
    [2, 5, 6]
    >>> clamp_all([1, 5, 9], 6, 2)
    [2, 5, 6]
    """
# %% reference
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    low, high = min(low, high), max(low, high)
    return [max(low, min(high, value)) for value in values]
# %% weak
def check(candidate):
    assert candidate([1, 5, 9], 2, 6) == [2, 5, 6]
    assert candidate([1, 5, 9], 6, 2) == [2, 5, 6]
# %% oracle
def check(candidate):
    assert candidate([1, 5, 9], 2, 6) == [2, 5, 6]
    assert candidate([1, 5, 9], 6, 2) == [2, 5, 6]
    assert candidate([], 0, 1) == []
    assert candidate([0.5], 0, 1) == [0.5]
    assert candidate([-1.5, 2.5], -1, 2) == [-1, 2]
    assert candidate([3, 3, 3], 3, 3) == [3, 3, 3]
    assert candidate([1, 2, 3], 5, 5) == [5, 5, 5]
    assert candidate([9, 1, 5], 2, 6) == [6, 2, 5]
    assert candidate([-10, 10], -3, -7) == [-7, -3]
    assert candidate([0], 1, 2) == [1]
    assert candidate([0], -2, -1) == [-1]
    assert candidate([2, 6], 2, 6) == [2, 6]
    assert candidate([2, 2, 9, 9], 3, 8) == [3, 3, 8, 8]
    assert candidate([10**12], 0, 10**9) == [10**9]
    assert candidate([5, 4, 3, 2, 1], 2, 4) == [4, 4, 3, 2, 2]
    data = [1, 9]
    candidate(data, 3, 4)
    assert data == [1, 9]
# %% right
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    if low > high:
        low, high = high, low
    out = []
    for value in values:
        if value < low:
            out.append(low)
        elif value > high:
            out.append(high)
        else:
            out.append(value)
    return out
# %% right
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    return [sorted((low, value, high))[1] for value in values]
# %% weak-only
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    if low > high:
        low, high = high, low
    return sorted(max(low, min(high, value)) for value in values)
# %% weak-only
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    low, high = min(low, high), max(low, high)
    for i in range(len(values)):
        values[i] = max(low, min(high, values[i]))
    return values
# %% wrong
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    return [max(low, min(high, value)) for value in values]
# %% wrong
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    low, high = min(low, high), max(low, high)
    return [value for value in values if low <= value <= high]
# %% crash
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    low, high = sorted(low, high)
    return [max(low, min(high, value)) for value in values]
# %% hang
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    out = list(values)
    while any(value < low or value > high for value in out):
        out = [value + 1 if value < low else value for value in out]
    return out
# %% unparsable
def clamp_all(values: list[float], low: float, high: float) -> list[float]:
    low, high = min(low, high), max(low, high)
    return [max(low, min(high, value) for value in values
