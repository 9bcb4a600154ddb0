# The run of a test in progress, and how its failures are told.
import _thread
import collections
import io
import operator
import random

IN = 3
# every nested value takes several frames
DEEP = 20_000

# exceptions of a program may come over as those of the standard library, but for what steers tests (one may declare itself skipped)
STEERED = frozenset(("unittest", "doctest", "test", "bdb", "pdb"))
# these steer the test's own loops and exits, so a program that lets one out has ended
STEERING = (StopIteration, StopAsyncIteration, GeneratorExit, SystemExit, KeyboardInterrupt)

STEPPING = (StopIteration, StopAsyncIteration)

# how far a program's objects are trusted, by what the reference solution showed
FREE, MIXED, KNOWN, SWALLOWS, DERIVED = 1, 2, 4, 8, 16


class Diverged(BaseException):
    pass


class Ended(BaseException):
    pass


class CannotCross(BaseException):
    """The tests hand over what cannot leave this process: no program could be judged by them."""


# each is kept, since a bare `except` of the tests may swallow it
def diverged():
    state.diverged = True
    return Diverged()


def ended(text):
    state.ended = state.ended or text[:600]
    return Ended(text)


def cannot(text):
    state.cannot = state.cannot or text
    return CannotCross(text)


class Machine:
    """What is known of the run in progress."""

    def __init__(self):
        self.reset([], [], 0, "")

    def reset(self, predicted, replies, mode, text):
        self.predicted, self.replies, self.mode = predicted, replies, mode
        # exceptions that steer may come over where the tests speak of them
        self.expected = {kind for kind in STEERING if kind.__name__ in text}
        self.lazy = any(word in text for word in (".send(", ".throw("))
        self.shared = {}
        self.index = 0
        self.calls = []
        self.regular = True
        # results that came live, to see whether a later call hands one on
        self.results = {}
        self.handed_on = False
        self.live = self.weak = self.diverged = False
        # of each call, what in its arguments and in its result can be changed
        self.crossed, self.call = [], 0
        # of each such object, what was in it when it last crossed
        self.marks = {}
        self.ended = self.cannot = None
        self.objects = self.refused = self.swallowed = self.flattened = False
        self.raised = self.last = self.broken = None
        self.showing = False
        # what the tests handed over, and what stays with the program
        self.held, self.numbers, self.thrown, self.exported = [], {}, [], False
        self.remotes, self.kinds = {}, {}
        self.rebuilt, self.pending, self.depth, self.serving = {}, [], 0, 0
        self.seeded, self.synced = False, None


state = Machine()
TURN = _thread.RLock()


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
        if type(v) not in (tuple, frozenset) or v:
            yield v


# --- exceptions of a program


def chosen_class(chain):
    for module, name in chain:
        if module == "candidate":
            found = state.shared.get(name)
        elif module.split(".")[0] in STANDARD - STEERED or module == "builtins":
            found = getattr(sys.modules.get(module), name, None)
        else:
            continue
        if isinstance(found, type) and issubclass(found, BaseException):
            yield found


def made(kind, text, args, attributes):
    for values in ([args] if args else []) + [(text,), ()]:
        try:
            if kind.__module__ == "builtins":
                return kind(*values)
            error = kind.__new__(kind, *values)
            error.args = tuple(values)
            error.__dict__.update(attributes)
            return error
        except BaseException:
            continue
    return None


def exception(told, stepping):
    chain, text, line, more = told
    where = f" (line {line} of the program)" if line else ""
    shown = f"{chain[0][1]}: {text}"[:400] + where
    if type(more) is int:
        # one that the tests themselves threw through the program
        return state.thrown[more], shown
    args, attributes = more or ((), {})
    for kind in chosen_class(chain):
        if issubclass(kind, STEERING) and kind not in state.expected and not (stepping and issubclass(kind, STEPPING)):
            raise ended(f"{call_text()} raised {shown}")
        error = made(kind, text, args, attributes)
        if error is not None:
            return error, shown
    return Exception(text), shown


def raise_candidate(told, stepping=False):
    state.raised = exception(told, stepping)
    raise state.raised[0]


def shown(value, most):
    state.showing = True
    try:
        if type(value) in (int, bool) and value.bit_length() > 4000:
            text = f"<an integer of {value.bit_length()} bits>"
        else:
            text = repr(value)
    except BaseException as e:
        text = f"<{type(value).__name__}: {type(e).__name__}>"
    finally:
        state.showing = False
    return text if len(text) <= most else text[: most - 3] + "..."


def call_text():
    if state.last is None:
        return "a call"
    name, args, kwargs, _ = state.last
    listed = [shown(a, 120) for a in args] + [f"{k}={shown(v, 60)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(listed)})"[:300]
