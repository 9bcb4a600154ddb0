# %% hard 0.14 0.19
# %% prompt
def eval_expression(text: str) -> int:
    """The value of an expression of whole numbers, + - * ( ) and spaces, with the usual precedence.

    A minus may also stand in front of a number, a parenthesis or another minus: "2*-3", "-(1+2)", "--4".
    Raises ValueError for anything that is no such expression.

    >>> eval_expression("2 + 3 * (4 - 1)")
    11
    >>> eval_expression("-(1+2)*2")
    -6
    """
# %% reference
import re

def eval_expression(text: str) -> int:
    tokens = re.findall(r"\d+|\S", text) + ["end"]
    at = 0

    def take():
        nonlocal at
        at += 1
        return tokens[at - 1]

    def atom():
        token = take()
        if token == "-":
            return -atom()
        if token == "(":
            value = sums()
            if take() != ")":
                raise ValueError("no closing parenthesis")
            return value
        if not token.isdecimal():
            raise ValueError(token)
        return int(token)

    def products():
        value = atom()
        while tokens[at] == "*":
            take()
            value *= atom()
        return value

    def sums():
        value = products()
        while tokens[at] in ("+", "-"):
            value = value + products() if take() == "+" else value - products()
        return value

    value = sums()
    if tokens[at] != "end":
        raise ValueError(tokens[at])
    return value
# %% weak
def check(candidate):
    assert candidate("2 + 3 * (4 - 1)") == 11
    assert candidate("7") == 7
    assert candidate("10 - 4 - 3") == 3
# %% oracle
def check(candidate):
    assert candidate("2 + 3 * (4 - 1)") == 11
    assert candidate("7") == 7
    assert candidate("10 - 4 - 3") == 3
    assert candidate("-(1+2)*2") == -6
    assert candidate("2*-3") == -6
    assert candidate("--4") == 4
    assert candidate("-2*-2") == 4
    assert candidate("((5))") == 5
    assert candidate("2*3+4*5") == 26
    assert candidate("2*(3+4)*5") == 70
    assert candidate(" 1+ 1 ") == 2
    assert candidate("007+1") == 8
    assert candidate("99999999999999999999*10") == 999999999999999999990
    assert candidate("1-(2-(3-4))") == -2
    assert candidate("0") == 0
    assert candidate("5--3") == 8
    for bad in ("", "1+", "*2", "(1", "1)", "1 2", "2**3", "a", "()", "1+*2", "+1", "4/2", "1.5", "__import__('os')"):
        try:
            candidate(bad)
        except ValueError:
            continue
        assert False, bad
# %% right
def eval_expression(text: str) -> int:
    pos = 0

    def peek():
        nonlocal pos
        while pos < len(text) and text[pos] == " ":
            pos += 1
        return text[pos] if pos < len(text) else ""

    def factor():
        nonlocal pos
        ch = peek()
        if ch == "-":
            pos += 1
            return -factor()
        if ch == "(":
            pos += 1
            value = expression()
            if peek() != ")":
                raise ValueError("expected )")
            pos += 1
            return value
        start = pos
        while pos < len(text) and text[pos] in "0123456789":
            pos += 1
        if start == pos:
            raise ValueError(f"expected a number at {pos}")
        return int(text[start:pos])

    def term():
        nonlocal pos
        value = factor()
        while peek() == "*":
            pos += 1
            value *= factor()
        return value

    def expression():
        nonlocal pos
        value = term()
        while peek() and peek() in "+-":
            sign = 1 if peek() == "+" else -1
            pos += 1
            value += sign * term()
        return value

    value = expression()
    if peek():
        raise ValueError(f"unexpected {peek()!r}")
    return value
# %% right
import ast

def eval_expression(text: str) -> int:
    if not set(text) <= set("0123456789+-*() "):
        raise ValueError(text)
    out = []
    number = ""
    for ch in text + " ":
        if ch.isdigit():
            number += ch
        else:
            if number:
                out.append(str(int(number)))
            number = ""
            out.append(ch)
    try:
        tree = ast.parse("".join(out).strip(), mode="eval").body
    except SyntaxError:
        raise ValueError(text)

    def value(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        if isinstance(node, ast.BinOp):
            a, b = value(node.left), value(node.right)
            if isinstance(node.op, ast.Add):
                return a + b
            if isinstance(node.op, ast.Sub):
                return a - b
            if isinstance(node.op, ast.Mult):
                return a * b
        raise ValueError(text)

    return value(tree)
# %% weak-only
def eval_expression(text: str) -> int:
    return eval(text)
# %% weak-only
def eval_expression(text: str) -> int:
    values, operators = [], []
    rank = {"+": 1, "-": 1, "*": 2}

    def apply():
        b, a = values.pop(), values.pop()
        op = operators.pop()
        values.append(a + b if op == "+" else a - b if op == "-" else a * b)

    i = 0
    while i < len(text):
        ch = text[i]
        if ch.isdigit():
            j = i
            while j < len(text) and text[j].isdigit():
                j += 1
            values.append(int(text[i:j]))
            i = j
            continue
        if ch == "(":
            operators.append(ch)
        elif ch == ")":
            while operators[-1] != "(":
                apply()
            operators.pop()
        elif ch in rank:
            while operators and operators[-1] != "(" and rank[operators[-1]] >= rank[ch]:
                apply()
            operators.append(ch)
        i += 1
    while operators:
        apply()
    return values[0]
# %% wrong
import re

def eval_expression(text: str) -> int:
    tokens = re.findall(r"\d+|[-+*]", text)
    total = int(tokens[0])
    for op, number in zip(tokens[1::2], tokens[2::2]):
        if op == "+":
            total += int(number)
        elif op == "-":
            total -= int(number)
        else:
            total *= int(number)
    return total
# %% wrong
def eval_expression(text: str) -> int:
    text = text.replace(" ", "").replace("(", "").replace(")", "")
    for op in "+-*":
        if op in text:
            a, b = text.split(op, 1)
            a, b = eval_expression(a), eval_expression(b)
            return a + b if op == "+" else a - b if op == "-" else a * b
    return int(text or 0)
# %% crash
def eval_expression(text: str) -> int:
    total = 0
    for part in text.split("+"):
        product = 1
        for factor in part.split("*"):
            product *= int(factor)
        total += product
    return total
# %% hang
def eval_expression(text: str) -> int:
    while "(" in text or "*" in text or "+" in text:
        start = text.rfind("(")
        end = text.find(")", start)
        inner = text[start + 1:end]
        text = text[:start + 1] + inner.strip() + text[end:]
    return int(text)
# %% unparsable
def eval_expression(text: str) -> int:
    tokens = re.findall(r"\d+|\S", text)

    def atom():
        token = tokens.pop(0)
        if token == "(":
            value = sums()
            tokens.pop(0)
            return value
        return int(token)

    def products():
        value = atom()
        while tokens and tokens[0] == "*":
            tokens.pop(0)
            value *= atom()
        return value

    def sums(:
