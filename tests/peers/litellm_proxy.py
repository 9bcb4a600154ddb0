#!/usr/bin/env python3
"""nbest against the LiteLLM proxy, with mocked answers and with the simulated endpoint behind it. Installs what it needs.

    python3 tests/peers/litellm_proxy.py        # NBEST=path/to/nbest names the binary; default: the one in target/
"""
import collections
import subprocess

from bed import NBEST, Bed, environment, free_port, serve, showed

KEY = "sk-3f9c2a7be1d84c60b5a7"  # the proxy refuses to start with a weak one

python = environment("litellm", ["litellm[proxy]"], "import litellm.proxy.proxy_server")
bed = Bed()
port, behind = free_port(), free_port()
serve([NBEST, "-q", "simulate", "--port", behind, "--rate-limited", "0.1", "--retry-after", "50ms", "--server-error", "0.05"],
      f"http://127.0.0.1:{behind}/health")
mocks = {"mocked": "    return x * 2 + 1", "limited": "litellm.RateLimitError", "failing": "litellm.InternalServerError",
         "context": "litellm.ContextWindowExceededError"}
config = "model_list:\n"
for name, answer in mocks.items():
    config += f'  - model_name: {name}\n    litellm_params: {{model: openai/m, api_key: none, mock_response: "{answer}"}}\n'
config += ("  - model_name: simulated\n    litellm_params: {model: openai/simulated, api_key: none, "
           f"api_base: 'http://127.0.0.1:{behind}/v1'}}\n")
config += f"general_settings: {{master_key: {KEY}}}\nlitellm_settings: {{num_retries: 0}}\nrouter_settings: {{disable_cooldowns: true}}\n"
bed.path.joinpath("proxy.yaml").write_text(config)
serve([python.parent / "litellm", "--config", bed.path / "proxy.yaml", "--host", "127.0.0.1", "--port", port],
      f"http://127.0.0.1:{port}/health/liveliness")
version = subprocess.run([python, "-c", "import importlib.metadata as m; print(m.version('litellm'))"],
                         capture_output=True, text=True).stdout.strip()
print(f"LiteLLM {version}")


def model(name, api="openai-chat", more=""):
    return f'api = "{api}"\nbase_url = "http://127.0.0.1:{port}/v1"\nmodel = "{name}"\napi_key_env = "PEER_KEY"\n{more}'


for name, settings in {
    "plain": model("mocked"),
    "several": model("mocked", more="n = 4"),
    "streamed": model("mocked", more="stream = true"),
    "streamed-several": model("mocked", more="stream = true\nn = 4"),
    "completions": model("mocked", "openai-completions", "n = 2"),
    "anthropic": model("mocked", "anthropic"),
}.items():
    bed.run(name, settings, key=KEY)
    rows = bed.table(name, "samples")
    assert len(rows) == 16 and all(row["completion"].strip() == "return x * 2 + 1" for row in rows), rows
    assert sum(row["duplicate_of"] is not None for row in rows) == 14
    tokens = collections.Counter(row["completion_tokens"] for row in rows)
    showed(f"{name}: 16 of 16 samples, duplicates marked, completion tokens {dict(tokens)}")

said = bed.run("repeats", model("mocked"), samples=10, key=KEY)
assert "identical" in said, said
showed("a server that says the same whatever the seed: warned about")

limits = "limits = { attempts = 3 }"
said = bed.run("limited", model("limited", more=limits), samples=1, code=4, key=KEY)
showed("rate limit error (no Retry-After): retried 3 times, missing, exit code 4; " + said.strip().splitlines()[-1])
bed.run("failing", model("failing", more=limits), samples=1, code=4, key=KEY)
showed("internal server error: retried, missing, exit code 4")
bed.run("context", model("context"), samples=1, code=4, key=KEY)
rows = bed.table("context", "samples")
assert all(row["outcome"] == "failed" for row in rows), rows
showed("context window exceeded: not retried, missing")
said = bed.run("unknown", model("no-such-model"), code=4, key=KEY)
assert "not-found" in said, said
showed("unknown model (400, not 404): the run stops at once: " + next(l for l in said.splitlines() if l.startswith("error")))
said = bed.run("wrong-key", model("mocked"), code=4, samples=20, key="sk-" + "0" * 20)
showed("wrong key without a database (400 \"No connected db.\"): " + next(l for l in said.splitlines() if l.startswith("error")))

bed.run("through", model("simulated", more="n = 4\ntemperature = 0.9\nstream = true"), samples=60, key=KEY)
rows = bed.table("through", "samples")
assert len(rows) == 120 and all(row["outcome"] != "failed" for row in rows)
showed(f"the simulated endpoint behind the proxy, 10 % 429 and 5 % 500: {len(rows)} of 120 samples")
print("\ndoctor:\n" + bed.doctor(KEY))
