# How what is no plain data crosses between the tests and a candidate, seen from the tests.

# special methods that a stand-in for an object of the tests has where that object has them
SPECIALS = tuple(
    f"__{name}__"
    for name in (
        "call len iter next getitem setitem delitem contains eq ne lt le gt ge add sub mul truediv floordiv mod pow neg abs "
        "radd rsub rmul and or xor str repr bool hash enter exit int float index reversed"
    ).split()
)
PASSED_ON = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType)
KEPT_BACK = (types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, type(_thread.allocate_lock()), io.FileIO)
STANDARD = frozenset(getattr(sys, "stdlib_module_names", ())) - {"__main__"}


def hold(thing, kind):
    state.exported = True
    key = (id(thing), kind)
    if key not in state.numbers:
        state.numbers[key] = len(state.held)
        state.held.append((thing, kind))
    return state.numbers[key]


def importable(value):
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if type(module) is not str or type(name) is not str or module.split(".")[0] not in STANDARD:
        return None
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return (module, name) if found is value else None


def parameters(function):
    """The names of a function's parameters, where it has no others than plain ones."""
    code = getattr(function, "__code__", None)
    if type(function) is not types.FunctionType or function.__defaults__ or code.co_kwonlyargcount or code.co_flags & 12:
        return None
    names = code.co_varnames[: code.co_argcount]
    return names if all(n.isidentifier() for n in names) else None


class Customs(Border):
    ahead = 1000

    def other(self, value):
        if isinstance(value, Remote):
            state.exported = True
            return (..., "ref", object.__getattribute__(value, "_number"))
        if type(value) is StandIn:
            return (..., "named", value.__name__)
        if type(value) is types.BuiltinFunctionType and getattr(builtins, value.__name__, None) is value:
            return (..., "function", value.__name__)
        if isinstance(value, BaseException):
            state.thrown.append(value)
            args = value.args if plain(value.args, 0) else ()
            chain = tuple((c.__module__, c.__name__) for c in type(value).__mro__)
            return (..., "thrown", chain, str(value)[:500], len(state.thrown) - 1, args)
        path = importable(value)
        if path:
            return (..., "import", *path)
        if isinstance(value, KEPT_BACK):
            raise cannot(f"an argument of type {type(value).__name__}")
        if isinstance(value, PASSED_ON) or isinstance(value, type):
            return (..., "callback", hold(value, "callback"), str(getattr(value, "__name__", "function")), parameters(value))
        kind = type(value)
        specials = tuple(s for s in SPECIALS if getattr(kind, s, None) is not None and getattr(object, s, None) is not getattr(kind, s))
        return (..., "outside", hold(value, "outside"), kind.__name__, specials)

    def derived(self, value, depth):
        if not isinstance(value, (Remote, Here)):
            return None
        state.exported = True
        return (..., "ref", object.__getattribute__(value, "_number"))

    def rest(self, iterator, error):
        return hold(failing(error) if error else iterator, "iterator")

    def arrive(self, tag, rest):
        if tag == "ref":
            number, kind, can_be_called, is_class = rest
            shared = None if is_class or state.serving else state.shared.get(kind)
            return rebuilt(number, shared) if shared else remote(number, kind, can_be_called is True)
        if tag == "made":
            number, kind, base = rest
            return derived(number, kind, restore(base, self))
        if tag == "yours":
            return state.held[rest[0]][0]
        if tag == "argument":
            return state.arguments[rest[0]]
        if tag == "tied":
            call = state.call
            return tied(restore(rest[0], self), rest[1], rest[2], call)
        if tag == "iter":
            return drawn(restore(rest[0], self), *rest[1])
        if tag == "coroutine":
            return awaited(rest[0])
        if tag == "stream":
            return streamed(rest[0])
        raise Unsupported(tag)


border = Customs()


def failing(error):
    raise error
    yield


def drawn(items, end, what):
    """A generator of the program: what came of it already, then one by one."""
    yield from items
    if end == "raised":
        raise_candidate(what)
    step = ("next", ())
    while True:
        try:
            value = send(4, what, *step, {}, False)
        except StopIteration as e:
            return e.value
        try:
            value = yield value
            step = ("next", ()) if value is None else ("send", (value,))
        except Exception as e:
            step = ("throw", (type(e)(*e.args),) if e.args else (type(e),))


async def awaited(number):
    return send(6, number, "", (), {}, False)


async def streamed(number):
    while True:
        try:
            value = send(7, number, "", (), {}, False)
        except StopAsyncIteration:
            return
        yield value


def rebuilt(number, kind):
    """An object of a class that the prompt defines: made anew here, of what it consists of there."""
    if number not in state.rebuilt:
        if issubclass(kind, enum.Enum):
            return kind[exchange(8, number, "", (), {}, False)["name"]]
        try:
            state.rebuilt[number] = kind.__new__(kind)
        except TypeError:
            return remote(number, kind.__name__)
        state.pending.append(number)
    return state.rebuilt[number]


def filled():
    """Fills the objects that have been made anew, and those that turn up in them."""
    while state.pending:
        number = state.pending.pop()
        thing = state.rebuilt[number]
        for name, value in exchange(8, number, "", (), {}, False).items():
            # fields only: the methods are the prompt's
            if not name.startswith("__") and not callable(getattr(type(thing), name, None)):
                object.__setattr__(thing, name, value)
    state.rebuilt = {}


def tied(value, count, ties, call):
    """A result with the objects that the tests know already, or that are in it twice, in their places."""
    found = containers(value)
    if len(found) != count:
        return value
    state.crossed[call][1] = found
    now = {}
    for place, other_call, side, other, others in ties:
        known = state.crossed[other_call][side]
        if len(known) == others and type(known[other]) is type(found[place]):
            now[id(found[place])] = known[other]
    for thing in found:
        old = now.get(id(thing), thing)
        then = state.marks.get(id(old))
        # what only the tests have changed since stays as it is here
        changed = old is not thing and then is not None and not identical(contents(old), then)
        if changed and alike(contents(thing), then):
            continue
        state.weak = state.weak or changed
        fill(old, thing, now)
        mark((old,))
    return placed(value, now)


def mark(things):
    """Notes what is in these objects now."""
    for thing in things:
        state.marks[id(thing)] = contents(thing)


def contents(thing):
    if type(thing) is set:
        return sorted(thing, key=hash)
    return [part for pair in thing.items() for part in pair] if isinstance(thing, dict) else list(thing)


def identical(some, others):
    return len(some) == len(others) and all(map(operator.is_, some, others))


def alike(some, others):
    """Whether they are the same as far as plain values go; what else is in them is looked at by itself."""
    same = lambda a, b: type(a) is type(b) and (type(a) not in PLAIN or a == b)
    return len(some) == len(others) and all(map(same, some, others))


def write_back(old, new, order):
    """Gives the arguments of a call the contents that they have now, each object its own: `order` tells which of the old ones
    each of the new ones is."""
    olds, news = containers(old), containers(new)
    if len(order) != len(news) or any(place >= len(olds) for place in order):
        return
    now = {id(thing): olds[place] if place >= 0 else thing for thing, place in zip(news, order)}
    for thing in news:
        fill(now[id(thing)], thing, now)


def fill(old, new, now):
    if type(old) is not type(new):
        return
    if type(old) in (set, bytearray):
        contents = type(new)(new)
        old.clear()
        old.update(contents) if type(old) is set else old.extend(contents)
    elif isinstance(old, dict):
        contents = [(k, placed(v, now)) for k, v in new.items()]
        old.clear()
        old.update(dict(contents))
    else:
        contents = [placed(v, now) for v in new]
        old.clear()
        old.extend(contents)


def placed(value, now):
    """A value, with the old objects in the place of the new ones."""
    if type(value) is tuple:
        return tuple(placed(v, now) for v in value)
    return now.get(id(value), value)
