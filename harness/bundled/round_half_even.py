# %% hard 0.001 0.22
# %% prompt
def round_half_even(number: str, places: int) -> str:
    """Round a decimal number, given as text, to places digits after the point; exact halves go to the even digit.

    number is an optional minus, digits, and maybe a point with digits. The result has exactly places digits after the point
    (no point if places is 0), no needless zeros in front, and no minus if it is zero. Numbers may have hundreds of digits.

    >>> round_half_even("2.675", 2)
    '2.68'
    >>> round_half_even("0.5", 0)
    '0'
    """
# %% reference
def round_half_even(number: str, places: int) -> str:
    minus = number.startswith("-")
    whole, _, fraction = number.lstrip("-").partition(".")
    kept, dropped = fraction[:places].ljust(places, "0"), fraction[places:]
    digits = int("0" + whole + kept)
    half = "5".ljust(len(dropped), "0")
    if dropped > half or (dropped == half and digits % 2):
        digits += 1
    text = str(digits).rjust(places + 1, "0")
    if places:
        text = text[:-places] + "." + text[-places:]
    return "-" + text if minus and digits else text
# %% weak
def check(candidate):
    assert candidate("2.675", 2) == "2.68"
    assert candidate("3.14159", 3) == "3.142"
    assert candidate("0.5", 0) == "0"
    assert candidate("7.25", 1) == "7.2"
# %% oracle
def check(candidate):
    assert candidate("2.675", 2) == "2.68"
    assert candidate("3.14159", 3) == "3.142"
    assert candidate("0.5", 0) == "0"
    assert candidate("7.25", 1) == "7.2"
    assert candidate("1.5", 0) == "2"
    assert candidate("2.5", 0) == "2"
    assert candidate("2.50001", 0) == "3"
    assert candidate("7", 2) == "7.00"
    assert candidate("-0.4", 0) == "0"
    assert candidate("-0.004", 2) == "0.00"
    assert candidate("-2.5", 0) == "-2"
    assert candidate("-3.5", 0) == "-4"
    assert candidate("9.995", 2) == "10.00"
    assert candidate("007.1", 1) == "7.1"
    assert candidate("0", 0) == "0"
    assert candidate("1.005", 2) == "1.00"
    assert candidate("1.015", 2) == "1.02"
    assert candidate("0.045", 2) == "0.04"
    assert candidate("12345678901234567890.5", 0) == "12345678901234567890"
    assert candidate("12345678901234567891.5", 0) == "12345678901234567892"
    assert candidate("0." + "3" * 60, 50) == "0." + "3" * 50
    assert candidate("9" * 40 + ".95", 1) == "1" + "0" * 40 + ".0"
    assert candidate("1" * 300 + ".25", 1) == "1" * 300 + ".2"
    assert candidate("0.0000005", 6) == "0.000000"
    assert candidate("0.00000051", 6) == "0.000001"
# %% right
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

def round_half_even(number: str, places: int) -> str:
    with localcontext() as context:
        context.prec = len(number) + places + 5
        rounded = Decimal(number).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return format(abs(rounded) if rounded == 0 else rounded, "f")
# %% right
from fractions import Fraction

def round_half_even(number: str, places: int) -> str:
    scaled = round(Fraction(number) * 10**places)
    sign = "-" if scaled < 0 else ""
    whole, rest = divmod(abs(scaled), 10**places)
    return f"{sign}{whole}.{rest:0{places}}" if places else f"{sign}{whole}"
# %% weak-only
from decimal import Decimal

def round_half_even(number: str, places: int) -> str:
    return str(round(Decimal(number), places)) if places else str(round(Decimal(number)))
# %% weak-only
from decimal import ROUND_HALF_EVEN, Decimal

def round_half_even(number: str, places: int) -> str:
    return str(Decimal(number).quantize(Decimal(10) ** -places, rounding=ROUND_HALF_EVEN))
# %% weak-only
def round_half_even(number: str, places: int) -> str:
    return f"{float(number) + 1e-12 * (places > 1):.{places}f}"
# %% wrong
def round_half_even(number: str, places: int) -> str:
    return f"{float(number):.{places}f}"
# %% wrong
def round_half_even(number: str, places: int) -> str:
    return str(round(float(number), places))
# %% crash
def round_half_even(number: str, places: int) -> str:
    whole, fraction = number.split(".")
    kept, dropped = fraction[:places], fraction[places:]
    digits = int(whole + kept)
    if dropped[0] > 5 or (dropped[0] == 5 and digits % 2):
        digits += 1
    return str(digits)[:-places] + "." + str(digits)[-places:]
# %% unparsable
import decimal

def round_half_even(number: str, places: int) -> str:
    value = decimal.Decimal(number)
    step = decimal.Decimal(10) ** -places
    return str(value.quantize(step, rounding=decimal.ROUND_HALF_EVEN)))
