# The runtime of candidate programs: a server that forks one child per sample, or (without the filter) one child alone.
# Everything here can be seen and changed by the candidate; it only ever answers calls with data. It knows no test.
import _sitebuiltins
import _socket
import gc
import io
import random


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
    for changes in (True, False) * 6:
        for some in (calls, failing):
            Service(1, []).work(DUMPS((PROGRAM, some, changes, False, 1 << 20), 2))
    del sys.modules["candidate"]


def serve(control, config, sinks):
    install = installer(config["filter"])
    import resource

    warm()

    fork = quick_fork() if config["plain"] else seeded_fork
    pidfd_open, waitpid, alive = os.pidfd_open, os.waitpid, 0
    # what is done here holds for each child: its limit begins anew, and it draws the same numbers each time
    resource.setrlimit(resource.RLIMIT_CPU, (config["cpu"], config["cpu"] + 1))
    random.seed(0)
    service = Service(-1, sinks)
    gc.collect()
    gc.freeze()
    control.send(DUMPS((sys.version, config["failed"]), 2))
    # how children ended that nobody has asked for: most are never asked for
    ends = {}
    while True:
        data, extra, _, _ = control.recvmsg(64, 64)
        if not data:
            os._exit(0)
        if not extra:
            # a child that was killed: how it ended
            pid = int.from_bytes(data, "little")
            if pid not in ends:
                ends[pid] = waitpid(pid, 0)[1]
                alive -= 1
            control.send(DUMPS(ends.pop(pid), 2))
            continue
        while alive:
            pid, status = waitpid(-1, os.WNOHANG)
            if not pid:
                break
            ends[pid] = status
            alive -= 1
        alive += 1
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
