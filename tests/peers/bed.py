"""What the scripts of this folder share: an environment with a peer in it, servers that end with the script, runs of nbest."""
import atexit
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
NBEST = os.environ.get("NBEST", next((str(p) for p in (ROOT / "target/release/nbest", ROOT / "target/debug/nbest")
                                     if p.exists()), "nbest"))


def environment(name, packages, check):
    """The Python of target/peers/NAME, with the packages installed once."""
    folder = ROOT / "target" / "peers" / name
    python = folder / "bin" / "python"
    has = lambda: python.exists() and subprocess.run([python, "-c", check], capture_output=True).returncode == 0
    if not has():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        assert has(), f"{packages} do not load"
    return python


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve(command, ready, seconds=120, **options):
    """Starts a server in a process group of its own and waits until `ready` answers."""
    log = tempfile.NamedTemporaryFile("w+", suffix=".log")
    child = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, start_new_session=True, **options)

    def end():
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    atexit.register(end)
    for _ in range(seconds * 4):
        try:
            with urllib.request.urlopen(ready, timeout=5):
                return end
        except OSError:
            if child.poll() is not None:
                break
            time.sleep(0.25)
    log.seek(0)
    sys.exit(f"{command[0]} did not start:\n{log.read()[-3000:]}")


class Bed:
    """A folder with a database and two problems of functions."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        problems = [{"task_id": f"T/{i}", "prompt": f"def f{i}(x):\n", "entry_point": f"f{i}",
                     "canonical_solution": "    return x * 2 + 1\n",
                     "test": "def check(candidate):\n    assert candidate(3) == 7\n"} for i in range(2)]
        self.path.joinpath("problems.jsonl").write_text("".join(json.dumps(p) + "\n" for p in problems))

    def run(self, name, model, samples=8, code=0, key=None):
        text = f'name = "{name}"\nsamples = {samples}\n[dataset]\npath = "problems.jsonl"\nformat = "human-eval"\n'
        text += f'[model]\n{model}\n[[verifier]]\nname = "tests"\nkind = "python-tests"\nrole = "oracle"\n'
        self.path.joinpath("e.toml").write_text(text)
        more = {} if key is None else {"PEER_KEY": key}
        done = subprocess.run([NBEST, "run", "e.toml", "--no-tui"], cwd=self.path, env={**os.environ, **more},
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == code, f"{name}: exit code {done.returncode}, not {code}\n{done.stderr}"
        return done.stderr

    def table(self, run, table):
        out = subprocess.run([NBEST, "export", run, table, "--format", "jsonl"], cwd=self.path, check=True,
                             capture_output=True, text=True).stdout
        return [json.loads(line) for line in out.splitlines()]

    def doctor(self, key=None):
        more = {} if key is None else {"PEER_KEY": key}
        done = subprocess.run([NBEST, "doctor", "--config", "e.toml"], cwd=self.path, env={**os.environ, **more},
                              capture_output=True, text=True, timeout=300)
        return done.stdout


def showed(text):
    print("-", text, flush=True)
