# The runtime of candidate programs: a server that forks one child per sample, or (without the filter) one child alone.
# Everything here can be seen and changed by the candidate; it only ever answers calls with data. It knows no test.
import _sitebuiltins
import _socket
import gc
import io
import random
import signal
import time


# the head of a tuple of two
PAIR = DUMPS((None, None), 2)[:5]


class Sink(io.RawIOBase):
    """Counts what is printed and throws it away."""

    def __init__(self, number):
        self.number = number
        self.left = 1 << 62
        self.over = None

    def writable(self):
        return True

    def fileno(self):
        return self.number

    def write(self, data):
        count = len(data)
        self.left -= count
        if self.left < 0 and self.over:
            self.over()
        return count


def stream(sink):
    buffered = io.BufferedWriter(sink, 8192)
    return io.TextIOWrapper(buffered, encoding="utf-8", errors="backslashreplace", line_buffering=False)


def installer(program):
    """A function that puts the second filter on this process, made before the fork so that it costs little after it."""
    import ctypes

    class Program(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    code = ctypes.create_string_buffer(program, len(program))
    holder = Program(len(program) // 8, ctypes.addressof(code))
    prctl = ctypes.PyDLL(None).prctl
    arguments = (ctypes.c_int(22), ctypes.c_ulong(2), ctypes.byref(holder), ctypes.c_ulong(0), ctypes.c_ulong(0))

    def install():
        if prctl(*arguments) != 0:
            os._exit(99)
        return code

    return install


def quick_fork():
    """The system's own fork. Python's runs hooks of its modules in each child (locks, a second seed for random numbers), which costs
    more than half of the fork; a server with one thread needs none of them."""
    import ctypes

    fork = ctypes.PyDLL(None).fork
    fork.argtypes = ()
    return fork


def seeded_fork():
    pid = os.fork()
    if pid == 0:
        # Python's hook has drawn a new seed
        random.seed(0)
    return pid


def line_of(error):
    line, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == "<candidate>":
            line = at.tb_lineno
        at = at.tb_next
    if line is None and isinstance(error, SyntaxError):
        line = error.lineno
    return line if type(line) is int else None


def describe(error):
    try:
        text = str(error)
        text = str.__str__(text)[:500]
    except BaseException:
        text = "?"
    try:
        args = error.args
        if not plain(args, 0) or len(DUMPS(args, 2)) > 10_000:
            args = None
    except BaseException:
        args = None
    chain = tuple((str(c.__module__), str(c.__name__)) for c in type(error).__mro__ if c is not object)
    return DUMPS((chain, text, line_of(error), args), 2)


# calls of one program that may use up their time before it is given up
HANGS_MOST = 3


class Late(BaseException):
    """A call has used the time that each call has."""


def late(number, stack):
    raise Late


class Service:
    def __init__(self, fd, sinks):
        self.fd = fd
        self.buffer = []
        self.size = 0
        self.kept = {}
        for sink in sinks:
            sink.over = self.flooded

    def flooded(self):
        write_all(self.fd, frame(b"o", b""))
        os._exit(0)

    def put(self, kind, payload):
        self.buffer.append(frame(kind, payload))
        self.size += len(payload)

    def flush(self):
        data, self.buffer, self.size = b"".join(self.buffer), [], 0
        write_all(self.fd, data)

    def keep(self, value):
        if not self.handles:
            return (..., "opaque", str(type(value).__name__))
        number = len(self.kept)
        self.kept[number] = value
        if number > 10_000:
            raise Unsupported("too many objects")
        return (..., "ref", number, str(type(value).__name__), callable(value), isinstance(value, type))

    def give(self, tag, rest):
        if tag == "ref":
            return self.kept[rest[0]]
        if tag == "function":
            return getattr(builtins, rest[0])
        raise Unsupported(tag)

    def find(self, name):
        space = self.space
        if name in space:
            return space[name]
        if "." in name:
            owner, method = name.split(".", 1)
            if owner in space:
                return getattr(space[owner](), method)
            if method in space:
                return space[method]
        if "Solution" in space and hasattr(space["Solution"], name):
            return getattr(space["Solution"](), name)
        found = getattr(builtins, name, None)
        if found is None:
            raise NameError(f"name {name!r} is not defined")
        return found

    def answer(self, operation, target, name, data, escaped, changes):
        args, kwargs = LOADS(data)
        if escaped:
            args, kwargs = restore(args, self.give), restore(kwargs, self.give)
        try:
            if operation == 0:
                value = self.find(name)(*args, **kwargs)
            elif operation == 1:
                value = self.kept[target](*args, **kwargs)
            elif operation == 2:
                value = getattr(self.kept[target], name)
            elif operation == 3:
                value = self.find(name)
            elif operation == 4:
                value = getattr(type(self.kept[target]), name)(self.kept[target], *args)
            else:
                value = setattr(self.kept[target], name, args[0])
            result, special = encode(value, self.keep)
        except Unsupported as e:
            return self.put(b"u", DUMPS(str(e), 2)) or False
        except BaseException as e:
            return self.put(b"x", describe(e)) or False
        if changes and (args or kwargs):
            try:
                after, odd = encode((args, kwargs), self.keep)
            except BaseException:
                after, odd = data, False
            if after != data:
                special = special or odd
                return self.put(b"E" if special else b"V", PAIR + result + after) or True
        self.put(b"e" if special else b"v", result)
        return True

    def run(self):
        self.work(read_frame(self.fd)[1])
        while True:
            kind, payload = read_frame(self.fd)
            if kind == b"M":
                self.call_all(LOADS(payload))
                self.flush()
                continue
            operation, target, name, data, escaped = LOADS(payload)
            self.answer(operation, target, name, data, escaped, True)
            self.flush()

    def work(self, payload):
        program, calls, changes, persist, output = LOADS(payload)
        self.handles = changes
        for sink in (sys.stdout.buffer.raw, sys.stderr.buffer.raw):
            sink.left = output
        module = types.ModuleType("candidate")
        sys.modules["candidate"] = module
        self.space = space = module.__dict__
        space["__builtins__"] = builtins
        if persist:
            signal.signal(signal.SIGPROF, late)
            signal.setitimer(signal.ITIMER_PROF, persist[0] / 100, persist[0] / 1000)
        try:
            exec(compile(program, "<candidate>", "exec", dont_inherit=True), space)
        except BaseException as e:
            self.put(b"l", describe(e))
            self.flush()
            os._exit(0)
        if persist:
            self.each_call(calls, *persist)
        else:
            self.changes, self.persist, self.done, self.due = changes, persist, 0, 1
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
            hung += used() - start > 0.8 * slice
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


PROGRAM = """
from typing import List, Optional
import math
def one(numbers: List[int], key: Optional[str] = None) -> list:
    \"\"\"A program like many others.\"\"\"
    found = {}
    for i, x in enumerate(sorted(numbers, key=lambda n: -n)):
        if x % 2 == 0 and x not in found:
            found[x] = [str(x), float(x) * 0.5, (i, math.sqrt(x))]
    return [v for k, v in found.items()][::-1] + "a b".split()
def two(text):
    return "".join(c.upper() if c.islower() else c for c in text).strip()
"""


def warm():
    """Runs the ways that each child takes, so that what they change in memory is changed before the fork."""
    calls = [("one", DUMPS((([4, 2, 9, 2],), {}), 2), False), ("two", DUMPS((("some text",), {}), 2), False)]
    failing = [("two", DUMPS(((1,), {}), 2), False)]
    for changes in (True, False) * 10:
        for some in (calls, failing):
            Service(1, []).work(DUMPS((PROGRAM, some, changes, False, 1 << 20), 2))
    del sys.modules["candidate"]


def serve(control, config, sinks):
    install = installer(config["filter"])
    import resource

    warm()

    fork = quick_fork() if config["plain"] else seeded_fork
    pidfd_open, wait4 = os.pidfd_open, os.wait4
    # what is done here holds for each child: its limit begins anew, and it draws the same numbers each time
    resource.setrlimit(resource.RLIMIT_CPU, (config["cpu"], config["cpu"] + 1))
    random.seed(0)
    service = Service(-1, sinks)
    gc.collect()
    gc.freeze()
    control.send(DUMPS((sys.version, config["failed"]), 2))
    while True:
        data, extra, _, _ = control.recvmsg(64, 64)
        if not data:
            os._exit(0)
        if not extra:
            # a child that was killed: how it ended
            _, status, usage = wait4(int.from_bytes(data, "little"), 0)
            control.send(DUMPS((status, int((usage.ru_utime + usage.ru_stime) * 1e6), usage.ru_maxrss), 2))
            continue
        fd = int.from_bytes(extra[0][2][:4], "little")
        pid = fork()
        if pid < 0:
            os._exit(97)
        if pid == 0:
            try:
                control.close()
                install()
                service.fd = fd
                service.run()
            finally:
                os._exit(98)
        handle = pidfd_open(pid)
        control.sendmsg([pid.to_bytes(4, "little")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handle.to_bytes(4, "little"))])
        os.close(handle)
        os.close(fd)


def main():
    control = _socket.socket(fileno=3)
    config = LOADS(control.recv(1 << 20))
    sys.path[:] = config["path"]
    sys.argv = ["candidate"]
    sys.dont_write_bytecode = True
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D")
    config["failed"] = []
    for name in config["preload"]:
        try:
            __import__(name)
        except BaseException as e:
            config["failed"].append(f"{name}: {e}")
    sinks = [Sink(1), Sink(2)]
    sys.stdout, sys.stderr = map(stream, sinks)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    if config["forks"]:
        serve(control, config, sinks)
    random.seed(0)
    control.send(DUMPS((sys.version, config["failed"]), 2))
    data, extra, _, _ = control.recvmsg(64, 64)
    if data:
        fd = int.from_bytes(extra[0][2][:4], "little")
        control.close()
        Service(fd, sinks).run()


main()
