# %% hard 0.2 0.17
# %% prompt
def edit_distance(source: str, target: str) -> int:
    """The least number of edits from source to target. An edit inserts, deletes or replaces one character, or swaps two
    neighbours; no character is edited twice (swapped letters stay untouched otherwise).

    >>> edit_distance("form", "from")
    1
    >>> edit_distance("cat", "carts")
    2
    """
# %% reference
def edit_distance(source: str, target: str) -> int:
    n, m = len(source), len(target)
    d = [[max(i, j) if not i or not j else 0 for j in range(m + 1)] for i in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (source[i - 1] != target[j - 1]))
            if i > 1 and j > 1 and source[i - 1] == target[j - 2] and source[i - 2] == target[j - 1]:
                d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1)
    return d[n][m]
# %% weak
def check(candidate):
    assert candidate("form", "from") == 1
    assert candidate("cat", "carts") == 2
    assert candidate("same", "same") == 0
# %% oracle
def check(candidate):
    assert candidate("form", "from") == 1
    assert candidate("cat", "carts") == 2
    assert candidate("same", "same") == 0
    assert candidate("", "") == 0
    assert candidate("", "abc") == 3
    assert candidate("abc", "") == 3
    assert candidate("ab", "ba") == 1
    assert candidate("ca", "abc") == 3
    assert candidate("kitten", "sitting") == 3
    assert candidate("abcd", "badc") == 2
    assert candidate("abc", "cab") == 2
    assert candidate("flaw", "lawn") == 2
    assert candidate("a", "A") == 1
    assert candidate("abcdef", "abdcef") == 1
    assert candidate("abcdef", "acbdfe") == 2
    assert candidate("aaaa", "aa") == 2
    assert candidate("intention", "execution") == 5
    assert candidate("x" * 40, "y" * 40) == 40
    assert candidate("ab" * 20, "ba" * 20) == 2
# %% right
from functools import cache

def edit_distance(source: str, target: str) -> int:
    @cache
    def d(i, j):
        if i == 0 or j == 0:
            return i + j
        best = min(d(i - 1, j) + 1, d(i, j - 1) + 1, d(i - 1, j - 1) + (source[i - 1] != target[j - 1]))
        if i > 1 and j > 1 and source[i - 2:i] == target[j - 2:j][::-1]:
            best = min(best, d(i - 2, j - 2) + 1)
        return best

    return d(len(source), len(target))
# %% right
def edit_distance(source: str, target: str) -> int:
    before, prev = [], list(range(len(target) + 1))
    for i, a in enumerate(source, 1):
        cur = [i]
        for j, b in enumerate(target, 1):
            cost = min(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (a != b))
            if i > 1 and j > 1 and a == target[j - 2] and b == source[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            cur.append(cost)
        before, prev = prev, cur
    return prev[-1]
# %% weak-only
def edit_distance(source: str, target: str) -> int:
    if sorted(source) == sorted(target):
        return (sum(a != b for a, b in zip(source, target)) + 1) // 2
    prev = list(range(len(target) + 1))
    for i, a in enumerate(source, 1):
        cur = [i]
        for j, b in enumerate(target, 1):
            cur.append(min(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (a != b)))
        prev = cur
    return prev[-1]
# %% weak-only
def edit_distance(source: str, target: str) -> int:
    if not source or not target:
        return len(source) + len(target)
    if source[0] == target[0]:
        return edit_distance(source[1:], target[1:])
    if source[:2] == target[:2][::-1]:
        return 1 + edit_distance(source[2:], target[2:])
    if len(source) > len(target):
        return 1 + edit_distance(source[1:], target)
    if len(source) < len(target):
        return 1 + edit_distance(source, target[1:])
    return 1 + edit_distance(source[1:], target[1:])
# %% wrong
def edit_distance(source: str, target: str) -> int:
    prev = list(range(len(target) + 1))
    for i, a in enumerate(source, 1):
        cur = [i]
        for j, b in enumerate(target, 1):
            cur.append(min(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (a != b)))
        prev = cur
    return prev[-1]
# %% wrong
def edit_distance(source: str, target: str) -> int:
    return sum(a != b for a, b in zip(source, target)) + abs(len(source) - len(target))
# %% crash
def edit_distance(source: str, target: str) -> int:
    n, m = len(source), len(target)
    d = [[0] * m for _ in range(n)]
    for i in range(n + 1):
        for j in range(m + 1):
            d[i][j] = min(d[i - 1][j], d[i][j - 1], d[i - 1][j - 1]) + 1
    return d[n][m]
# %% hang
def edit_distance(source: str, target: str) -> int:
    edits = 0
    cur = list(source)
    while cur != list(target):
        for i in range(len(cur) - 1):
            if cur[i] != target[i % len(target)]:
                cur[i], cur[i + 1] = cur[i + 1], cur[i]
                edits += 1
                break
    return edits
# %% unparsable
def edit_distance(source: str, target: str) -> int:
    n, m = len(source), len(target)
    d = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(n + 1): for j in range(m + 1):
        d[i][j] = max(i, j)
    return d[n][m]
