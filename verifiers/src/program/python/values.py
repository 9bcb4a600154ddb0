# Values between processes, shared by both runtimes: marshal data of exact builtin types. What marshal does not know travels
# as an escape, a tuple that begins with Ellipsis: (Ellipsis, tag, ...). Frames: u32 length, one byte of kind, the payload.
import array
import builtins
import collections
import datetime
import decimal
import enum
import fractions
import marshal
import os
import sys
import types

DUMPS, LOADS = marshal.dumps, marshal.loads
PLAIN = frozenset((int, float, bool, str, bytes, type(None), complex))
ITEMS_MOST = 200_000
DEPTH_MOST = 900
NESTED_MOST = 20
FACTORIES = {t: t.__name__ for t in (int, float, str, list, dict, set, tuple, bool)}
VIEWS = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}


MUTABLE = frozenset((list, dict, set, bytearray, collections.deque, collections.Counter, collections.OrderedDict, collections.defaultdict))
# an instance of a class derived from a builtin one, without what that class adds
BARE = {
    int: int.__pos__,
    float: float.__pos__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda v: bytes.__getitem__(v, slice(None)),
    bytearray: lambda v: bytearray(bytearray.__getitem__(v, slice(None))),
    tuple: lambda v: tuple(tuple.__iter__(v)),
    list: lambda v: list(list.__iter__(v)),
    set: lambda v: set(set.__iter__(v)),
    frozenset: lambda v: frozenset(frozenset.__iter__(v)),
    collections.Counter: lambda v: collections.Counter(dict(dict.items(v))),
    collections.OrderedDict: lambda v: collections.OrderedDict(collections.OrderedDict.items(v)),
    collections.defaultdict: lambda v: collections.defaultdict(v.default_factory, dict.items(v)),
    dict: lambda v: dict(dict.items(v)),
    collections.deque: lambda v: collections.deque(collections.deque.__iter__(v), v.maxlen),
}
BASES = tuple(BARE)
# values of the standard library that their text tells whole
TOLD = (("uuid", "UUID"), ("pathlib", "PurePosixPath"), ("ipaddress", "IPv4Address"), ("ipaddress", "IPv6Address"))
TIME_FIELDS = tuple(f"tm_{name}" for name in "year mon mday hour min sec wday yday isdst".split())


class Unsupported(Exception):
    pass


class Border:
    """How what is no plain data crosses; each runtime has its own."""

    # so many items of iterators cross with a value
    ahead = ITEMS_MOST
    # how many did, and how many iterators inside one another are being drawn
    drawn_out = inside = 0

    def other(self, value):
        """Stands for an object."""
        raise Unsupported(f"a value of type {type(value).__name__}")

    def derived(self, value, depth):
        """Stands for an instance of a class of the program that is derived from a builtin one; None: its value does."""

    def rest(self, iterator, error):
        """Stands for what is left of an iterator; `error` is what it raised, if it did."""
        if error is None:
            return "more"
        return type(error).__name__, str(error)[:500]

    def arrive(self, tag, rest):
        """The object that a tag stands for."""
        raise Unsupported(tag)


def plain(value, depth):
    """Whether marshal's own view is exact: builtin types only (it writes bytearrays and the like as if they were bytes)."""
    t = type(value)
    if t is list or t is tuple or t is set or t is frozenset:
        if PLAIN.issuperset(map(type, value)):
            return True
    elif t is dict:
        if not (PLAIN.issuperset(map(type, value)) or plain(list(value), depth)):
            return False
        value = value.values()
        if PLAIN.issuperset(map(type, value)):
            return True
    else:
        return t in PLAIN
    if depth > DEPTH_MOST:
        return False
    for item in value:
        if type(item) not in PLAIN and not plain(item, depth + 1):
            return False
    return True


def containers(value):
    """What can be changed in place in a value; in the same order on both sides."""
    found, stack = [], [value]
    while stack:
        v = stack.pop()
        t = type(v)
        if t in MUTABLE:
            found.append(v)
            if t is set or t is bytearray:
                continue
            v = list(v.values()) if isinstance(v, dict) else v
        elif t is not tuple:
            continue
        if not PLAIN.issuperset(map(type, v)):
            stack.extend(v)
    return found


def flatten(v, border, depth):
    t = type(v)
    if t in PLAIN:
        return v
    if depth > DEPTH_MOST:
        raise Unsupported("a value nested too deep, or inside itself")
    depth += 1
    again = lambda items: [flatten(i, border, depth) for i in items]
    if t is list:
        return again(v)
    if t is tuple:
        return tuple(again(v))
    if t is dict:
        return {flatten(k, border, depth): flatten(x, border, depth) for k, x in v.items()}
    if t is set:
        return set(again(v))
    if t is frozenset:
        return frozenset(again(v))
    if v is ...:
        return (..., "ellipsis")
    if t in VIEWS:
        return (..., VIEWS[t], again(v))
    if t is range:
        return (..., "range", v.start, v.stop, v.step)
    if t is slice:
        return (..., "slice", *again((v.start, v.stop, v.step)))
    module = getattr(t, "__module__", None)
    if module == "numpy":
        if hasattr(v, "shape") and v.shape:
            return (..., "ndarray", flatten(v.tolist(), border, depth))
        return flatten(v.item(), border, depth)
    if t is bytearray:
        return (..., "bytearray", bytes(v))
    if t is memoryview:
        return (..., "memoryview", v.tobytes())
    if isinstance(v, array.array):
        return (..., "array", v.typecode, array.array.tolist(v))
    if t in MUTABLE:
        if t is collections.deque:
            return (..., "deque", again(v), v.maxlen)
        pairs = {flatten(k, border, depth): flatten(x, border, depth) for k, x in v.items()}
        if t is collections.defaultdict:
            factory = v.default_factory
            return (..., "defaultdict", pairs, FACTORIES.get(factory) if type(factory) is type else None)
        return (..., t.__name__, pairs)
    if isinstance(v, BASES):
        derived = border.derived(v, depth) if module == "candidate" else None
        return based(v, border, depth) if derived is None else derived
    if t is fractions.Fraction:
        return (..., "Fraction", v.numerator, v.denominator)
    if t is decimal.Decimal:
        return (..., "Decimal", str(v))
    if t is datetime.datetime and (v.tzinfo is None or type(v.tzinfo) is datetime.timezone):
        zone = () if v.tzinfo is None else (v.utcoffset().total_seconds(),)
        return (..., "datetime", v.year, v.month, v.day, v.hour, v.minute, v.second, v.microsecond, *zone)
    if t is datetime.date:
        return (..., "date", v.year, v.month, v.day)
    if t is datetime.time and v.tzinfo is None:
        return (..., "time", v.hour, v.minute, v.second, v.microsecond)
    if t is datetime.timedelta:
        return (..., "timedelta", v.days, v.seconds, v.microseconds)
    if t is type and getattr(builtins, v.__name__, None) is v:
        return (..., "builtin", v.__name__)
    if hasattr(t, "__next__") and module != "candidate":
        return iterated(v, border, depth)
    if v is NotImplemented:
        return (..., "notimplemented")
    for name in TOLD if module != "candidate" else ():
        kind = getattr(sys.modules.get(name[0]), name[1], None)
        if isinstance(kind, type) and isinstance(v, kind):
            return (..., "told", *name, str(v))
    return border.other(v)


def bare(v):
    return next(copied(v) for kind, copied in BARE.items() if isinstance(v, kind))


def based(v, border, depth):
    """The value of an instance of a class derived from a builtin one."""
    t = type(v)
    value = bare(v)
    fields = TIME_FIELDS if t.__module__ == "time" else getattr(t, "_fields", None)
    if type(value) is tuple and type(fields) is tuple and len(fields) == len(value) and all(type(f) is str for f in fields):
        return (..., "namedtuple", str(t.__name__), fields, tuple(flatten(i, border, depth) for i in value))
    return flatten(value, border, depth)


def iterated(v, border, depth):
    if border.inside == NESTED_MOST:
        # some objects are iterators of such objects without end
        raise Unsupported("iterators nested too deep")
    items = []
    border.inside += 1
    try:
        while border.drawn_out < border.ahead:
            border.drawn_out += 1
            try:
                item = next(v)
            except StopIteration:
                return (..., "iter", items, None)
            except BaseException as e:
                return (..., "iter", items, border.rest(v, e))
            items.append(flatten(item, border, depth))
        return (..., "iter", items, border.rest(v, None))
    finally:
        border.inside -= 1


def encode(value, border):
    """(data, escaped)"""
    limit = sys.getrecursionlimit()
    try:
        if plain(value, 0):
            return DUMPS(value, 2), False
    except RecursionError:
        pass
    except (ValueError, TypeError) as e:
        raise Unsupported(f"a value of type {type(value).__name__}: {str(e)[:100]}") from None
    try:
        # taking a deep value apart needs more frames than making it did
        sys.setrecursionlimit(limit + 5 * DEPTH_MOST)
        border.drawn_out = 0
        return DUMPS(flatten(value, border, 0), 2), True
    except RecursionError:
        raise Unsupported("a value nested too deep, or inside itself") from None
    except (ValueError, TypeError) as e:
        raise Unsupported(f"a value of type {type(value).__name__}: {str(e)[:100]}") from None
    finally:
        sys.setrecursionlimit(limit)


def repeat(items, end):
    yield from items
    if end is not None:
        raise OverflowError("the iterator is longer than the sandbox passes on")


def restore(v, border):
    t = type(v)
    if t in PLAIN:
        return v
    again = lambda items: [restore(i, border) for i in items]
    if t is list:
        return again(v)
    if t is dict:
        return {restore(k, border): restore(x, border) for k, x in v.items()}
    if t is set:
        return set(again(v))
    if t is frozenset:
        return frozenset(again(v))
    if t is not tuple or not v or v[0] is not ...:
        return tuple(again(v))
    tag, rest = v[1], v[2:]
    if tag == "ellipsis":
        return ...
    if tag == "iter" and rest[1] is None:
        return repeat(again(rest[0]), None)
    if tag == "keys":
        return dict.fromkeys(again(rest[0])).keys()
    if tag == "items":
        return dict(again(rest[0])).items()
    if tag == "values":
        return dict(enumerate(again(rest[0]))).values()
    if tag == "range":
        return range(*rest)
    if tag == "slice":
        return slice(*again(rest))
    if tag == "bytearray":
        return bytearray(rest[0])
    if tag == "memoryview":
        return memoryview(rest[0])
    if tag == "array":
        return array.array(*rest)
    if tag == "ndarray":
        return sys.modules["numpy"].array(again(rest[0])) if "numpy" in sys.modules else again(rest[0])
    if tag == "namedtuple":
        return collections.namedtuple(rest[0], rest[1], rename=True)._make(again(rest[2]))
    if tag == "Counter":
        return collections.Counter(restore(rest[0], border))
    if tag == "OrderedDict":
        return collections.OrderedDict(restore(rest[0], border))
    if tag == "defaultdict":
        return collections.defaultdict(getattr(builtins, rest[1]) if rest[1] in FACTORIES.values() else None, restore(rest[0], border))
    if tag == "deque":
        return collections.deque(again(rest[0]), rest[1])
    if tag == "Fraction":
        return fractions.Fraction(*rest)
    if tag == "Decimal":
        return decimal.Decimal(*rest)
    if tag == "datetime" and len(rest) == 8:
        zone = datetime.timezone(datetime.timedelta(seconds=rest[7]))
        return datetime.datetime(*rest[:7], tzinfo=zone)
    if tag in ("date", "datetime", "time", "timedelta"):
        return getattr(datetime, tag)(*rest)
    if tag == "builtin":
        found = getattr(builtins, rest[0])
        if isinstance(found, type):
            return found
        raise Unsupported(tag)
    if tag == "notimplemented":
        return NotImplemented
    if tag == "exception":
        found = getattr(builtins, rest[0], None)
        if isinstance(found, type) and issubclass(found, BaseException):
            return found(*rest[1])
        raise Unsupported(tag)
    if tag == "told" and rest[:2] in TOLD:
        return getattr(__import__(rest[0]), rest[1])(rest[2])
    return border.arrive(tag, rest)


def read_exactly(fd, count):
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            os._exit(0)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd):
    head = read_exactly(fd, 5)
    return head[4:], read_exactly(fd, int.from_bytes(head[:4], "little"))


def frame(kind, payload):
    return len(payload).to_bytes(4, "little") + kind + payload


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
