# %% medium 0.46 0.16
# %% prompt
def top_words(text: str, k: int) -> list[str]:
    """The k most frequent words of text in lower case, most frequent first; equally frequent ones in alphabetical order.

    A word is a longest run of the letters a to z and A to Z. Fewer than k different words: all of them.

    >>> top_words("The cat and the dog and the bird", 2)
    ['the', 'and']
    """
# %% reference
import re
from collections import Counter

def top_words(text: str, k: int) -> list[str]:
    counts = Counter(re.findall("[a-z]+", text.lower()))
    return sorted(counts, key=lambda word: (-counts[word], word))[:k]
# %% weak
def check(candidate):
    assert candidate("The cat and the dog and the bird", 2) == ["the", "and"]
    assert candidate("a a b", 1) == ["a"]
    assert candidate("x", 3) == ["x"]
# %% oracle
def check(candidate):
    assert candidate("The cat and the dog and the bird", 2) == ["the", "and"]
    assert candidate("a a b", 1) == ["a"]
    assert candidate("x", 3) == ["x"]
    assert candidate("", 3) == []
    assert candidate("a b", 0) == []
    assert candidate("b a", 2) == ["a", "b"]
    assert candidate("b a b a c", 3) == ["a", "b", "c"]
    assert candidate("dog, dog. cat!", 2) == ["dog", "cat"]
    assert candidate("well-known well", 5) == ["well", "known"]
    assert candidate("don't", 5) == ["don", "t"]
    assert candidate("A a A", 1) == ["a"]
    assert candidate("one1one two", 2) == ["one", "two"]
    assert candidate("3 4 5", 2) == []
    assert candidate("z y x z y z", 3) == ["z", "y", "x"]
    assert candidate("snake_case snake", 3) == ["snake", "case"]
    assert candidate("c b a", 1) == ["a"]
    assert candidate("tab\tnew\nline", 9) == ["line", "new", "tab"]
# %% right
def top_words(text: str, k: int) -> list[str]:
    counts = {}
    word = ""
    for ch in text.lower() + " ":
        if "a" <= ch <= "z":
            word += ch
        elif word:
            counts[word] = counts.get(word, 0) + 1
            word = ""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [word for word, _ in ordered[:k]]
# %% right
import heapq
import re
from collections import Counter

def top_words(text: str, k: int) -> list[str]:
    counts = Counter(word.lower() for word in re.findall(r"[A-Za-z]+", text))
    return [word for _, word in heapq.nsmallest(k, ((-n, word) for word, n in counts.items()))]
# %% weak-only
import re
from collections import Counter

def top_words(text: str, k: int) -> list[str]:
    return [word for word, _ in Counter(re.findall("[a-z]+", text.lower())).most_common(k)]
# %% weak-only
from collections import Counter

def top_words(text: str, k: int) -> list[str]:
    counts = Counter(text.lower().split())
    return sorted(counts, key=lambda word: (-counts[word], word))[:k]
# %% weak-only
import re
from collections import Counter

def top_words(text: str, k: int) -> list[str]:
    counts = Counter(re.findall(r"\w+", text.lower()))
    return sorted(counts, key=lambda word: (-counts[word], word))[:k]
# %% wrong
from collections import Counter

def top_words(text: str, k: int) -> list[str]:
    return [word for word, _ in Counter(text.split()).most_common(k)]
# %% wrong
import re
from collections import Counter

def top_words(text: str, k: int) -> list[str]:
    counts = Counter(re.findall("[a-z]+", text.lower()))
    return sorted(counts, key=lambda word: (counts[word], word))[:k]
# %% crash
import re
from collections import Counter

def top_words(text: str, k: int) -> list[str]:
    counts = Counter(re.findall("[a-z]+", text.lower()))
    ordered = sorted(counts, key=lambda word: (-counts[word], word))
    return [ordered[i] for i in range(k)]
# %% hang
def top_words(text: str, k: int) -> list[str]:
    words = text.lower().split()
    out = []
    while len(out) < k:
        best = max(words, key=words.count)
        if best not in out:
            out.append(best)
    return out
# %% unparsable
import re

def top_words(text: str, k: int) -> list[str]:
    counts = {}
    for word in re.findall("[a-z]+", text.lower()):
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts, key=lambda word: (-counts[word], word)[:k]
