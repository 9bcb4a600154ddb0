# The runtime of trusted tests: runs them with stand-ins for the candidate's functions. What comes back from a candidate is
# data whose every byte has been checked on its way; no code of a candidate ever runs here, and nothing here loads bytes
# that came inside of a value.
import _socket
import ast
import collections
import copy
import io
import random
import time
import traceback
import unittest

IN = 3


# exceptions of a program may only come over as these: anything else (a test that declares itself skipped, say) is plain
MODULES = frozenset(("builtins", "json.decoder", "decimal", "re", "re._constants", "sre_constants", "statistics", "asyncio.exceptions"))
# these steer the test's own loops and exits, so a program that lets one out has ended
STEERING = (StopIteration, StopAsyncIteration, GeneratorExit, SystemExit, KeyboardInterrupt)


def parts(value):
    """The objects in a value that can be told from others by identity."""
    stack, seen = [value], 0
    while stack and seen < 10_000:
        v = stack.pop()
        seen += 1
        if type(v) in (list, tuple, set, frozenset):
            stack.extend(v)
        elif type(v) is dict:
            stack.extend(v.keys())
            stack.extend(v.values())
        elif v is None or type(v) is bool or type(v) is int and -6 < v < 257 or type(v) is str and len(v) < 2:
            continue
        if v != () and v != frozenset():
            yield v


class Diverged(BaseException):
    pass


class Ended(BaseException):
    pass


class CannotCross(BaseException):
    """The tests hand over what cannot leave this process: no program could be judged by them."""


def diverged():
    # kept, since a bare `except` of the tests may swallow it
    state.diverged = True
    return Diverged()


class Machine:
    """What is known of the run in progress."""

    def __init__(self):
        self.reset([], [])

    def reset(self, predicted, replies):
        self.predicted, self.replies = predicted, replies
        self.index = 0
        self.calls = []
        self.regular = True
        # results that came live, to see whether a later call hands one on
        self.results = {}
        self.handed_on = False
        self.live = False
        self.diverged = False
        self.weak = False
        self.raised = None
        self.last = None


state = Machine()


def chosen_class(chain):
    for module, name in chain:
        if module not in MODULES:
            continue
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and issubclass(found, BaseException):
            yield found


def raise_candidate(payload):
    chain, text, line, args = LOADS(payload)
    where = f" (line {line} of the program)" if line else ""
    shown = f"{chain[0][1]}: {text}"[:400] + where
    for kind in chosen_class(chain):
        if issubclass(kind, STEERING):
            raise Ended(f"{call_text()} raised {shown}")
        for values in ([args] if args else []) + [(text,), ()]:
            try:
                error = kind(*values)
            except BaseException:
                continue
            state.raised = (error, shown)
            raise error
    error = Exception(text)
    state.raised = (error, shown)
    raise error


def write_back(old, new):
    try:
        if type(old) is list or type(old) is bytearray:
            old[:] = new
        elif type(old) is dict or isinstance(old, (collections.Counter, collections.OrderedDict, collections.defaultdict)):
            old.clear()
            old.update(new)
        elif type(old) is set:
            old.clear()
            old.update(new)
        elif isinstance(old, collections.deque):
            old.clear()
            old.extend(new)
        elif type(old) is tuple and type(new) is tuple and len(old) == len(new):
            for a, b in zip(old, new):
                write_back(a, b)
    except TypeError:
        pass


def export(value):
    if type(value) is Remote:
        return (..., "ref", object.__getattribute__(value, "_number"))
    if type(value) is type(len) and getattr(builtins, value.__name__, None) is value:
        return (..., "function", value.__name__)
    raise CannotCross(f"an argument of type {type(value).__name__}")


def arrive(tag, rest):
    if tag == "ref":
        return Remote(rest[0], rest[1], rest[2])
    raise Unsupported(tag)


def send(operation, target, name, args, kwargs, simple):
    data, escaped = encode((args, kwargs), export)
    kind = None
    if simple:
        # a call that hands a result on would, sent ahead, tell the program what was expected of an earlier one
        if state.results and not state.handed_on:
            state.handed_on = any(id(v) in state.results for v in parts((args, kwargs)))
        if not state.handed_on:
            state.calls.append((name, data, escaped))
        index = state.index
        state.index += 1
        if index < len(state.replies):
            if state.predicted[index] != (name, data, escaped) or not state.regular:
                raise diverged()
            kind, payload = state.replies[index]
    else:
        state.regular = False
        if state.index < len(state.replies):
            raise diverged()
    if kind is None:
        state.live = True
        write_all(IN, frame(b"C", DUMPS((operation, target, name, data, escaped), 2)))
        kind, payload = read_frame(IN)
    if kind == b"x":
        state.last = (name, args, kwargs, "raised")
        raise_candidate(payload)
    if kind == b"u":
        state.last = (name, args, kwargs, "raised")
        raise Ended(f"{call_text()} returned {LOADS(payload)}"[:600])
    value = LOADS(payload)
    changed = None
    if kind in b"VE":
        value, changed = value
    if kind in b"eE":
        value = restore(value, arrive)
        changed = restore(changed, arrive)
    state.last = (name, args, kwargs, value)
    if state.live and len(state.results) < 100_000:
        state.results.update((id(v), v) for v in parts(value))
    if changed is not None:
        write_back(args, changed[0])
        for key, new in changed[1].items():
            write_back(kwargs.get(key), new)
    return value


class Remote:
    """An object that stays with the candidate."""

    def __init__(self, number, kind, callable_):
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_kind", kind)
        object.__setattr__(self, "_callable", callable_)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return send(2, self._number, name, (), {}, False)

    def __setattr__(self, name, value):
        send(5, self._number, name, (value,), {}, False)

    def __call__(self, *args, **kwargs):
        return send(1, self._number, "", args, kwargs, False)

    def __repr__(self):
        return f"<an object of type {self._kind} of the program>"

    def __hash__(self):
        return hash(self._number)

    def __bool__(self):
        return True


def special(name):
    def method(self, *args):
        result = send(4, object.__getattribute__(self, "_number"), name, args, {}, False)
        return iter(result) if name == "__iter__" else result

    setattr(Remote, name, method)


def between(name):
    def method(self, other):
        # the program's own comparison is asked only between two of its own objects: a plain value of the tests is never at its mercy
        if type(other) is not Remote:
            return NotImplemented
        state.weak = True
        return send(4, object.__getattribute__(self, "_number"), name, (other,), {}, False)

    setattr(Remote, name, method)


for _name in "len iter getitem setitem delitem str next enter exit".split():
    special(f"__{_name}__")
for _name in "eq ne lt le gt ge add sub mul truediv".split():
    between(f"__{_name}__")


def stand_in(name):
    def function(*args, **kwargs):
        return send(0, 0, name, args, kwargs, True)

    function.__name__ = function.__qualname__ = name
    function._is_stand_in = True
    return function


def compiled(text, name):
    for tail in ("", "\n    pass\n"):
        try:
            return compile(text + tail, name, "exec", dont_inherit=True)
        except SyntaxError as e:
            error = e
    raise error


def names_used(tree):
    loads, stores = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                loads.append(node.id)
            else:
                stores.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            stores.add(node.name)
        elif isinstance(node, ast.arg):
            stores.add(node.arg)
        elif isinstance(node, ast.alias):
            stores.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            stores.add(node.name)
    return loads, stores


def top_level(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(t.id for t in node.targets if isinstance(t, ast.Name))
    return found


class Check:
    def __init__(self, entry, preamble, code):
        self.entry = entry
        try:
            self.preamble = compiled(preamble, "<prompt>")
        except SyntaxError:
            self.preamble = compile("", "<prompt>", "exec")
        self.code = compile(code, "<tests>", "exec", dont_inherit=True)
        self.lines = code.splitlines()

    def run(self):
        space = {"__name__": "tests", "__builtins__": builtins}
        exec(self.preamble, space)
        proxy = stand_in(self.entry)
        space[self.entry] = space["candidate"] = proxy
        exec(self.code, space)
        space["check"](proxy)
        return True


class Script:
    def __init__(self, entry, setup, statements, reference):
        self.setup = compile(setup, "<setup>", "exec", dont_inherit=True)
        text = "\n".join(statements)
        self.lines = text.splitlines()
        tree = ast.parse(text)
        self.code = compile(tree, "<tests>", "exec", dont_inherit=True)
        loads, stores = names_used(tree)
        have = set(vars(builtins)) | stores | names_used(ast.parse(setup))[1]
        defined = top_level(reference)
        self.names = {n for n in loads if (n not in have) or (n in defined and n not in stores)}
        if entry:
            self.names.add(entry)
        # values, not functions, that the tests read from the program
        self.values = {
            t.id
            for node in (ast.parse(reference).body if reference and defined else [])
            if isinstance(node, ast.Assign)
            for t in node.targets
            if isinstance(t, ast.Name)
        }

    def run(self):
        space = {"__name__": "tests", "__builtins__": builtins}
        exec(self.setup, space)
        for name in self.names:
            space[name] = send(3, 0, name, (), {}, False) if name in self.values else stand_in(name)
        before = set(space)
        exec(self.code, space)
        new = [v for k, v in space.items() if k not in before]
        cases = [v for v in new if isinstance(v, type) and issubclass(v, unittest.TestCase)]
        if cases:
            loader = unittest.TestLoader()
            suite = unittest.TestSuite(loader.loadTestsFromTestCase(c) for c in cases)
            result = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
            if not result.wasSuccessful() or not result.testsRun:
                problems = result.errors + result.failures
                raise AssertionError(problems[0][1].strip().splitlines()[-1] if problems else "no test ran")
        else:
            for name, value in list(space.items()):
                if name.startswith("test_") and name not in before and isinstance(value, type(stand_in)):
                    if not value.__code__.co_argcount:
                        value()
        return True


def shown(value, most):
    try:
        if type(value) in (int, bool) and value.bit_length() > 4000:
            text = f"<an integer of {value.bit_length()} bits>"
        else:
            text = repr(value)
    except BaseException as e:
        text = f"<{type(value).__name__}: {type(e).__name__}>"
    return text if len(text) <= most else text[: most - 3] + "..."


def call_text():
    name, args, kwargs, value = state.last
    listed = [shown(a, 120) for a in args] + [f"{k}={shown(v, 60)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(listed)})"[:300]


def explain(error, lines):
    line = None
    for entry in traceback.extract_tb(error.__traceback__):
        if entry.filename == "<tests>":
            line = entry.lineno
    test = lines[line - 1].strip()[:300] if line and line <= len(lines) else ""
    if state.raised and state.raised[0] is error:
        used_up = isinstance(error, MemoryError) or isinstance(error, OSError) and error.errno in (11, 12, 24, 27, 28)
        return "limit" if used_up else "error", f"{call_text()} raised {state.raised[1]}"
    got = f"; {call_text()} gave {shown(state.last[3], 200)}" if state.last and state.last[3] != "raised" else ""
    if isinstance(error, AssertionError):
        message = f" ({str(error)[:200]})" if str(error) else ""
        return "fail", f"{test}{message}{got}"
    return "fail", f"{test}: {type(error).__name__}: {str(error)[:200]}{got}"


def run(suite, predicted, replies):
    state.reset(predicted, replies)
    random.seed(0)
    status, detail = "pass", ""
    try:
        suite.run()
    except Diverged:
        status = "diverged"
    except Ended as e:
        status, detail = "error", str(e)
    except CannotCross as e:
        status, detail = "cannot", str(e)
    except BaseException as e:
        status, detail = explain(e, suite.lines)
    if state.diverged or status == "pass" and state.index < len(state.replies):
        status = "diverged"
    return status, detail, state.live, state.weak, state.calls if state.regular else state.calls[:0]


def literals(texts):
    space = {"__builtins__": {}, "inf": float("inf"), "nan": float("nan"), "set": set, "frozenset": frozenset}
    space.update(complex=complex, bytearray=bytearray, range=range, float=float, Infinity=float("inf"), NaN=float("nan"))
    space.update(true=True, false=False, null=None)
    found = []
    for text in texts:
        value = eval(text, dict(space))
        found.append(encode((tuple(value), {}), export))
    return found


def main():
    suites = collections.OrderedDict()
    unittest.main = lambda *args, **kwargs: None
    sys.path[:], preload = LOADS(read_frame(IN)[1])
    for name in preload:
        try:
            __import__(name)
        except BaseException:
            pass
    write_all(IN, frame(b"R", b""))
    real = (builtins.__dict__.copy(), sys.getrecursionlimit())
    while True:
        kind, payload = read_frame(IN)
        try:
            if kind == b"S":
                key, what, parts = LOADS(payload)
                suites[key] = [(Check if what == "check" else Script)(*parts), []]
                if len(suites) > 512:
                    suites.popitem(last=False)
                answer = True
            elif kind == b"P":
                key, predicted = LOADS(payload)
                suites[key][1] = [tuple(p) for p in predicted]
                answer = True
            elif kind == b"T":
                key, replies = LOADS(payload)
                answer = run(*suites[key], replies)
                builtins.__dict__.update(real[0])
                sys.setrecursionlimit(real[1])
            else:
                answer = literals(LOADS(payload))
            reply = frame(b"D", DUMPS(answer, 2))
        except BaseException as e:
            reply = frame(b"F", DUMPS(f"{type(e).__name__}: {e}"[:500], 2))
        write_all(IN, reply)


main()
