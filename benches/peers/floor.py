"""The bare floor: PROBLEMS SAMPLES WORKERS. A warmed Python that forks, executes program and tests in the child and waits.

No isolation at all: nothing that judges by forking a Python can do less. Prints seconds, CPU seconds and passes as JSON."""
import json
import os
import resource
import signal
import sys
import time

for module in """typing math cmath collections itertools functools re string random heapq bisect copy datetime json operator
        statistics fractions decimal hashlib enum dataclasses abc queue""".split():
    __import__(module)


def cpu():
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def child(program):
    signal.setitimer(signal.ITIMER_REAL, 3.0)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    try:
        exec(program, {})
    except BaseException:
        os._exit(1)
    os._exit(0)


def main():
    problems = {p["task_id"]: p for p in map(json.loads, open(sys.argv[1]))}
    programs = []
    for sample in map(json.loads, open(sys.argv[2])):
        p = problems[sample["task_id"]]
        programs.append(f"{p['prompt']}{sample['completion']}\n{p['test']}\ncheck({p['entry_point']})")
    workers = int(sys.argv[3])
    begin, before, passed, running = time.monotonic(), cpu(), 0, 0
    for program in programs:
        if running == workers:
            passed += os.wait()[1] == 0
            running -= 1
        if os.fork() == 0:
            child(program)
        running += 1
    for _ in range(running):
        passed += os.wait()[1] == 0
    print(json.dumps({"seconds": time.monotonic() - begin, "cpu": cpu() - before, "passed": passed}))


main()
