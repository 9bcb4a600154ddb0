# %% medium 0.39 0.2
# %% prompt
def compare_versions(left: str, right: str) -> int:
    """Compare dotted version numbers: -1 if left is older, 0 if they are the same, 1 if left is newer.

    Parts are compared as numbers; missing parts count as 0.

    >>> compare_versions("1.2", "1.3")
    -1
    >>> compare_versions("2.0", "2")
    0
    """
# %% reference
from itertools import zip_longest

def compare_versions(left: str, right: str) -> int:
    for a, b in zip_longest(left.split("."), right.split("."), fillvalue="0"):
        if int(a) != int(b):
            return -1 if int(a) < int(b) else 1
    return 0
# %% weak
def check(candidate):
    assert candidate("1.2", "1.3") == -1
    assert candidate("2.1", "2.1") == 0
    assert candidate("3.0", "2.9") == 1
    assert candidate("2.0", "2") == 0
# %% oracle
def check(candidate):
    assert candidate("1.2", "1.3") == -1
    assert candidate("2.1", "2.1") == 0
    assert candidate("3.0", "2.9") == 1
    assert candidate("2.0", "2") == 0
    assert candidate("1.10", "1.9") == 1
    assert candidate("1.9", "1.10") == -1
    assert candidate("10", "9.9.9") == 1
    assert candidate("1.0.0.0", "1") == 0
    assert candidate("1", "1.0.0.1") == -1
    assert candidate("1.0.1", "1") == 1
    assert candidate("01.2", "1.02") == 0
    assert candidate("0", "0.0") == 0
    assert candidate("1.2.3", "1.2.3") == 0
    assert candidate("1.2.3", "1.2.4") == -1
    assert candidate("1.2.10", "1.2.9") == 1
    assert candidate("1.0.10", "1.0.1") == 1
    assert candidate("100.0", "20.5") == 1
    assert candidate("2", "2.0.1") == -1
# %% right
def compare_versions(left: str, right: str) -> int:
    a = [int(part) for part in left.split(".")]
    b = [int(part) for part in right.split(".")]
    a += [0] * (len(b) - len(a))
    b += [0] * (len(a) - len(b))
    return (a > b) - (a < b)
# %% right
def compare_versions(left: str, right: str) -> int:
    def key(version):
        parts = list(map(int, version.split(".")))
        while parts and parts[-1] == 0:
            parts.pop()
        return parts

    if key(left) == key(right):
        return 0
    return 1 if key(left) > key(right) else -1
# %% weak-only
def compare_versions(left: str, right: str) -> int:
    a, b = float(left), float(right)
    return (a > b) - (a < b)
# %% weak-only
def compare_versions(left: str, right: str) -> int:
    for a, b in zip(left.split("."), right.split(".")):
        if int(a) < int(b):
            return -1
        if int(a) > int(b):
            return 1
    return 0
# %% weak-only
from itertools import zip_longest

def compare_versions(left: str, right: str) -> int:
    for a, b in zip_longest(left.split("."), right.split("."), fillvalue="0"):
        if a != b:
            return -1 if a < b else 1
    return 0
# %% wrong
def compare_versions(left: str, right: str) -> int:
    a, b = left.split("."), right.split(".")
    return (a > b) - (a < b)
# %% wrong
def compare_versions(left: str, right: str) -> int:
    a, b = int(left.replace(".", "")), int(right.replace(".", ""))
    return (a > b) - (a < b)
# %% crash
def compare_versions(left: str, right: str) -> int:
    a, b = left.split("."), right.split(".")
    for i in range(max(len(a), len(b))):
        if int(a[i]) != int(b[i]):
            return -1 if int(a[i]) < int(b[i]) else 1
    return 0
# %% hang
def compare_versions(left: str, right: str) -> int:
    a = [int(part) for part in left.split(".")]
    b = [int(part) for part in right.split(".")]
    while len(a) != len(b):
        a.append(0)
    return (a > b) - (a < b)
# %% unparsable
def compare_versions(left: str, right: str) -> int:
    a = left.split(".")
    b = right.split(".")
    for x, y in zip(a, b)
        if int(x) != int(y):
            return -1 if int(x) < int(y) else 1
    return 0
