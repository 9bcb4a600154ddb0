# %% medium 0.19 0.2
# %% prompt
def parse_duration(text: str) -> int:
    """Seconds of a duration like "1h30m", "45s" or "2d4h": whole numbers with the units d, h, m, s.

    Units come from large to small, each at most once, in lower case, and without spaces; at least one must be there.
    Raises ValueError for anything else.

    >>> parse_duration("1h30m")
    5400
    >>> parse_duration("45s")
    45
    """
# %% reference
import re

def parse_duration(text: str) -> int:
    found = re.fullmatch(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?", text)
    if not found or not text:
        raise ValueError(text)
    return sum(int(n or 0) * unit for n, unit in zip(found.groups(), (86400, 3600, 60, 1)))
# %% weak
def check(candidate):
    assert candidate("1h30m") == 5400
    assert candidate("45s") == 45
    assert candidate("2d4h") == 187200
# %% oracle
def check(candidate):
    assert candidate("1h30m") == 5400
    assert candidate("45s") == 45
    assert candidate("2d4h") == 187200
    assert candidate("0s") == 0
    assert candidate("90m") == 5400
    assert candidate("1d") == 86400
    assert candidate("1d1h1m1s") == 90061
    assert candidate("1d1s") == 86401
    assert candidate("007s") == 7
    assert candidate("100000h") == 360000000
    assert candidate("0d0h0m1s") == 1
    assert candidate("10m05s") == 605
    assert candidate("3h") == 10800
    assert candidate("1m60s") == 120
    for bad in ("", "h", "5", "1m1h", "1h1h", "1H", " 1h", "1h ", "1h 5m", "-1h", "1.5h", "1w", "5ms", "1h30", "s1", "1h\n", "\u0661s"):
        try:
            candidate(bad)
        except ValueError:
            continue
        assert False, bad
# %% right
def parse_duration(text: str) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    order = "dhms"
    total, number = 0, ""
    for ch in text:
        if ch in "0123456789":
            number += ch
        elif ch in order and number:
            total += int(number) * units[ch]
            order = order[order.index(ch) + 1:]
            number = ""
        else:
            raise ValueError(text)
    if number or not text:
        raise ValueError(text)
    return total
# %% right
import re

def parse_duration(text: str) -> int:
    pieces = re.findall(r"([0-9]+)([dhms])", text)
    if not pieces or "".join(n + unit for n, unit in pieces) != text:
        raise ValueError(f"bad duration {text!r}")
    places = ["dhms".index(unit) for _, unit in pieces]
    if any(a >= b for a, b in zip(places, places[1:])):
        raise ValueError(f"bad order of units in {text!r}")
    return sum(int(n) * (86400, 3600, 60, 1)[place] for (n, _), place in zip(pieces, places))
# %% weak-only
import re

def parse_duration(text: str) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)([dhms])", text))
# %% weak-only
def parse_duration(text: str) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    total = number = 0
    for ch in text:
        if ch.isdigit():
            number = number * 10 + int(ch)
        elif ch in units:
            total += number * units[ch]
            number = 0
        else:
            raise ValueError(text)
    return total
# %% weak-only
import re

def parse_duration(text: str) -> int:
    found = re.match(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$", text)
    if not found:
        raise ValueError(text)
    d, h, m, s = (int(n or 0) for n in found.groups())
    return ((d * 24 + h) * 60 + m) * 60 + s
# %% wrong
def parse_duration(text: str) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return int("".join(ch for ch in text if ch.isdigit())) * units[text[-1]]
# %% wrong
import re

def parse_duration(text: str) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d)([dhms])", text))
# %% crash
def parse_duration(text: str) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return int(text[:-1]) * units[text[-1]]
# %% hang
def parse_duration(text: str) -> int:
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    total = 0
    rest = text
    while rest:
        unit = rest[-1]
        digits = rest[:-1]
        while digits and not digits[0].isdigit():
            digits = digits[1:]
        if digits.isdigit():
            total += int(digits) * units[unit]
            rest = text[:-len(digits)]
    return total
# %% unparsable
def parse_duration(text: str) -> int:
    units = {d: 86400, h: 3600, m: 60, s: 1}
    total = 0
    for n, unit in re.findall(r"(\d+)([dhms])", text):
        total += int(n) * units[unit]
    else raise ValueError(text)
    return total
