//! Sampling through faults and kills: every sample once, every request accounted for, nothing waits for ever.
//!
//! `NBEST_SOAK=1` makes it the long one: 20,000 samples and 30 kills, figures printed.

use std::collections::{HashMap, HashSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Bed, simulate};

const CONCURRENCY: u64 = 64;
const FAULTS: [&str; 14] = [
    "--rate-limited",
    "0.05",
    "--retry-after",
    "30ms",
    "--server-error",
    "0.02",
    "--dropped",
    "0.01",
    "--truncated",
    "0.01",
    "--latency",
    "lognormal:15ms,0.8",
    "--seed",
    "3",
];

fn long() -> bool {
    std::env::var_os("NBEST_SOAK").is_some_and(|value| value == "1")
}

/// Requests that the endpoint was sent, and samples that it gave.
fn stats(address: &str) -> (u64, u64) {
    let host = address.trim_start_matches("http://").trim_end_matches("/v1");
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /stats HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    (body["requests"].as_u64().unwrap(), body["choices"].as_u64().unwrap())
}

fn experiment(bed: &Bed, address: &str, samples: usize, stream: bool) {
    let text = format!(
        "name = \"soak\"\nsamples = {samples}\n[dataset]\npath = \"bundled\"\n[model]\napi = \"openai-chat\"\n\
         base_url = \"{address}\"\nmodel = \"simulated\"\ntemperature = 0.9\nmax_tokens = 400\nstream = {stream}\n\
         [model.limits]\nconcurrency = {CONCURRENCY}\n"
    );
    bed.write("e.toml", &text);
}

/// What a run has stored.
struct Stored {
    samples: usize,
    /// Attempts by their result.
    attempts: HashMap<String, u64>,
}

impl Stored {
    fn all(&self) -> u64 {
        self.attempts.values().sum()
    }

    fn with(&self, result: &str) -> u64 {
        self.attempts.get(result).copied().unwrap_or(0)
    }
}

fn stored(bed: &Bed) -> Stored {
    let lines = bed.ok(&["export", "soak", "samples", "--format", "jsonl"]);
    let keys: HashSet<String> = lines
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_ne!(row["outcome"], "failed", "{line}");
            format!("{} {}", row["problem"], row["sample_index"])
        })
        .collect();
    assert_eq!(keys.len(), lines.lines().count());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let counts = runtime.block_on(async {
        let reader = harness::store::Reader::open(&bed.path("nbest.db")).await.unwrap();
        let run = reader.find_run("soak").await.unwrap();
        reader.attempt_counts(run.id).await.unwrap()
    });
    Stored { samples: keys.len(), attempts: counts.into_iter().collect() }
}

#[test]
fn faults_cost_no_sample_and_attempts_add_up() {
    for stream in [false, true] {
        let bed = Bed::new();
        let (_server, address) = simulate(&bed, &FAULTS);
        let samples = if long() { 740 } else { 30 };
        experiment(&bed, &address, samples, stream);
        let started = Instant::now();
        bed.ok(&["run", "e.toml", "--no-tui"]);
        let (requests, _) = stats(&address);
        let stored = stored(&bed);
        assert_eq!((stored.samples, stored.with("ok")), (27 * samples, (27 * samples) as u64));
        assert_eq!(stored.all(), requests, "every attempt is a row");
        assert!(stored.with("rate-limited") > 0 && stored.with("server-error") > 0 && stored.with("closed") > 0);
        if long() {
            eprintln!(
                "stream = {stream}: {} samples in {:.1} s, {requests} requests, {} attempts stored: {:?}",
                stored.samples,
                started.elapsed().as_secs_f64(),
                stored.all(),
                stored.attempts
            );
        }
    }
}

#[test]
fn kills_lose_nothing_stored_and_pay_only_for_what_was_in_flight() {
    let bed = Bed::new();
    let (_server, address) = simulate(&bed, &FAULTS);
    let (samples, kills) = if long() { (740, 30) } else { (60, 6) };
    experiment(&bed, &address, samples, false);
    let mut word = u64::from(std::process::id()).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let (mut interrupted, mut before) = (0, 0);
    for _ in 0..kills {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        let mut child = bed.command(&["run", "e.toml", "--no-tui"]).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100 + word % 500));
        interrupted += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        if bed.path("nbest.db").exists() && bed.run(&["runs", "show", "soak"]).status.success() {
            let now = stored(&bed).samples;
            assert!(now >= before, "{now} samples after a kill, {before} before");
            before = now;
        }
    }
    bed.ok(&["run", "e.toml", "--no-tui"]);
    let stored = stored(&bed);
    let (requests, choices) = stats(&address);
    assert_eq!((stored.samples, stored.with("ok")), (27 * samples, (27 * samples) as u64));
    assert!(interrupted > 0 && requests >= stored.all());
    // an answer that broke off was given and is no sample
    let broken = stored.with("closed") + stored.with("malformed");
    let twice = choices - stored.with("ok");
    let most = interrupted * CONCURRENCY + broken;
    assert!(twice <= most, "{twice} samples were given for nothing, of at most {most} in flight or broken");
    if long() {
        eprintln!(
            "{interrupted} kills: {} samples stored, {requests} requests, {} attempts stored; {choices} samples given, {twice} of them \
             for nothing: {broken} that broke off, the rest of {} in flight when killed",
            stored.samples,
            stored.all(),
            interrupted * CONCURRENCY
        );
    }
}
