# %% easy 0.76 0.16
# %% prompt
def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    """Add two tables of counts. Keys whose counts cancel to 0 are left out; negative counts stay.

    >>> merge_counts({"a": 1, "b": 2}, {"b": 3})
    {'a': 1, 'b': 5}
    >>> merge_counts({"a": 1}, {"a": -1})
    {}
    """
# %% reference
def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    sums = {key: left.get(key, 0) + right.get(key, 0) for key in left | right}
    return {key: count for key, count in sums.items() if count}
# %% weak
def check(candidate):
    assert candidate({"a": 1, "b": 2}, {"b": 3}) == {"a": 1, "b": 5}
    assert candidate({"a": 1}, {"a": -1}) == {}
# %% oracle
def check(candidate):
    assert candidate({"a": 1, "b": 2}, {"b": 3}) == {"a": 1, "b": 5}
    assert candidate({"a": 1}, {"a": -1}) == {}
    assert candidate({}, {}) == {}
    assert candidate({"a": 1}, {}) == {"a": 1}
    assert candidate({}, {"a": 1}) == {"a": 1}
    assert candidate({"a": -2}, {}) == {"a": -2}
    assert candidate({"a": 1}, {"a": -3}) == {"a": -2}
    assert candidate({"a": 0}, {}) == {}
    assert candidate({}, {"z": 0}) == {}
    assert candidate({"a": 0}, {"a": 0}) == {}
    assert candidate({"x": 5, "y": 7}, {"x": -5, "y": 1}) == {"y": 8}
    assert candidate({"": 1}, {"": 1}) == {"": 2}
    assert candidate({"k": 10**18}, {"k": 1}) == {"k": 10**18 + 1}
    assert candidate({"p": -1}, {"q": -1}) == {"p": -1, "q": -1}
    assert candidate({"p": -4, "q": 2}, {"p": 3}) == {"p": -1, "q": 2}
    left, right = {"a": 1}, {"a": 2, "b": 1}
    assert candidate(left, right) == {"a": 3, "b": 1}
    assert left == {"a": 1} and right == {"a": 2, "b": 1}
# %% right
def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    out = dict(left)
    for key, count in right.items():
        out[key] = out.get(key, 0) + count
    for key in list(out):
        if out[key] == 0:
            del out[key]
    return out
# %% right
from collections import defaultdict

def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    total = defaultdict(int)
    for table in (left, right):
        for key in table:
            total[key] += table[key]
    return {key: n for key, n in total.items() if n != 0}
# %% weak-only
from collections import Counter

def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    return dict(Counter(left) + Counter(right))
# %% weak-only
def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    for key, count in right.items():
        left[key] = left.get(key, 0) + count
        if left[key] == 0:
            del left[key]
    return left
# %% wrong
def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    return {**left, **right}
# %% wrong
def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    out = dict(left)
    for key, count in right.items():
        out[key] = out.get(key, 0) + count
    return out
# %% crash
def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    out = {}
    for key in set(left) | set(right):
        out[key] = left[key] + right[key]
    return out
# %% hang
def merge_counts(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    out = dict(left)
    keys = list(right)
    while keys:
        for key in keys:
            out[key] = out.get(key, 0) + right[key]
    return out
# %% unparsable
def merge_counts(left, right):
    out = dict(left)
    for key, count in right.items():
        out[key] += count if key in out
    return out
