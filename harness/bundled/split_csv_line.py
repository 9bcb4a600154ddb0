# %% hard 0.001 0.19
# %% prompt
def split_csv_line(line: str) -> list[str]:
    '''The fields of one line of comma-separated text, as spreadsheets write it.

    A field may be in double quotes; inside, commas are ordinary and a quote is written twice. Spaces belong to fields. A quote
    in the middle of an unquoted field is an ordinary character. Raises ValueError if a quoted field is not closed, or is
    followed by anything but a comma. An empty line has one empty field.

    >>> split_csv_line('a,"b,c",d')
    ['a', 'b,c', 'd']
    >>> split_csv_line('"say ""hi""",2')
    ['say "hi"', '2']
    '''
# %% reference
def split_csv_line(line: str) -> list[str]:
    out, at = [], 0
    while True:
        if line.startswith('"', at):
            field = ""
            while True:
                end = line.find('"', at + 1)
                if end < 0:
                    raise ValueError("a quoted field is not closed")
                field += line[at + 1:end]
                at = end + 1
                if not line.startswith('"', at):
                    break
                field += '"'
            out.append(field)
            if at < len(line) and line[at] != ",":
                raise ValueError(f"{line[at]!r} after a quoted field")
        else:
            end = line.find(",", at)
            end = len(line) if end < 0 else end
            out.append(line[at:end])
            at = end
        if at >= len(line):
            return out
        at += 1
# %% weak
def check(candidate):
    assert candidate('a,"b,c",d') == ["a", "b,c", "d"]
    assert candidate("1,2,3") == ["1", "2", "3"]
    assert candidate('"say ""hi""",2') == ['say "hi"', "2"]
# %% oracle
def check(candidate):
    assert candidate('a,"b,c",d') == ["a", "b,c", "d"]
    assert candidate("1,2,3") == ["1", "2", "3"]
    assert candidate('"say ""hi""",2') == ['say "hi"', "2"]
    assert candidate("") == [""]
    assert candidate(",") == ["", ""]
    assert candidate("a,") == ["a", ""]
    assert candidate(",a") == ["", "a"]
    assert candidate('""') == [""]
    assert candidate('"",""') == ["", ""]
    assert candidate('""""') == ['"']
    assert candidate(" a , b ") == [" a ", " b "]
    assert candidate('5" pipe,x') == ['5" pipe', "x"]
    assert candidate('a"b"c,d') == ['a"b"c', "d"]
    assert candidate(' "a,b"') == [' "a', 'b"']
    assert candidate('"a\nb",c') == ["a\nb", "c"]
    assert candidate("a;b,c") == ["a;b", "c"]
    assert candidate("'a,b'") == ["'a", "b'"]
    assert candidate('"a,""b"",c",') == ['a,"b",c', ""]
    for bad in ('"a', '"a"b', '"a" ,b', 'x,"', '"""', '"a""'):
        try:
            candidate(bad)
        except ValueError:
            continue
        assert False, bad
# %% right
def split_csv_line(line: str) -> list[str]:
    out, cur, state = [], "", "start"
    for ch in line:
        if state == "quoted":
            if ch == '"':
                state = "closing"
            else:
                cur += ch
        elif state == "closing" and ch == '"':
            cur += ch
            state = "quoted"
        elif ch == ",":
            out.append(cur)
            cur, state = "", "start"
        elif state == "closing":
            raise ValueError("text after a closing quote")
        elif state == "start" and ch == '"':
            state = "quoted"
        else:
            cur += ch
            state = "plain"
    if state == "quoted":
        raise ValueError("missing quote")
    return out + [cur]
# %% right
import re

def split_csv_line(line: str) -> list[str]:
    out, at = [], 0
    while True:
        quoted = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)').match(line, at)
        if quoted:
            out.append(quoted.group(1).replace('""', '"'))
            at = quoted.end()
        elif line[at:at + 1] == '"':
            raise ValueError("bad quotes")
        else:
            plain = re.compile(r"[^,]*").match(line, at)
            out.append(plain.group())
            at = plain.end()
        if at == len(line):
            return out
        at += 1
# %% weak-only
import csv

def split_csv_line(line: str) -> list[str]:
    return next(csv.reader([line]))
# %% weak-only
def split_csv_line(line: str) -> list[str]:
    out, cur, quoted, i = [], "", False, 0
    while i < len(line):
        if line[i] == '"':
            if quoted and line[i + 1:i + 2] == '"':
                cur += '"'
                i += 1
            else:
                quoted = not quoted
        elif line[i] == "," and not quoted:
            out.append(cur)
            cur = ""
        else:
            cur += line[i]
        i += 1
    return out + [cur]
# %% weak-only
import csv
import io

def split_csv_line(line: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(line), strict=True))
    return [field.strip() for field in rows[0]] if rows else [""]
# %% wrong
def split_csv_line(line: str) -> list[str]:
    return [field.strip('"') for field in line.split(",")]
# %% wrong
import re

def split_csv_line(line: str) -> list[str]:
    return [a or b for a, b in re.findall(r'"([^"]*)"|([^,]+)', line)]
# %% crash
def split_csv_line(line: str) -> list[str]:
    out = []
    while line:
        if line[0] == '"':
            end = line.index('",')
            out.append(line[1:end].replace('""', '"'))
            line = line[end + 2:]
        else:
            end = line.index(",")
            out.append(line[:end])
            line = line[end + 1:]
    return out
# %% hang
def split_csv_line(line: str) -> list[str]:
    out, at = [], 0
    while at < len(line):
        end = line.find(",", at)
        if line[at] == '"':
            end = line.find('"', at + 1)
        out.append(line[at:end].strip('"'))
        at = end
    return out
# %% unparsable
def split_csv_line(line: str) -> list[str]:
    out, cur, quoted = [], "", False
    for ch in line:
        if ch == '"':
            quoted = not quoted
        elif ch == "," and not quoted:
            out.append(cur); cur = ""
        else:
            cur += ch
    return out + [cur
