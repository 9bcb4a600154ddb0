# %% medium 0.49 0.16
# %% prompt
def run_length(text: str) -> str:
    """Shorten runs: a character that stands n > 1 times in a row is written as the character and n; single ones stay alone.

    text has no digits.

    >>> run_length("aaab")
    'a3b'
    >>> run_length("xyz")
    'xyz'
    """
# %% reference
from itertools import groupby

def run_length(text: str) -> str:
    out = ""
    for ch, run in groupby(text):
        n = len(list(run))
        out += ch + (str(n) if n > 1 else "")
    return out
# %% weak
def check(candidate):
    assert candidate("aaab") == "a3b"
    assert candidate("xyz") == "xyz"
    assert candidate("aabbb") == "a2b3"
# %% oracle
def check(candidate):
    assert candidate("aaab") == "a3b"
    assert candidate("xyz") == "xyz"
    assert candidate("aabbb") == "a2b3"
    assert candidate("") == ""
    assert candidate("q") == "q"
    assert candidate("qq") == "q2"
    assert candidate("aba") == "aba"
    assert candidate("aabaa") == "a2ba2"
    assert candidate("aAaa") == "aAa2"
    assert candidate("   ") == " 3"
    assert candidate("z" * 12) == "z12"
    assert candidate("z" * 100 + "y") == "z100y"
    assert candidate("a" * 9 + "b" * 10) == "a9b10"
    assert candidate("..--..") == ".2-2.2"
    assert candidate("abcddd") == "abcd3"
    assert candidate("bookkeeper") == "bo2k2e2per"
# %% right
import re

def run_length(text: str) -> str:
    return re.sub(r"(.)\1+", lambda m: m.group(1) + str(len(m.group())), text)
# %% right
def run_length(text: str) -> str:
    out = []
    i = 0
    while i < len(text):
        j = i
        while j < len(text) and text[j] == text[i]:
            j += 1
        out.append(text[i])
        if j - i > 1:
            out.append(str(j - i))
        i = j
    return "".join(out)
# %% weak-only
def run_length(text: str) -> str:
    out = ""
    seen = set()
    for ch in text:
        if ch not in seen:
            seen.add(ch)
            n = text.count(ch)
            out += ch + (str(n) if n > 1 else "")
    return out
# %% weak-only
def run_length(text: str) -> str:
    prev, n, out = text[0], 1, ""
    for ch in text[1:]:
        if ch == prev:
            n += 1
        else:
            out += prev + (str(n) if n > 1 else "")
            prev, n = ch, 1
    return out + prev + (str(n) if n > 1 else "")
# %% wrong
from itertools import groupby

def run_length(text: str) -> str:
    return "".join(ch + str(len(list(run))) for ch, run in groupby(text))
# %% wrong
def run_length(text: str) -> str:
    out, n = "", 1
    for a, b in zip(text, text[1:]):
        if a == b:
            n += 1
        else:
            out += a + (str(n) if n > 1 else "")
            n = 1
    return out
# %% crash
def run_length(text: str) -> str:
    out, n = "", 1
    for i in range(len(text)):
        if text[i] == text[i + 1]:
            n += 1
        else:
            out += text[i] + (str(n) if n > 1 else "")
            n = 1
    return out
# %% hang
def run_length(text: str) -> str:
    out, i = "", 0
    while i < len(text):
        n = 0
        while i + n < len(text) and text[i + n] == text[i]:
            n += 1
        out += text[i] + (str(n) if n > 1 else "")
        i += n - 1
    return out
# %% unparsable
def run_length(text: str) -> str:
    out = ""
    for ch, run in groupby(text):
        n = len(list(run))
        out += ch + (str(n) if n > 1)
    return out
