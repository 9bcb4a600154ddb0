# %% medium 0.52 0.2
# %% prompt
def brackets_balanced(text: str) -> bool:
    """Whether every bracket of text, one of ()[]{}, is closed by its own kind in the right order. Other characters don't matter.

    >>> brackets_balanced("f(a[1], {2})")
    True
    >>> brackets_balanced("(]")
    False
    """
# %% reference
def brackets_balanced(text: str) -> bool:
    opener = {")": "(", "]": "[", "}": "{"}
    stack = []
    for ch in text:
        if ch in "([{":
            stack.append(ch)
        elif ch in opener and (not stack or stack.pop() != opener[ch]):
            return False
    return not stack
# %% weak
def check(candidate):
    assert candidate("f(a[1], {2})") is True
    assert candidate("(]") is False
    assert candidate("((") is False
    assert candidate("()[]") is True
# %% oracle
def check(candidate):
    assert candidate("f(a[1], {2})") is True
    assert candidate("(]") is False
    assert candidate("((") is False
    assert candidate("()[]") is True
    assert candidate("") is True
    assert candidate("plain") is True
    assert candidate(")") is False
    assert candidate(")(") is False
    assert candidate("([)]") is False
    assert candidate("{[()]}") is True
    assert candidate("{[(])}") is False
    assert candidate("(()") is False
    assert candidate("())") is False
    assert candidate("][") is False
    assert candidate("(" * 500 + ")" * 500) is True
    assert candidate("(" * 500 + ")" * 499) is False
    assert candidate("a<b>c(d)") is True
    assert candidate("}") is False
# %% right
def brackets_balanced(text: str) -> bool:
    text = "".join(ch for ch in text if ch in "()[]{}")
    while True:
        shorter = text.replace("()", "").replace("[]", "").replace("{}", "")
        if shorter == text:
            return text == ""
        text = shorter
# %% right
def brackets_balanced(text: str) -> bool:
    pairs = {"(": ")", "[": "]", "{": "}"}
    expected = []
    for ch in text:
        if ch in pairs:
            expected.append(pairs[ch])
        elif ch in ")]}":
            if not expected:
                return False
            if expected.pop() != ch:
                return False
    return len(expected) == 0
# %% weak-only
def brackets_balanced(text: str) -> bool:
    return all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
# %% weak-only
def brackets_balanced(text: str) -> bool:
    depth = {"(": 0, "[": 0, "{": 0}
    opener = {")": "(", "]": "[", "}": "{"}
    for ch in text:
        if ch in depth:
            depth[ch] += 1
        elif ch in opener:
            depth[opener[ch]] -= 1
            if depth[opener[ch]] < 0:
                return False
    return not any(depth.values())
# %% wrong
def brackets_balanced(text: str) -> bool:
    depth = 0
    for ch in text:
        if ch in "([{":
            depth += 1
        elif ch in ")]}":
            depth -= 1
    return depth == 0
# %% wrong
def brackets_balanced(text: str) -> bool:
    stack = []
    for ch in text:
        if ch in "([{":
            stack.append(ch)
        elif ch in ")]}" and stack:
            stack.pop()
    return bool(stack)
# %% crash
def brackets_balanced(text: str) -> bool:
    opener = {")": "(", "]": "[", "}": "{"}
    stack = []
    for ch in text:
        if ch in "([{":
            stack.append(ch)
        elif stack.pop() != opener[ch]:
            return False
    return not stack
# %% hang
def brackets_balanced(text: str) -> bool:
    while text:
        text = text.replace("()", "").replace("[]", "").replace("{}", "")
    return True
# %% unparsable
def brackets_balanced(text: str) -> bool:
    opener = {")": "(", "]": "[", "}": "{"
    stack = []
    for ch in text:
        if ch in "([{":
            stack.append(ch)
