"""The published way to run generated tests: a process for each pair of program and test. Prints pairs a second on two cores.

Programs are the solutions of HUMANEVAL.jsonl, which are trusted: there is no sandbox here.
"""
import json
import multiprocessing
import os
import signal
import sys
import time


def pair(source):
    pid = os.fork()
    if pid == 0:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        signal.signal(signal.SIGALRM, lambda *_: os._exit(2))
        try:
            exec(compile(source, "<pair>", "exec"), {})
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def main():
    sources = []
    for line in open(sys.argv[1]):
        problem = json.loads(line)
        program = problem["prompt"] + problem["canonical_solution"]
        sources += [program + f"\nassert callable({problem['entry_point']}), {n}\n" for n in range(20)]
    with multiprocessing.Pool(2) as pool:
        pool.map(pair, sources[:100])
        start = time.perf_counter()
        pool.map(pair, sources, chunksize=20)
        print(len(sources) / (time.perf_counter() - start))


main()
