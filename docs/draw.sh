#!/usr/bin/env bash
# Draws every picture of the documentation again, from simulated runs: docs/draw.sh [NBEST]
set -euo pipefail
cd "$(dirname "$0")/.."
nbest=${1:-target/release/nbest}
[ -x "$nbest" ] || cargo build --release --locked
nbest=$(realpath "$nbest")
picture=$(dirname "$nbest")/examples/picture
if [ ! -x "$picture" ]; then
    cargo build --release --locked -p dashboard --example picture
    picture=target/release/examples/picture
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export NBEST_DB="$folder/nbest.db"

"$nbest" -q demo --samples 64 --no-tui >/dev/null
"$picture" "$NBEST_DB" demo >docs/img/dashboard.svg
for figure in pass-at-n resampling reward false-positives difficulty verifiers selection; do
    "$nbest" -q plot demo "$figure" --out "docs/img/$figure.svg"
done

# one model at several temperatures stands for models of different strength
cat >"$folder/e.toml" <<'TOML'
samples = 64
seed = 7
[dataset]
path = "bundled"
[model]
api = "simulated"
model = "simulated"
[[verifier]]
name = "weak"
kind = "python-tests"
tests = "weak"
role = "selector"
timeout = "500ms"
[[verifier]]
name = "thorough"
kind = "python-tests"
tests = "oracle"
role = "oracle"
timeout = "500ms"
TOML
runs=()
for t in 0.3 0.6 0.8 1.0 1.2 1.5; do
    "$nbest" -q run "$folder/e.toml" --name "T=$t" --set "model.temperature=$t" --no-tui
    runs+=("T=$t")
done
"$nbest" -q plot "${runs[@]}" conditional-accuracy --baseline "T=0.3" --out docs/img/conditional-accuracy.svg
"$nbest" -q plot T=0.3 T=0.8 T=1.2 pass-at-n --width double --out docs/img/several-runs.svg
