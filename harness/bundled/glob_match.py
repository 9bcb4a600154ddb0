# %% hard 0.12 0.17
# %% prompt
def glob_match(pattern: str, text: str) -> bool:
    """Whether pattern describes the whole of text: * stands for any run of characters (also none), ? for exactly one.

    A backslash takes the next character as it is; at the end of the pattern it stands for itself. Long patterns with many
    stars must not take long.

    >>> glob_match("a*c", "abbbc")
    True
    >>> glob_match("a?c", "ac")
    False
    """
# %% reference
def glob_match(pattern: str, text: str) -> bool:
    parts = []
    chars = iter(pattern)
    for ch in chars:
        if ch == "\\":
            parts.append((False, next(chars, "\\")))
        else:
            parts.append((ch in "*?", ch))
    reached = {0}
    for wild, ch in parts:
        if wild and ch == "*":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {i + 1 for i in reached if i < len(text) and (wild or text[i] == ch)}
    return len(text) in reached
# %% weak
def check(candidate):
    assert candidate("a*c", "abbbc") is True
    assert candidate("a?c", "ac") is False
    assert candidate("*.txt", "notes.txt") is True
    assert candidate("abc", "abd") is False
# %% oracle
def check(candidate):
    assert candidate("a*c", "abbbc") is True
    assert candidate("a?c", "ac") is False
    assert candidate("*.txt", "notes.txt") is True
    assert candidate("abc", "abd") is False
    assert candidate("", "") is True
    assert candidate("", "a") is False
    assert candidate("*", "") is True
    assert candidate("?", "") is False
    assert candidate("**", "xyz") is True
    assert candidate("a*", "a") is True
    assert candidate("*a*b*", "xxaxxbxx") is True
    assert candidate("*a*b*", "xxbxxaxx") is False
    assert candidate("a.c", "abc") is False
    assert candidate("[ab]", "a") is False
    assert candidate("[ab]", "[ab]") is True
    assert candidate("a\\*b", "a*b") is True
    assert candidate("a\\*b", "axb") is False
    assert candidate("\\?", "?") is True
    assert candidate("\\?", "x") is False
    assert candidate("\\\\", "\\") is True
    assert candidate("a\\", "a\\") is True
    assert candidate("a*c", "a\nc") is True
    assert candidate("?", "\n") is True
    assert candidate("A", "a") is False
    assert candidate("abc", "abc\n") is False
    assert candidate("*ab", "aab") is True
    assert candidate("a*a*a*b", "a" * 60) is False
    assert candidate("*a" * 20 + "*b", "a" * 60) is False
# %% right
def glob_match(pattern: str, text: str) -> bool:
    row = [True] + [False] * len(text)
    i = 0
    while i < len(pattern):
        ch = pattern[i]
        if ch == "*":
            for j in range(1, len(text) + 1):
                row[j] = row[j] or row[j - 1]
        else:
            anything = ch == "?"
            if ch == "\\" and i + 1 < len(pattern):
                i += 1
                ch = pattern[i]
            for j in range(len(text), 0, -1):
                row[j] = row[j - 1] and (anything or text[j - 1] == ch)
            row[0] = False
        i += 1
    return row[-1]
# %% right
from functools import cache

def glob_match(pattern: str, text: str) -> bool:
    @cache
    def fits(i: int, j: int) -> bool:
        if i == len(pattern):
            return j == len(text)
        ch = pattern[i]
        if ch == "*":
            return fits(i + 1, j) or (j < len(text) and fits(i, j + 1))
        if j == len(text):
            return False
        if ch == "?":
            return fits(i + 1, j + 1)
        if ch == "\\" and i + 1 < len(pattern):
            return pattern[i + 1] == text[j] and fits(i + 2, j + 1)
        return ch == text[j] and fits(i + 1, j + 1)

    return fits(0, 0)
# %% weak-only
import fnmatch

def glob_match(pattern: str, text: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern)
# %% weak-only
import re

def glob_match(pattern: str, text: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text) is not None
# %% weak-only
def glob_match(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(glob_match(pattern[1:], text[i:]) for i in range(len(text) + 1))
    if text and pattern[0] in ("?", text[0]):
        return glob_match(pattern[1:], text[1:])
    return False
# %% wrong
def glob_match(pattern: str, text: str) -> bool:
    at = 0
    for part in pattern.replace("?", "*").split("*"):
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True
# %% wrong
import re

def glob_match(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern.replace("*", ".*").replace("?", ".?"), text) is not None
# %% crash
def glob_match(pattern: str, text: str) -> bool:
    i = j = 0
    while i < len(pattern):
        if pattern[i] == "*":
            while text[j] != pattern[i + 1]:
                j += 1
        elif pattern[i] not in ("?", text[j]):
            return False
        else:
            j += 1
        i += 1
    return text[j] == ""
# %% hang
def glob_match(pattern: str, text: str) -> bool:
    i = j = 0
    while j < len(text):
        if i < len(pattern) and pattern[i] in ("?", text[j]):
            i += 1
            j += 1
        elif i < len(pattern) and pattern[i] == "*":
            i += 1
        else:
            i = max(pattern.rfind("*", 0, i), 0)
    return i == len(pattern)
# %% unparsable
def glob_match(pattern: str, text: str) -> bool:
    if pattern == "":
        return text == ""
    if pattern[0] == "*":
        return glob_match(pattern[1:], text) or text and glob_match(pattern, text[1:])
    return text and pattern[0] in "?" + text[0]) and glob_match(pattern[1:], text[1:])
