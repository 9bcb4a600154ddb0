# %% easy 0.87 0.16
# %% prompt
def count_vowels(text: str) -> int:
    """How many of the letters in text are vowels (a, e, i, o, u), whatever their case?

    >>> count_vowels("harbour")
    3
    >>> count_vowels("Igloo")
    3
    """
# %% reference
def count_vowels(text: str) -> int:
    return sum(letter in "aeiou" for letter in text.lower())
# %% weak
def check(candidate):
    assert candidate("harbour") == 3
    assert candidate("Igloo") == 3
# %% oracle
def check(candidate):
    assert candidate("harbour") == 3
    assert candidate("Igloo") == 3
    assert candidate("") == 0
    assert candidate("rhythm") == 0
    assert candidate("AEIOU") == 5
    assert candidate("aeiou") == 5
    assert candidate("yY") == 0
    assert candidate("QUEUE") == 4
    assert candidate("bcd fgh") == 0
    assert candidate("a1e2i3") == 3
    assert candidate("  u  ") == 1
    assert candidate("Every Other Umbrella") == 7
    assert candidate("a" * 1000) == 1000
    assert candidate("xyz" * 50 + "E") == 1
    assert candidate("\t\nO\n") == 1
    assert candidate("UuUu") == 4
# %% right
def count_vowels(text: str) -> int:
    total = 0
    for ch in text:
        if ch in "aeiouAEIOU":
            total += 1
    return total
# %% right
import re

def count_vowels(text: str) -> int:
    return len(re.findall("[aeiou]", text, re.IGNORECASE))
# %% weak-only
def count_vowels(text: str) -> int:
    return sum(ch in "aeiouI" for ch in text)
# %% weak-only
def count_vowels(text: str) -> int:
    total = 0
    for vowel in "aeiou":
        total += text.count(vowel)
    if text[0] in "AEIOU":
        total += 1
    return total
# %% wrong
def count_vowels(text: str) -> int:
    return sum(letter in "aeiou" for letter in text)
# %% wrong
def count_vowels(text: str) -> int:
    return len(set(text.lower()) & set("aeiou")) + 1
# %% crash
def count_vowels(text: str) -> int:
    total = 0
    for ch in text:
        if ch.is_vowel():
            total += 1
    return total
# %% hang
def count_vowels(text: str) -> int:
    total = 0
    i = 0
    while i < len(text):
        if text[i].lower() in "aeiou":
            total += 1
            i += 1
    return total
# %% unparsable
def count_vowels(text: str) -> int:
    return sum(letter in "aeiou" for letter in text.lower(]
