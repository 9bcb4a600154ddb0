# How the trusted driver reaches a candidate: stand-ins for its functions and objects, and what the tests hand to it. What comes
# back from a candidate is data whose every byte has been checked on its way; no code of a candidate ever runs here, and nothing
# here loads bytes that came inside of a value.

REAL = (sys.stdout, sys.stdin, builtins.input)
real_seed = random.seed


def seed(*args, **kwargs):
    state.seeded = True
    return real_seed(*args, **kwargs)


random.seed = seed


def surroundings():
    """What the tests have put in place of standard streams, `input` and the random numbers; None where nothing."""
    prints = asks = text = numbers = None
    if sys.stdout is not REAL[0]:
        prints = hold(sys.stdout.write, "callback")
    if sys.stdin is not REAL[1] and hasattr(sys.stdin, "read"):
        text = sys.stdin.read()
    if builtins.input is not REAL[2]:
        asks = hold(builtins.input, "callback")
    if state.seeded and random.getstate() != state.synced:
        numbers = state.synced = random.getstate()
    if prints is asks is text is numbers is None and not state.lazy:
        return None
    return state.lazy, prints, text, asks, numbers


def send(operation, target, name, args, kwargs, simple):
    with TURN:
        state.depth += 1
        try:
            value = exchange(operation, target, name, args, kwargs, simple)
            if state.depth == 1 or not state.serving:
                filled()
            return value
        finally:
            state.depth -= 1


def exchange(operation, target, name, args, kwargs, simple):
    state.exported = False
    try:
        data, escaped = encode((args, kwargs), border)
    except Unsupported as e:
        raise cannot(str(e)) from None
    around = surroundings()
    call = len(state.crossed)
    state.crossed.append([containers((args, kwargs)), ()])
    mark(state.crossed[call][0])
    kind = None
    if simple and not state.exported and around is None:
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
        kind, payload = asked((operation, target, name, data, escaped, around))
    if kind == b"x":
        state.last = (name, args, kwargs, "raised")
        raise_candidate(LOADS(payload), operation in (4, 7))
    if kind == b"u":
        state.last = (name, args, kwargs, "raised")
        raise ended(f"{call_text()} returned {LOADS(payload)}")
    return received(kind, payload, name, args, kwargs, call)


def asked(order):
    """Asks the program, and does what it asks for meanwhile."""
    write_all(IN, frame(b"C", DUMPS(order, 2)))
    while True:
        kind, payload = read_frame(IN)
        if kind != b"k":
            return kind, payload
        state.serving += 1
        try:
            reply = served(*LOADS(payload))
        finally:
            state.serving -= 1
        write_all(IN, reply)


def received(kind, payload, name, args, kwargs, call):
    value = LOADS(payload)
    if kind in b"VE":
        value, changed, order = value
        write_back((args, kwargs), restore(changed, border) if kind == b"E" else changed, order)
        mark(state.crossed[call][0])
    if kind in b"eE":
        state.arguments, state.call = args, call
        value = restore(value, border)
    state.crossed[call][1] = state.crossed[call][1] or containers(value)
    mark(state.crossed[call][1])
    state.last = (name, args, kwargs, value)
    if state.live and len(state.results) < 100_000:
        state.results.update((id(v), v) for v in parts(value))
    return value


def served(number, operation, name, escaped, values):
    """What the program wants of something that the tests handed to it; as a frame."""
    try:
        args, kwargs = restore(values, border) if escaped else values
        thing, kind = state.held[number]
        data, special = encode(performed(thing, kind, operation, name, args, kwargs), border)
        return frame(b"e" if special else b"v", data)
    except (Diverged, Ended, CannotCross):
        raise
    except BaseException as e:
        if isinstance(e, AssertionError):
            # the program may catch it; the test has failed for all that, unless the reference solution does the same
            state.broken, state.swallowed = e, True
        state.thrown.append(e)
        chain = tuple((c.__module__, c.__name__) for c in type(e).__mro__)
        args = e.args if plain(e.args, 0) else ()
        return frame(b"x", DUMPS((chain, str(e)[:500], len(state.thrown) - 1, args), 2))


def is_mock(thing):
    mocks = sys.modules.get("unittest.mock")
    return mocks is not None and isinstance(thing, mocks.NonCallableMock)


def performed(thing, kind, operation, name, args, kwargs):
    if operation == 0 and kind == "callback":
        return thing(*args, **kwargs)
    if operation == 4 and kind == "iterator":
        for item in thing:
            return [item]
        return []
    if kind != "outside":
        raise AttributeError(name)
    if operation == 3 and name in SPECIALS:
        value = getattr(type(thing), name)(thing, *args, **kwargs)
        if value is NotImplemented:
            if name in ("__eq__", "__ne__"):
                return name == "__ne__"
            raise TypeError(f"unsupported operand for {name}")
        return value
    if name.startswith("__"):
        raise AttributeError(name)
    if operation == 1:
        if is_mock(thing) and name in ("configure_mock", "mock_add_spec", "attach_mock", "reset_mock"):
            raise AttributeError(name)
        return getattr(thing, name)
    # a method or a mock that a program could replace would no longer say what the tests mean
    if callable(getattr(type(thing), name, None)) or is_mock(thing):
        raise AttributeError(f"{name} cannot be replaced")
    return setattr(thing, name, *args)


class Remote:
    """An object that stays with the candidate."""

    def __init__(self, number):
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_name", type(self).__name__)

    def __getattr__(self, name):
        if name.startswith("__") and name not in ("__name__", "__qualname__", "__wrapped__"):
            raise AttributeError(name)
        return named(send(2, self._number, name, (), {}, False), f"{self._name}.{name}")

    def __setattr__(self, name, value):
        send(5, self._number, name, (value,), {}, False)

    def __repr__(self):
        if state.showing:
            return f"<an object of type {type(self).__name__} of the program>"
        return send(4, self._number, "repr", (), {}, False)


class Called(Remote):
    """One that can be called."""

    def __call__(self, *args, **kwargs):
        state.objects = True
        if state.mode & KNOWN and not state.mode & FREE:
            # what its methods say of a value of the tests would be believed
            raise ended(f"{self._name} is a method of an object, where the reference solution returns plain data")
        if not state.mode & (KNOWN | FREE):
            state.weak = True
        return send(1, self._number, self._name, args, kwargs, False)


def remote(number, kind, can_be_called=False):
    if number not in state.remotes:
        name = kind if type(kind) is str and kind.isidentifier() else "object"
        key = (name, can_be_called)
        if key not in state.kinds:
            state.kinds[key] = type(name, (Called if can_be_called else Remote,), {"__module__": "candidate"})
        state.remotes[number] = state.kinds[key](number)
    return state.remotes[number]


def named(value, name):
    """The name under which a method is told of."""
    if isinstance(value, Remote):
        object.__setattr__(value, "_name", name)
    return value


def special(method, name):
    def asked_for(self, *args):
        result = send(4, object.__getattribute__(self, "_number"), name, args, {}, False)
        return iter(result) if method == "__iter__" and not isinstance(result, Remote) else result

    setattr(Remote, method, asked_for)


def by_value(thing, kind):
    with TURN:
        found = rebuilt(object.__getattribute__(thing, "_number"), kind)
        filled()
    return found


def between(method, name):
    def asked_for(self, other):
        kind = state.shared.get(type(self).__name__)
        mine = self if kind is None else by_value(self, kind)
        if mine is not self:
            # of a class that the prompt defines: compared here, by that class
            sides = (mine, other)
            return getattr(operator, name.removeprefix("r_"))(*(reversed(sides) if name.startswith("r_") else sides))
        # the program's own operators are asked only between two of its own objects: a plain value of the tests is at their mercy
        # only where the reference solution needs it
        if not isinstance(other, Remote) and not state.mode & MIXED:
            state.refused = True
            return NotImplemented
        state.weak = True
        return send(4, object.__getattribute__(self, "_number"), name, (other,), {}, False)

    setattr(Remote, method, asked_for)


for _name in "len iter next getitem setitem delitem str hash int float complex index round format reversed abs neg pos invert".split():
    special(f"__{_name}__", _name)
for _name in "enter aenter aiter anext await".split():
    special(f"__{_name}__", f"__{_name}__")


def left(self, kind, error, trace):
    """The end of a `with`: an exception is swallowed only where the reference solution swallows one, a failed assertion never."""
    swallowed = send(4, object.__getattribute__(self, "_number"), "__exit__", (kind, error, None), {}, False)
    return swallowing(swallowed, error)


async def left_later(self, kind, error, trace):
    later = send(4, object.__getattribute__(self, "_number"), "__aexit__", (kind, error, None), {}, False)
    return swallowing(await later, error)


def swallowing(swallowed, error):
    if error is None or not swallowed or isinstance(error, (AssertionError, Ended, Diverged, CannotCross)):
        return False
    state.swallowed = True
    return not state.mode & KNOWN or bool(state.mode & SWALLOWS)


Remote.__exit__, Remote.__aexit__ = left, left_later
special("__bool__", "truth")
for _name in "eq ne lt le gt ge add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split():
    between(f"__{_name}__", f"{_name}_" if _name in ("and", "or") else _name)
for _name in "add sub mul truediv floordiv mod pow matmul and or xor".split():
    between(f"__r{_name}__", f"r_{_name}_" if _name in ("and", "or") else f"r_{_name}")


class StandIn:
    """A function or class of the candidate, by name."""

    def __init__(self, name):
        self.__dict__.update(__name__=name, __qualname__=name, __module__="candidate")

    def __call__(self, *args, **kwargs):
        return send(0, 0, self.__name__, args, kwargs, True)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(send(3, 0, self.__name__, (), {}, False), name)

    def __setattr__(self, name, value):
        setattr(send(3, 0, self.__name__, (), {}, False), name, value)

    def __instancecheck__(self, value):
        return isinstance(value, (Remote, Here)) and send(9, 0, self.__name__, (value,), {}, False)

    def __subclasscheck__(self, kind):
        return type(kind) is StandIn and (kind is self or send(10, 0, self.__name__, (kind,), {}, False))

    def __repr__(self):
        return f"<function {self.__name__} of the program>"
