# What a candidate's process answers: calls, and what the tests want of objects that stay here. Everything in it can be seen and
# changed by the candidate; it only ever answers with data. It knows no test.
import _thread
import io
import operator
import random
import signal
import time

# the heads of tuples
TWO, THREE, FIVE = (DUMPS((None,) * n, 2)[:5] for n in (2, 3, 5))


def line_of(error):
    line, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<candidate>":
            line = at.tb_lineno
        at = at.tb_next
    if line is None and isinstance(error, SyntaxError):
        line = error.lineno
    return line if type(line) is int else None


def describe(error, thrown=()):
    """What is told of an exception: its classes, text, line, and its arguments and attributes where they are plain (or the number
    under which the tests threw it)."""
    try:
        text = str(error)
        text = str.__str__(text)[:500]
    except BaseException:
        text = "?"
    try:
        more = (error.args, dict(vars(error)))
        if not plain(more, 0) or len(DUMPS(more, 2)) > 10_000:
            more = None
    except BaseException:
        more = None
    for known, number in thrown:
        if known is error:
            more = number
    chain = tuple((str(c.__module__), str(c.__name__)) for c in type(error).__mro__ if c is not object)
    return chain, text, line_of(error), more


# calls of one program that may use up their time before it is given up
HANGS_MOST = 3


class Late(BaseException):
    """A call has used the time that each call has."""


def late(number, stack):
    raise Late


class Service(Crossing):
    def __init__(self, fd, sinks):
        self.fd = fd
        self.buffer = []
        self.size = 0
        self.kept, self.numbers = {}, {}
        self.given, self.yours, self.thrown, self.classes = {}, {}, [], {}
        self.turn = _thread.RLock()
        self.loop = None
        self.arguments = ()
        # calls so far, and the objects that crossed in them, each with its place, to tell when one crosses again
        self.count, self.seen, self.crossed = 0, {}, []
        for sink in sinks:
            sink.over = self.flooded
        signal.signal(signal.SIGVTALRM, self.flush)

    def flooded(self):
        write_all(self.fd, frame(b"o", b""))
        os._exit(0)

    def put(self, kind, payload):
        self.buffer.append(frame(kind, payload))
        self.size += len(payload)

    def flush(self, *signal):
        frames, self.buffer, self.size = self.buffer, [], 0
        if frames:
            write_all(self.fd, b"".join(frames))

    def find(self, name):
        space = self.space
        # names that contest programs take for granted do not hide a method
        method = "Solution" in space and hasattr(space["Solution"], name)
        if name in space and not (method and getattr(space[name], "__module__", None) != "candidate"):
            return space[name]
        if "." in name:
            owner, method = name.split(".", 1)
            if owner in space:
                return getattr(space[owner](), method)
            if method in space:
                return space[method]
        if method:
            return getattr(space["Solution"](), name)
        found = getattr(builtins, name, None)
        if found is None:
            raise NameError(f"name {name!r} is not defined")
        return found

    def awaited(self, thing):
        import asyncio

        if self.loop is None:
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        return self.loop.run_until_complete(thing)

    def applied(self, name, value, args):
        """An operator, a builtin function or a special method of an object's class."""
        if name.startswith("__"):
            return getattr(type(value), name)(value, *args)
        if name.startswith("r_"):
            return getattr(operator, name[2:])(args[0], value)
        if name in ("send", "throw"):
            return getattr(value, name)(*args)
        found = getattr(operator, name, None)
        return (found or getattr(builtins, name))(value, *args)

    def carry_out(self, operation, target, name, args, kwargs):
        if operation == 0:
            return self.find(name)(*args, **kwargs)
        if operation == 1:
            return self.kept[target](*args, **kwargs)
        if operation == 2:
            return getattr(self.kept[target], name)
        if operation == 3:
            return self.find(name)
        if operation == 4:
            return self.applied(name, self.kept[target], args)
        if operation == 5:
            return setattr(self.kept[target], name, args[0])
        if operation == 6:
            return self.awaited(self.kept[target])
        if operation == 7:
            return self.awaited(self.kept[target].__anext__())
        if operation == 8:
            return self.state(self.kept[target])
        if operation == 9:
            return isinstance(args[0], self.find(name))
        if operation == 10:
            return issubclass(args[0], self.find(name))
        if operation == 11:
            return bare(self.kept[target])
        raise Unsupported(f"operation {operation}")

    def state(self, value):
        """What an object is made of, where that can be seen."""
        if isinstance(value, enum.Enum):
            return {"name": value.name}
        found = dict(getattr(value, "__dict__", None) or {})
        for kind in type(value).__mro__:
            slots = kind.__dict__.get("__slots__", ())
            for slot in (slots,) if type(slots) is str else slots:
                if slot not in ("__dict__", "__weakref__") and hasattr(value, slot):
                    found[slot] = getattr(value, slot)
        return found

    def answer(self, operation, target, name, data, escaped, changes):
        number, self.count = self.count, self.count + 1
        try:
            args, kwargs = LOADS(data)
            if escaped:
                args, kwargs = restore(args, self), restore(kwargs, self)
            before = containers((args, kwargs)) if changes else ()
            value = self.carry_out(operation, target, name, args, kwargs)
            result, special = self.own(value, args, before, number) if changes else encode(value, self)
        except Unsupported as e:
            return self.put(b"u", DUMPS(str(e), 2)) or False
        except BaseException as e:
            return self.put(b"x", DUMPS(describe(e, self.thrown), 2)) or False
        if before:
            after, odd, order = self.changed(args, kwargs, data, before)
            if after is not None:
                special = special or odd
                return self.put(b"E" if special else b"V", THREE + result + after + order) or True
        self.put(b"e" if special else b"v", result)
        return True

    def changed(self, args, kwargs, data, before):
        """The arguments as they are now, and which object of theirs each of them was; None where nothing changed."""
        ahead, self.ahead = self.ahead, 0
        try:
            after, odd = encode((args, kwargs), self)
            if after == data:
                return None, False, None
            places = {id(thing): place for place, thing in enumerate(before)}
            return after, odd, DUMPS([places.get(id(thing), -1) for thing in containers((args, kwargs))], 2)
        except BaseException:
            return None, False, None
        finally:
            self.ahead = ahead

    def own(self, value, args, before, number):
        """A result; one of the arguments, where it is the same object. What in it can be changed and is in it twice, or has crossed
        before, is told: a change by the tests is seen in all these places."""
        if before:
            self.remember(before, number, 0)
        if type(value) in MUTABLE:
            for place, argument in enumerate(args):
                if argument is value:
                    return DUMPS((..., "argument", place), 2), True
        data, special = encode(value, self)
        found = containers(value)
        ties = self.remember(found, number, 1)
        if ties:
            return FIVE + DUMPS(..., 2) + DUMPS("tied", 2) + data + DUMPS(len(found), 2) + DUMPS(ties, 2), True
        return data, special

    def remember(self, things, number, side):
        """Which of these objects have crossed already, and where: (place here, call, side, place there, how many there)."""
        ties, seen, count = [], self.seen, len(things)
        if len(seen) < 100_000:
            # or another object might come to lie at the same address
            self.crossed.append(things)
            for place, thing in enumerate(things):
                known = seen.setdefault(id(thing), (number, side, place, count))
                if known != (number, side, place, count):
                    ties.append((place, *known))
        return ties

    def order(self, payload):
        operation, target, name, data, escaped, around = LOADS(payload)
        if around is None:
            self.answer(operation, target, name, data, escaped, True)
        else:
            with Around(self, *around):
                self.answer(operation, target, name, data, escaped, True)
        self.flush()

    def run(self):
        self.work(read_frame(self.fd)[1])
        while True:
            kind, payload = read_frame(self.fd)
            if kind == b"M":
                self.call_all(LOADS(payload))
                self.flush()
            elif kind == b"C":
                self.order(payload)

    def work(self, payload):
        program, calls, changes, persist, output = LOADS(payload)
        self.handles = changes
        self.ahead = 100 if changes else ITEMS_MOST
        for sink in (sys.stdout.buffer.raw, sys.stderr.buffer.raw):
            sink.left = output
        module = types.ModuleType("candidate")
        sys.modules["candidate"] = module
        self.space = space = module.__dict__
        space["__builtins__"] = builtins
        if persist:
            signal.signal(signal.SIGPROF, late)
            signal.setitimer(signal.ITIMER_PROF, persist[0] * 3 / 1000, persist[0] / 1000)
        try:
            exec(compile(program, "<candidate>", "exec", dont_inherit=True), space)
        except BaseException as e:
            self.put(b"l", DUMPS(describe(e), 2))
            self.flush()
            os._exit(0)
        if persist:
            self.each_call(calls, *persist)
        else:
            self.changes, self.persist, self.done, self.due = changes, persist, 0, 1
            if changes and calls:
                # what a slow program has answered by then may be enough
                signal.setitimer(signal.ITIMER_VIRTUAL, 0.01)
            self.call_all(calls)
        self.put(b"d", b"")
        self.flush()

    def each_call(self, calls, milliseconds, careful):
        """Makes all calls, whatever becomes of each, in processor time of its own: a busy machine takes none of it.

        The clock rings again and again, for programs that catch everything. One that hangs too often is given up.
        """
        slice, hung, used = milliseconds / 1e3, 0, time.process_time
        timer, own, clock = signal.setitimer, signal.ITIMER_PROF, time.monotonic
        sent = clock()
        for name, data, escaped in calls:
            frames, start = len(self.buffer), used()
            try:
                timer(own, slice, slice)
                self.answer(0, 0, name, data, escaped, False)
                timer(own, 0)
            except Late:
                timer(own, 0)
                if len(self.buffer) == frames:
                    self.put(b"x", b"")
            if used() - start > 0.8 * slice:
                hung += 1
                # where one call hung, others will: they are not waited for as long
                slice = milliseconds / 4e3
                if hung == HANGS_MOST:
                    break
            now = clock()
            if careful or self.size > 65536 or now - sent > 0.005:
                self.flush()
                sent = now

    def call_all(self, calls):
        clock, changes, number = time.monotonic, self.changes, self.done
        sent = clock()
        for name, data, escaped in calls:
            number += 1
            if not self.answer(0, 0, name, data, escaped, changes) and not self.persist:
                break
            now = clock()
            if number == self.due and not changes or self.size > 65536 or now - sent > 0.005:
                self.due = number * 4
                self.flush()
                sent = now
        self.done = number
