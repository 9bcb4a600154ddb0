# %% medium 0.24 0.2
# %% prompt
def wrap_words(text: str, width: int) -> list[str]:
    """Break text into lines of at most width characters, as full as possible, words separated by one space.

    Words are separated by any white space. A word that is longer than width is cut into pieces of width characters;
    it starts on a line of its own, and its last piece may be followed by other words. No text gives no lines.

    >>> wrap_words("the quick brown fox", 10)
    ['the quick', 'brown fox']
    >>> wrap_words("abcdefgh", 3)
    ['abc', 'def', 'gh']
    """
# %% reference
def wrap_words(text: str, width: int) -> list[str]:
    lines, cur = [], ""
    for word in text.split():
        if cur and len(cur) + 1 + len(word) <= width:
            cur += " " + word
            continue
        if cur:
            lines.append(cur)
        while len(word) > width:
            lines.append(word[:width])
            word = word[width:]
        cur = word
    return lines + [cur] if cur else lines
# %% weak
def check(candidate):
    assert candidate("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert candidate("abcdefgh", 3) == ["abc", "def", "gh"]
    assert candidate("a b c", 3) == ["a b", "c"]
# %% oracle
def check(candidate):
    assert candidate("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert candidate("abcdefgh", 3) == ["abc", "def", "gh"]
    assert candidate("a b c", 3) == ["a b", "c"]
    assert candidate("", 5) == []
    assert candidate("   ", 5) == []
    assert candidate("one", 3) == ["one"]
    assert candidate("one two", 3) == ["one", "two"]
    assert candidate("one two", 7) == ["one two"]
    assert candidate("one two", 6) == ["one", "two"]
    assert candidate("a  b\nc\td", 7) == ["a b c d"]
    assert candidate("hi abcdefgh yo", 3) == ["hi", "abc", "def", "gh", "yo"]
    assert candidate("abcdefgh y", 4) == ["abcd", "efgh", "y"]
    assert candidate("abcdefg y", 4) == ["abcd", "efg", "y"]
    assert candidate("abcdef y z", 4) == ["abcd", "ef y", "z"]
    assert candidate("a b c", 1) == ["a", "b", "c"]
    assert candidate("abcdef", 3) == ["abc", "def"]
    assert candidate("x abcdef x", 3) == ["x", "abc", "def", "x"]
    assert candidate("aa bb cc dd ee", 5) == ["aa bb", "cc dd", "ee"]
# %% right
def wrap_words(text: str, width: int) -> list[str]:
    out = []
    room = 0
    for word in text.split():
        if out and len(word) + 1 <= room:
            out[-1] += " " + word
            room -= len(word) + 1
        else:
            out += [word[i:i + width] for i in range(0, len(word), width)]
            room = width - len(out[-1])
    return out
# %% right
def wrap_words(text: str, width: int) -> list[str]:
    lines = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            while word:
                lines.append(word[:width])
                word = word[width:]
    return lines
# %% weak-only
import textwrap

def wrap_words(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)
# %% weak-only
def wrap_words(text: str, width: int) -> list[str]:
    lines, cur = [], ""
    for word in text.split():
        if len(word) > width:
            if cur:
                lines.append(cur)
            lines += [word[i:i + width] for i in range(0, len(word), width)]
            cur = ""
        elif cur and len(cur) + 1 + len(word) <= width:
            cur += " " + word
        else:
            if cur:
                lines.append(cur)
            cur = word
    return lines + [cur] if cur else lines
# %% weak-only
def wrap_words(text: str, width: int) -> list[str]:
    lines, cur = [], ""
    for word in text.split(" "):
        if cur and len(cur) + 1 + len(word) <= width:
            cur += " " + word
            continue
        if cur:
            lines.append(cur)
        while len(word) > width:
            lines.append(word[:width])
            word = word[width:]
        cur = word
    lines.append(cur)
    return lines
# %% wrong
def wrap_words(text: str, width: int) -> list[str]:
    return [text[i:i + width] for i in range(0, len(text), width)]
# %% wrong
def wrap_words(text: str, width: int) -> list[str]:
    lines, cur = [], ""
    for word in text.split():
        if len(cur) + len(word) + 1 < width:
            cur = (cur + " " + word).strip()
        else:
            lines.append(cur)
            cur = word
    return lines + [cur]
# %% crash
def wrap_words(text: str, width: int) -> list[str]:
    lines = []
    for word in text.split():
        if len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines
# %% hang
def wrap_words(text: str, width: int) -> list[str]:
    words, lines = text.split(), []
    while words:
        cur = ""
        while words and len(cur) + len(words[0]) < width:
            cur += " " * bool(cur) + words.pop(0)
        lines.append(cur) if cur else None
    return lines
# %% unparsable
def wrap_words(text: str, width: int) -> list[str]:
    lines, cur = [], ""
    for word in text.split():
        if cur and len(cur) + 1 + len(word) <= width
            cur += " " + word
        else:
            lines.append(cur); cur = word
    return lines
