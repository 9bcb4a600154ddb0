# %% hard 0.05 0.17
# %% prompt
def number_words(number: int) -> str:
    """number in English words, British style: "and" before the tens or ones of any group of three digits that has hundreds,
    and before a last group under 100 that follows a larger one. Tens and ones are joined by a hyphen, no commas.

    number is below 10**12 in size; below 0 starts with "minus".

    >>> number_words(342)
    'three hundred and forty-two'
    >>> number_words(1005)
    'one thousand and five'
    """
# %% reference
SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()

def number_words(number: int) -> str:
    if number < 0:
        return "minus " + number_words(-number)
    if number < 20:
        return SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens - 2] + ("-" + SMALL[ones] if ones else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= size:
            many, rest = divmod(number, size)
            words = f"{number_words(many)} {name}"
            if rest:
                words += (" and " if rest < 100 else " ") + number_words(rest)
            return words
# %% weak
def check(candidate):
    assert candidate(342) == "three hundred and forty-two"
    assert candidate(17) == "seventeen"
    assert candidate(1234) == "one thousand two hundred and thirty-four"
# %% oracle
def check(candidate):
    assert candidate(342) == "three hundred and forty-two"
    assert candidate(17) == "seventeen"
    assert candidate(1234) == "one thousand two hundred and thirty-four"
    assert candidate(0) == "zero"
    assert candidate(10) == "ten"
    assert candidate(20) == "twenty"
    assert candidate(40) == "forty"
    assert candidate(99) == "ninety-nine"
    assert candidate(100) == "one hundred"
    assert candidate(101) == "one hundred and one"
    assert candidate(1000) == "one thousand"
    assert candidate(1005) == "one thousand and five"
    assert candidate(1100) == "one thousand one hundred"
    assert candidate(-7) == "minus seven"
    assert candidate(12012) == "twelve thousand and twelve"
    assert candidate(100000) == "one hundred thousand"
    assert candidate(1000001) == "one million and one"
    assert candidate(1001000) == "one million one thousand"
    assert candidate(2000000000) == "two billion"
    assert candidate(115018) == "one hundred and fifteen thousand and eighteen"
    assert candidate(-1000000) == "minus one million"
    assert candidate(999999999999).startswith("nine hundred and ninety-nine billion nine hundred and ninety-nine million")
    assert candidate(1002003) == "one million two thousand and three"
# %% right
def number_words(number: int) -> str:
    ones = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
            "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number == 0:
        return "zero"
    if number < 0:
        return "minus " + number_words(abs(number))

    def below_100(n):
        return ones[n] if n < 20 else "-".join(filter(None, (tens[n // 10], ones[n % 10])))

    def group(n):
        if n < 100:
            return below_100(n)
        out = ones[n // 100] + " hundred"
        return out + " and " + below_100(n % 100) if n % 100 else out

    out = []
    for size, name in ((10**9, " billion"), (10**6, " million"), (10**3, " thousand")):
        if number >= size:
            out.append(group(number // size) + name)
            number %= size
    if number:
        out.append(("and " if out and number < 100 else "") + group(number))
    return " ".join(out)
# %% right
def number_words(number: int) -> str:
    small = dict(enumerate("zero one two three four five six seven eight nine ten eleven twelve".split()))
    small |= {13: "thirteen", 15: "fifteen", 18: "eighteen"}
    small |= {n: small[n - 10] + "teen" for n in (14, 16, 17, 19)}
    small |= {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"}
    if number < 0:
        return f"minus {number_words(-number)}"
    if number in small:
        return small[number]
    if number < 100:
        return small[number - number % 10] + "-" + small[number % 10]
    size, name = next(p for p in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")) if number >= p[0])
    rest = number % size
    tail = "" if not rest else f" and {number_words(rest)}" if rest < 100 else f" {number_words(rest)}"
    return f"{number_words(number // size)} {name}{tail}"
# %% weak-only
def number_words(number: int) -> str:
    ones = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
            "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number < 20:
        return ones[number]
    if number < 100:
        return tens[number // 10] + ("-" + ones[number % 10] if number % 10 else "")
    if number < 1000:
        return ones[number // 100] + " hundred" + (" and " + number_words(number % 100) if number % 100 else "")
    for size, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if number >= size:
            rest = number % size
            return number_words(number // size) + " " + name + (" " + number_words(rest) if rest else "")
# %% weak-only
def number_words(number: int) -> str:
    ones = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
            "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number < 20:
        return ones[number]
    if number < 100:
        return tens[number // 10] + "-" + ones[number % 10]
    if number < 1000:
        return ones[number // 100] + " hundred and " + number_words(number % 100)
    return number_words(number // 1000) + " thousand " + number_words(number % 1000)
# %% wrong
def number_words(number: int) -> str:
    digits = "zero one two three four five six seven eight nine".split()
    return " ".join(digits[int(digit)] for digit in str(abs(number)))
# %% wrong
def number_words(number: int) -> str:
    ones = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
            "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number < 20:
        return ones[number]
    if number < 100:
        return tens[number // 10] + " " + ones[number % 10]
    if number < 1000:
        return ones[number // 100] + " hundred " + number_words(number % 100)
    return number_words(number // 1000) + " thousand " + number_words(number % 1000)
# %% crash
def number_words(number: int) -> str:
    ones = "one two three four five six seven eight nine".split()
    tens = "ten twenty thirty forty fifty sixty seventy eighty ninety".split()
    if number < 100:
        return tens[number // 10] + "-" + ones[number % 10]
    return ones[number] + " hundred and " + number_words(number % 100)
# %% hang
def number_words(number: int) -> str:
    names = {100: "hundred", 1000: "thousand", 10**6: "million"}
    small = "zero one two three four five six seven eight nine ten".split()
    out = []
    while number > 0:
        for size in sorted(names, reverse=True):
            if number >= size:
                out.append(small[number // size % 10] + " " + names[size])
                number %= size
    return " and ".join(out)
# %% unparsable
def number_words(number: int) -> str:
    if number < 0:
        return "minus " + number_words(-number)
    ones = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven,
            "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    return ones[number]
