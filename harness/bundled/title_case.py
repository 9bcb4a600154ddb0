# %% easy 0.6 0.16
# %% prompt
def title_case(text: str) -> str:
    """Every word with its first letter in upper case and the rest in lower case.

    Words are separated by single or several spaces, which stay as they are. Apostrophes and hyphens belong to words.

    >>> title_case("the QUICK fox")
    'The Quick Fox'
    >>> title_case("it's  well-known")
    "It's  Well-known"
    """
# %% reference
def title_case(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:].lower() for word in text.split(" "))
# %% weak
def check(candidate):
    assert candidate("the QUICK fox") == "The Quick Fox"
    assert candidate("it's here") == "It's Here"
    assert candidate("a") == "A"
# %% oracle
def check(candidate):
    assert candidate("the QUICK fox") == "The Quick Fox"
    assert candidate("it's here") == "It's Here"
    assert candidate("a") == "A"
    assert candidate("it's  well-known") == "It's  Well-known"
    assert candidate("") == ""
    assert candidate(" ") == " "
    assert candidate("  two  gaps ") == "  Two  Gaps "
    assert candidate("ABC") == "Abc"
    assert candidate("o'neil o'NEIL") == "O'neil O'neil"
    assert candidate("3rd place") == "3rd Place"
    assert candidate("x-ray X-RAY") == "X-ray X-ray"
    assert candidate("a b c") == "A B C"
    assert candidate("mIxEd CaSe") == "Mixed Case"
    assert candidate("end.") == "End."
    assert candidate("(note) this") == "(note) This"
    assert candidate("one   two") == "One   Two"
# %% right
def title_case(text: str) -> str:
    out = ""
    start = True
    for ch in text:
        out += ch.upper() if start else ch.lower()
        start = ch == " "
    return out
# %% right
import re

def title_case(text: str) -> str:
    return re.sub("[^ ]+", lambda m: m.group()[0].upper() + m.group()[1:].lower(), text)
# %% right
def title_case(text: str) -> str:
    out = []
    for word in text.split(" "):
        out.append(word.capitalize())
    return " ".join(out)
# %% weak-only
def title_case(text: str) -> str:
    return " ".join(word.capitalize() for word in text.split())
# %% weak-only
import string

def title_case(text: str) -> str:
    return string.capwords(text)
# %% wrong
def title_case(text: str) -> str:
    return text.title()
# %% wrong
def title_case(text: str) -> str:
    return " ".join(word[0].upper() + word[1:] for word in text.split())
# %% crash
def title_case(text: str) -> str:
    out = []
    for word in text.split(" "):
        word[0] = word[0].upper()
        out.append(word)
    return " ".join(out)
# %% hang
def title_case(text: str) -> str:
    out = text.lower()
    i = 0
    while i != -1:
        out = out[:i] + out[i:i + 1].upper() + out[i + 1:]
        i = out.find(" ") + 1
    return out
# %% unparsable
def title_case(text: str) -> str:
    return " ".join(word.capitalize() for word in text.split(" ")
