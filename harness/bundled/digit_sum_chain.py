# %% easy 0.69 0.14
# %% prompt
def digit_sum_chain(number: int) -> list[int]:
    """Replace number by the sum of its decimal digits until one digit is left; give every number on the way.

    number is at least 0. The list starts with number itself.

    >>> digit_sum_chain(987)
    [987, 24, 6]
    >>> digit_sum_chain(5)
    [5]
    """
# %% reference
def digit_sum_chain(number: int) -> list[int]:
    out = [number]
    while out[-1] > 9:
        out.append(sum(int(digit) for digit in str(out[-1])))
    return out
# %% weak
def check(candidate):
    assert candidate(987) == [987, 24, 6]
    assert candidate(5) == [5]
    assert candidate(42) == [42, 6]
# %% oracle
def check(candidate):
    assert candidate(987) == [987, 24, 6]
    assert candidate(5) == [5]
    assert candidate(42) == [42, 6]
    assert candidate(0) == [0]
    assert candidate(9) == [9]
    assert candidate(10) == [10, 1]
    assert candidate(19) == [19, 10, 1]
    assert candidate(99) == [99, 18, 9]
    assert candidate(199) == [199, 19, 10, 1]
    assert candidate(1000) == [1000, 1]
    assert candidate(999999) == [999999, 54, 9]
    assert candidate(10**30) == [10**30, 1]
    assert candidate(12345) == [12345, 15, 6]
    assert candidate(11) == [11, 2]
    assert candidate(10**17 + 9) == [10**17 + 9, 10, 1]
    assert candidate(int("9" * 23)) == [int("9" * 23), 207, 9]
# %% right
def digit_sum_chain(number: int) -> list[int]:
    if number < 10:
        return [number]
    return [number] + digit_sum_chain(sum(map(int, str(number))))
# %% right
def digit_sum_chain(number: int) -> list[int]:
    out = [number]
    while number >= 10:
        total = 0
        while number:
            number, digit = divmod(number, 10)
            total += digit
        number = total
        out.append(number)
    return out
# %% weak-only
def digit_sum_chain(number: int) -> list[int]:
    out = [number]
    for _ in range(2):
        if number > 9:
            number = sum(map(int, str(number)))
            out.append(number)
    return out
# %% weak-only
def digit_sum_chain(number: int) -> list[int]:
    out = []
    while number > 9:
        out.append(number)
        total = 0
        while number > 0:
            total += number % 10
            number = int(number / 10)
        number = total
    if number:
        out.append(number)
    return out
# %% wrong
def digit_sum_chain(number: int) -> list[int]:
    out = []
    while number > 9:
        number = sum(map(int, str(number)))
        out.append(number)
    return out
# %% wrong
def digit_sum_chain(number: int) -> list[int]:
    return [number, sum(map(int, str(number)))]
# %% crash
def digit_sum_chain(number: int) -> list[int]:
    out = [number]
    while len(number) > 1:
        number = sum(int(digit) for digit in number)
        out.append(number)
    return out
# %% hang
def digit_sum_chain(number: int) -> list[int]:
    out = [number]
    total = number
    while number > 9:
        total = sum(map(int, str(number)))
    out.append(total)
    return out
# %% unparsable
The digits of 987 add up to 24 and those of 24 to 6, so a loop that
stops at one digit is all that is needed. I would use str() and sum().
