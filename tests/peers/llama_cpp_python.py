#!/usr/bin/env python3
"""nbest against llama-cpp-python's server with the tiny model. Builds it from source (some minutes), once.

    python3 tests/peers/llama_cpp_python.py     # NBEST=path/to/nbest names the binary; default: the one in target/
"""
from bed import ROOT, Bed, environment, free_port, serve, showed

python = environment("llama-cpp-python", ["llama-cpp-python[server]==0.3.36"], "import llama_cpp.server.app")
tiny = ROOT / "tests/fixtures/tiny-llm"
port = free_port()
serve([python, "-m", "llama_cpp.server", "--model", tiny / "model.gguf", "--host", "127.0.0.1", "--port", port,
       "--n_ctx", "512", "--n_threads", "1", "--interrupt_requests", "false"], f"http://127.0.0.1:{port}/v1/models")
bed = Bed()
bed.path.joinpath("problems.jsonl").write_text("".join((tiny / "func_dev_oracle.jsonl").open().readlines()[:10]))


def model(more="", api="openai-completions"):
    return (f'api = "{api}"\nbase_url = "http://127.0.0.1:{port}/v1"\nmodel = "tiny"\ntemperature = 0.8\nmax_tokens = 96\n'
            f'prompt = "{{{{ prompt }}}}"\n{more}')


texts = {}
for name, settings in {
    "singly": model(),
    "several": model("n = 4"),
    "streamed": model("stream = true"),
    "logprobs": model("logprobs = true"),
    "four-at-once": model("limits = { concurrency = 4 }"),
    "chat": model(api="openai-chat"),
}.items():
    bed.run(name, settings)
    rows = bed.table(name, "samples")
    assert len(rows) == 80 and all(row["outcome"] in ("ok", "truncated") for row in rows), rows
    texts[name] = [row["completion"] for row in rows]
    known = sum(row["completion_tokens"] is not None for row in rows)
    same = sum(a == b for a, b in zip(texts[name], texts["singly"]))
    showed(f"{name}: 80 of 80 samples, tokens known of {known}, {same} the same as singly")
assert texts["several"] == texts["singly"], "n is ignored by this server: each choice must have been asked for with its own seed"
distinct = len(set(texts["singly"]))
assert distinct > 10, f"only {distinct} of 80 texts differ: seeds have no effect"
showed(f"n = 4 is ignored by the server: found out, asked singly; {distinct} of 80 texts differ")
said = bed.run("too-long", model('system = "' + "x" * 3000 + '"', api="openai-chat"), samples=1, code=4)
showed("prompt longer than the context: " + said.strip().splitlines()[-1])
print("\ndoctor:\n" + bed.doctor())
