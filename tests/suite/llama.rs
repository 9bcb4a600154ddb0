//! Whole runs against llama.cpp's own HTTP server with a tiny model, as the tutorial has them; skipped, with the reason
//! printed, where its wheel can't be installed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Bed, Running, text};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-llm")
}

/// Starts the server; gives its port. `None`: it can't be had here, which is printed.
fn serve(options: &[&str]) -> Option<(Running, String)> {
    let mut command = Command::new("python3");
    command.arg(fixtures().join("start.py")).args(options).stdin(Stdio::null());
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        eprintln!("skipped: python3 can't be run");
        return None;
    };
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    if let Some(address) = lines.find_map(|line| line.strip_prefix("listening ").map(str::to_owned)) {
        let port = address.rsplit(':').next().unwrap().to_owned();
        return Some((Running(child), port));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(77), "{}", text(&output.stderr));
    eprintln!("skipped: {}", text(&output.stderr).trim());
    None
}

/// `nbest run` on one of the tutorial's experiments.
fn run<'a>(file: &'a str, base: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", file, "--no-tui", "--set", base][..], more].concat()
}

fn table(bed: &Bed, run: &str, name: &str) -> Vec<Value> {
    let lines = bed.ok(&["export", run, name, "--format", "jsonl"]);
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn within(what: &str, value: &Value, low: f64, high: f64) {
    let value = value.as_f64().unwrap();
    eprintln!("{what}: {value:.3}");
    assert!((low..=high).contains(&value), "{what} {value} is not between {low} and {high}");
}

fn at<'a>(rows: &'a [Value], keys: &[(&str, Value)]) -> &'a Value {
    rows.iter().find(|row| keys.iter().all(|(key, value)| row[*key] == *value)).unwrap()
}

/// How many samples a run in progress has stored.
fn stored(bed: &Bed, run: &str) -> usize {
    let output = bed.run(&["export", run, "samples", "--format", "jsonl"]);
    output.stdout.split(|byte| *byte == b'\n').count()
}

fn wait_for(bed: &Bed, run: &str, samples: usize) {
    let started = Instant::now();
    while stored(bed, run) < samples {
        assert!(started.elapsed() < Duration::from_mins(2), "{samples} samples never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn arithmetic_has_a_majority_that_helps_though_client_and_server_were_killed() {
    let Some((server, port)) = serve(&["--port", "0", "--slots", "8"]) else { return };
    let bed = Bed::new();
    let file = fixtures().join("arithmetic.toml").display().to_string();
    let base = format!("model.base_url=http://127.0.0.1:{port}/v1");
    let again = run(&file, &base, &["--set", "model.limits.down_after=20s"]);
    // the client is killed
    let mut client = bed.command(&again).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&bed, "tiny-arithmetic", 300);
    client.kill().unwrap();
    client.wait().unwrap();
    let kept = table(&bed, "tiny-arithmetic", "samples");
    // the server is killed, and comes back while the client waits for it
    let mut client = bed.command(&again).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&bed, "tiny-arithmetic", kept.len() + 500);
    drop(server);
    std::thread::sleep(Duration::from_millis(700));
    let server = serve(&["--port", &port, "--slots", "8"]).unwrap();
    wait_for(&bed, "tiny-arithmetic", kept.len() + 1000);
    // it is killed for good: the run ends by itself, and goes on with the same command
    drop(server);
    let ended = client.wait().unwrap();
    assert_eq!(ended.code(), Some(4));
    let _server = serve(&["--port", &port, "--slots", "8"]).unwrap();
    bed.ok(&again);
    let samples = table(&bed, "tiny-arithmetic", "samples");
    assert_eq!(samples.len(), 5000);
    for row in &kept {
        assert!(samples.contains(row), "{row} was stored and is gone");
    }
    let seeds: std::collections::HashSet<String> =
        samples.iter().map(|row| format!("{} {}", row["problem"], row["seed"])).collect();
    assert_eq!(seeds.len(), 5000, "a seed was used twice");
    assert!(samples.iter().all(|row| row["seed"].as_u64().unwrap() < 1 << 31));

    let pass = table(&bed, "tiny-arithmetic", "pass-at-n");
    within("arithmetic pass@1", &at(&pass, &[("n", 1.into())])["estimate"], 0.632, 0.776);
    within("arithmetic pass@50", &at(&pass, &[("n", 50.into())])["estimate"], 0.93, 1.0);
    let selection = table(&bed, "tiny-arithmetic", "selection");
    let majority = at(&selection, &[("method", "majority".into()), ("n", 50.into())]);
    within("arithmetic majority of 50", &majority["estimate"], 0.70, 0.86);
}

#[test]
fn functions_have_false_positives_inside_the_bands() {
    let Some((_server, port)) = serve(&["--port", "0", "--slots", "8"]) else { return };
    let bed = Bed::new();
    let file = fixtures().join("functions.toml").display().to_string();
    let base = format!("model.base_url=http://127.0.0.1:{port}/v1");
    bed.ok(&run(&file, &base, &[]));
    let pass = table(&bed, "tiny-functions", "pass-at-n");
    for (verifier, n, low, high) in
        [("weak", 1, 0.504, 0.643), ("weak", 50, 0.96, 1.0), ("oracle", 1, 0.396, 0.539), ("oracle", 50, 0.92, 0.99)]
    {
        let row = at(&pass, &[("verifier", verifier.into()), ("n", n.into())]);
        within(&format!("functions {verifier} pass@{n}"), &row["estimate"], low, high);
    }
    let verifiers = table(&bed, "tiny-functions", "verifiers");
    let weak = at(&verifiers, &[("verifier", "weak".into())]);
    within("functions false discovery", &weak["false_discovery_rate"], 0.102, 0.266);
}

#[test]
fn short_answers_several_choices_streams_keys_and_sixty_four_connections() {
    let Some((_server, port)) = serve(&["--port", "0", "--slots", "4", "--api-key", "right-key"]) else { return };
    let bed = Bed::new();
    let file = fixtures().join("arithmetic.toml").display().to_string();
    let base = format!("model.base_url=http://127.0.0.1:{port}/v1");
    let refused = bed.fails(4, &run(&file, &base, &["--name", "nokey", "--limit", "2", "--samples", "2"]));
    assert!(refused.contains("unauthorized") && refused.contains("api_key_env"), "{refused}");
    let small = |name: &str, sets: &[&str]| {
        let mut words = run(&file, &base, &["--limit", "10", "--samples", "8", "--name", name]);
        words.extend(["--set", "model.api_key_env=TINY_KEY"]);
        words.extend(sets.iter().flat_map(|set| ["--set", *set]));
        let output = bed.command(&words).env("TINY_KEY", "right-key").output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let rows = table(&bed, name, "samples");
        assert_eq!(rows.len(), 80);
        rows
    };
    let texts = |rows: &[Value]| rows.iter().map(|row| row["completion"].clone()).collect::<Vec<_>>();
    let plain = small("plain", &["model.limits.concurrency=64"]);
    for row in small("short", &["model.max_tokens=5"]) {
        assert_eq!((&row["outcome"], &row["completion_tokens"]), (&"truncated".into(), &5.into()), "{row}");
    }
    // seeds step by one: the samples are the same, however they are asked for
    assert_eq!(texts(&small("several", &["model.n=4"])), texts(&plain));
    assert_eq!(texts(&small("more than there are slots", &["model.n=8"])), texts(&plain));
    let streamed = small("streamed", &["model.stream=true", "model.n=2"]);
    assert_eq!(texts(&streamed), texts(&plain));
    let chat = small("chat", &["model.api=openai-chat", "model.stream=true"]);
    assert_eq!(texts(&chat), texts(&plain));
    assert!(streamed.iter().chain(&chat).all(|row| row["completion_tokens"].as_u64().is_some()));
    let doctor = {
        let experiment = std::fs::read_to_string(&file).unwrap();
        let experiment = experiment.replace("http://127.0.0.1:8080/v1", base.trim_start_matches("model.base_url="));
        let experiment = experiment.replace("path = \"", &format!("path = \"{}/", fixtures().display()));
        bed.write(
            "d.toml",
            &experiment.replace("model = \"tiny-llm\"", "model = \"tiny-llm\"\napi_key_env = \"TINY_KEY\""),
        );
        let output = bed.command(&["doctor", "--config", "d.toml"]).env("TINY_KEY", "right-key").output().unwrap();
        text(&output.stdout)
    };
    for part in ["total_slots 4", "n_ctx 512", "top_k 40", "top_p 0.95", "min_p 0.05"] {
        assert!(doctor.contains(part), "no {part:?} in\n{doctor}");
    }
}
