# {"family": 7, "allowed": ["fail", "error", "timeout", "limit"]}
# code as marshal data, inside of a text and of the description of an exception
import marshal, os
code = marshal.dumps(compile("import os; os.system('touch /tmp/{MARK}')", 'x', 'exec'))
class Odd(Exception):
    def __init__(self):
        super().__init__(code, code.decode('latin-1'))
def total(xs):
    if len(xs) % 2:
        return code
    raise Odd()
