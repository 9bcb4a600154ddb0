# %% easy 0.82 0.2
# %% prompt
def is_leap_year(year: int) -> bool:
    """Whether year has a 29th of February in the Gregorian calendar.

    Every fourth year does, except full centuries, except every fourth century.

    >>> is_leap_year(2024)
    True
    >>> is_leap_year(1900)
    False
    """
# %% reference
def is_leap_year(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
# %% weak
def check(candidate):
    assert candidate(2024) is True
    assert candidate(1900) is False
    assert candidate(2023) is False
# %% oracle
def check(candidate):
    assert candidate(2024) is True
    assert candidate(1900) is False
    assert candidate(2023) is False
    assert candidate(2000) is True
    assert candidate(1600) is True
    assert candidate(2400) is True
    assert candidate(1700) is False
    assert candidate(1800) is False
    assert candidate(2100) is False
    assert candidate(2200) is False
    assert candidate(1996) is True
    assert candidate(1998) is False
    assert candidate(4) is True
    assert candidate(100) is False
    assert candidate(400) is True
    assert candidate(2001) is False
    assert sum(bool(candidate(y)) for y in range(1601, 2001)) == 97
# %% right
import calendar

def is_leap_year(year: int) -> bool:
    return calendar.isleap(year)
# %% right
def is_leap_year(year: int) -> bool:
    if year % 400 == 0:
        return True
    if year % 100 == 0:
        return False
    return year % 4 == 0
# %% weak-only
def is_leap_year(year: int) -> bool:
    return year % 4 == 0 and year % 100 != 0
# %% weak-only
def is_leap_year(year: int) -> bool:
    if year % 100 == 0:
        return year % 1000 == 0
    return year % 4 == 0
# %% wrong
def is_leap_year(year: int) -> bool:
    return year % 4 == 0
# %% wrong
def is_leap_year(year: int) -> bool:
    return year % 4 == 0 or year % 100 == 0 and year % 400 != 0
# %% crash
import datetime

def is_leap_year(year: int) -> bool:
    return datetime.date(year, 2, 29).day == 29
# %% hang
def is_leap_year(year: int) -> bool:
    cur = 0
    while cur != year:
        cur += 4 if cur < year else -4
    return cur % 100 != 0 or cur % 400 == 0
# %% unparsable
def is_leap_year(year: int) -> bool:
    if year % 400 = 0:
        return True
    return year % 4 == 0 and year % 100 != 0
