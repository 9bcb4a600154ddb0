"""Inspect AI, which stores its log at the end: BASE_URL COUNT CONNECTIONS PROMPTS."""
import json
import os
import sys
import tempfile

base, count, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.environ["BENCH_BASE_URL"], os.environ["BENCH_API_KEY"] = base, "none"

from inspect_ai import Task, eval  # noqa: E402
from inspect_ai.dataset import Sample  # noqa: E402
from inspect_ai.solver import generate  # noqa: E402

prompts = [json.loads(line)["prompt"] for line in open(sys.argv[4])]
epochs = max(1, count // len(prompts))
with tempfile.TemporaryDirectory() as folder:
    task = Task(dataset=[Sample(input=prompt) for prompt in prompts], solver=generate(), epochs=epochs)
    [log] = eval(task, model="openai-api/bench/m", max_connections=connections, max_samples=connections,
                 temperature=0.8, max_tokens=512, display="none", log_dir=folder)
    assert log.status == "success", log.error
    done = log.results.completed_samples * epochs if log.results else 0
    assert len(log.samples) == epochs * len(prompts), (len(log.samples), done)
