//! Speed of the estimators, as ratios to the same in vectorised NumPy in the same run.
//!
//! `cargo bench --bench stats`: 10,000 problems of 1,000 samples, every k, 10,000 resamples at 64 log-spaced k; then the whole report of
//! a run with 1,000,000 samples, from the file to its text (the file is written first, which takes a minute or two; `-- --no-store`
//! leaves that out). NumPy runs in the interpreter that `NBEST_PYTHON` names (default `python3`); without it only times are
//! printed. NumPy's resamples are timed on a twentieth of them and scaled, in two ways: rows gathered and averaged resample by
//! resample, and counts of draws multiplied with the rows by BLAS.

#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use harness::analysis::{ProblemData, RunData, SampleData, VerdictData, VerifierInfo};
use harness::curve;
use harness::stats::bootstrap::{Plan, below, stream};
use harness::stats::pass_at_k;
use harness::stats::resampling::{Counts, mean_curve};
use harness::store::row::{NewAttempts, NewSample, NewVerdict};
use harness::store::runs::{NewRun, NewVerifier};
use harness::store::writer::Write;
use harness::store::{Reader, Store, Writer};
use harness::table::Settings;
use verifiers::domain::{Form, Outcome, Problem, ProblemId, Role, Status, Verdict};

const PROBLEMS: usize = 10_000;
const SAMPLES: u64 = 1_000;
const PLAN: Plan = Plan { replicates: 10_000, seed: 7, confidence: 0.95 };

/// The same work, vectorised over problems or over resamples; prints one number of seconds a line.
const NUMPY: &str = r"
import sys, time
import numpy as np
data = np.loadtxt(sys.stdin, dtype=np.int64)
n, c, tp, fp = data.T
K = int(n.min())
k = np.arange(1, K + 1)

def tails(n, c):
    f = np.clip((n[:, None] - c[:, None] - k[None, :] + 1) / (n[:, None] - k[None, :] + 1), 0, None)
    return np.cumprod(f, axis=1)

t = time.perf_counter()
mean = (1 - tails(n, c)).mean(axis=0)
print(time.perf_counter() - t)

t = time.perf_counter()
P = tp + fp
fail = tails(n, P)
safe = np.maximum(P, 1)
correct = (tp / safe)[:, None] * (1 - fail)
wrong = (fp / safe)[:, None] * (1 - fail)
draws = ((n + 1)[:, None] - (n + 1)[:, None] * fail + k[None, :] * fail) / (P + 1)[:, None]
(correct.mean(axis=0), wrong.mean(axis=0), fail.mean(axis=0), draws.mean(axis=0))
print(time.perf_counter() - t)

knots = np.unique(np.round(np.exp(np.linspace(0, np.log(K), 64))).astype(int))
x = (1 - tails(n, c))[:, knots - 1]
rng = np.random.default_rng(7)
B, part = 10000, 20
t = time.perf_counter()
reps = np.empty((B // part, len(knots)))
for b in range(B // part):
    reps[b] = x[rng.integers(0, len(x), len(x))].mean(axis=0)
np.quantile(reps, [0.025, 0.975], axis=0)
print((time.perf_counter() - t) * part)

t = time.perf_counter()
size = 50
M = len(x)
offset = (np.arange(size) * M)[:, None]
for b in range(0, B // part, size):
    drawn = rng.integers(0, M, (size, M)) + offset
    reps[b:b + size] = np.bincount(drawn.ravel(), minlength=size * M).reshape(size, M) @ x / M
np.quantile(reps, [0.025, 0.975], axis=0)
print((time.perf_counter() - t) * part)
";

/// Problems of very different difficulty, and a selector that lets some wrong ones through.
fn counts() -> Vec<(u64, Counts)> {
    let mut rng = stream(1, 0);
    let mut uniform = || (below(&mut rng, 1 << 30) as f64 + 0.5) / f64::from(1 << 30);
    (0..PROBLEMS)
        .map(|_| {
            let p = uniform().powi(3);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the samples")]
            let part = |of: u64, share: f64| (of as f64 * share).round() as u64;
            let c = part(SAMPLES, p);
            let tp = part(c, 0.9 + 0.1 * uniform());
            let fp = part(SAMPLES - c, 0.3 * uniform().powi(2));
            (c, Counts { n: SAMPLES, true_positive: tp, false_positive: fp })
        })
        .collect()
}

fn time<T>(label: &str, work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(work());
    let seconds = start.elapsed().as_secs_f64();
    println!("{label}: {seconds:.3} s");
    seconds
}

fn numpy(counts: &[(u64, Counts)]) -> Option<Vec<f64>> {
    let python = std::env::var("NBEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut child = Command::new(python)
        .args(["-c", NUMPY])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .ok()?;
    let mut input = String::new();
    for (c, k) in counts {
        input.push_str(&format!("{} {c} {} {}\n", k.n, k.true_positive, k.false_positive));
    }
    std::io::Write::write_all(&mut child.stdin.take()?, input.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let times: Vec<f64> = String::from_utf8_lossy(&output.stdout).lines().filter_map(|l| l.parse().ok()).collect();
    (times.len() == 4).then_some(times)
}

/// A run of `problems` x 1,000 samples with two verifiers.
fn run(counts: &[(u64, Counts)]) -> RunData {
    let verifier = |name: &str, role| VerifierInfo::new(name, "python-tests", role);
    let verdict = |pass: bool| {
        let status = if pass { Status::Pass } else { Status::Fail };
        Some(VerdictData { status: Some(status), score: None, steps: None, answer: None, weak: false })
    };
    let problems = counts
        .iter()
        .enumerate()
        .map(|(i, (c, k))| {
            let accepted = |s: u64| s < k.true_positive || (*c..*c + k.false_positive).contains(&s);
            ProblemData {
                id: ProblemId(format!("p{i}")),
                group: None,
                samples: (0..1000u32)
                    .map(|index| SampleData {
                        index,
                        outcome: Outcome::Ok,
                        duplicate_of: None,
                        completion_tokens: Some(100 + index % 50),
                        cost_usd: None,
                    })
                    .collect(),
                verdicts: vec![
                    (0..k.n).map(|s| verdict(accepted(s))).collect(),
                    (0..k.n).map(|s| verdict(s < *c)).collect(),
                ],
            }
        })
        .collect();
    RunData {
        name: "bench".to_owned(),
        samples_wanted: 1000,
        sampling: "fixed".to_owned(),
        imported: false,
        verifiers: vec![verifier("base", Role::Selector), verifier("plus", Role::Oracle)],
        problems,
    }
}

/// Writes `problems` x 1,000 samples and two verdicts each through the store's own writer.
async fn fill(path: &Path, counts: &[(u64, Counts)]) -> anyhow::Result<()> {
    let store = Store::open(path).await?;
    let problems: Vec<Problem> = (0..counts.len())
        .map(|i| Problem {
            id: ProblemId(format!("p{i}")),
            prompt: "a problem".to_owned(),
            entry_point: None,
            reference: None,
            tests: std::collections::BTreeMap::default(),
            answer: None,
            group: None,
            fields: serde_json::Map::default(),
        })
        .collect();
    let ids: Vec<String> = problems.iter().map(|p| p.id.0.clone()).collect();
    let place = |p: &Problem| p.id.0[1..].parse().unwrap_or(0);
    store.put_problem_set("bench", "bench.jsonl", "jsonl", &problems, place).await?;
    let new = NewRun {
        name: "bench".to_owned(),
        set_hash: "bench".to_owned(),
        samples: 1000,
        seed: 1,
        sampling: "fixed".to_owned(),
        model_key: "m".to_owned(),
        config: "{}".to_owned(),
    };
    let run = store.open_run(&new, &ids).await?;
    let mut verifiers = Vec::new();
    for (name, role) in [("base", Role::Selector), ("plus", Role::Oracle)] {
        let verifier = NewVerifier {
            name: name.to_owned(),
            kind: "python-tests".to_owned(),
            role,
            version: "1".to_owned(),
            settings: "{}".to_owned(),
        };
        verifiers.push(store.put_verifier(run.id, &verifier).await?);
    }
    let (sender, mut committed) = tokio::sync::mpsc::unbounded_channel();
    let writer = Writer::start(&store, run.id, sender).await?;
    let drain = tokio::spawn(async move { while committed.recv().await.is_some() {} });
    let rows = store.run_problems(run.id).await?;
    let send = writer.sender();
    for ((problem_id, _), (c, k)) in rows.iter().zip(counts) {
        for first in (0..1000u32).step_by(50) {
            let samples = (first..first + 50).map(|index| sample(*problem_id, index)).collect();
            let attempts =
                NewAttempts { problem_id: *problem_id, first_index: first, n: 50, at_ms: 1, attempts: vec![] };
            send.send(Write::Samples(samples, attempts)).await?;
            for index in first..first + 50 {
                let s = u64::from(index);
                let passes = [s < k.true_positive || (*c..*c + k.false_positive).contains(&s), s < *c];
                for (&verifier_id, pass) in verifiers.iter().zip(passes) {
                    let verdict = Verdict::new(if pass { Status::Pass } else { Status::Fail });
                    let new = NewVerdict { verifier_id, problem_id: *problem_id, sample_index: index, verdict };
                    send.send(Write::Verdict(Box::new(new))).await?;
                }
            }
        }
    }
    drop(send);
    writer.finish().await?;
    drain.await?;
    store.close().await;
    Ok(())
}

fn sample(problem_id: i64, sample_index: u32) -> NewSample {
    NewSample {
        problem_id,
        sample_index,
        outcome: Outcome::Ok,
        finish_reason: Some("stop".to_owned()),
        form: Form::Chat,
        text: format!("def answer():\n    return {problem_id} * {sample_index}\n"),
        reasoning: None,
        prompt_tokens: Some(90),
        cached_tokens: None,
        completion_tokens: Some(100 + sample_index % 50),
        usage_apportioned: false,
        cost_usd: None,
        latency_ms: Some(800.0),
        first_token_ms: None,
        logprob: None,
        token_logprobs: None,
        seed: Some(sample_index),
        endpoint: None,
        error: None,
    }
}

/// The report of a run, from the file to its text.
async fn report(path: &Path) -> anyhow::Result<usize> {
    let reader = Reader::open(path).await?;
    let run = reader.find_run("latest").await?;
    let start = Instant::now();
    let data = reader.run_data(&run).await?;
    println!("  reading: {:.3} s", start.elapsed().as_secs_f64());
    Ok(harness::report::text(&[harness::report::build(&data, &Settings::default(), None)?]).len())
}

fn main() -> anyhow::Result<()> {
    let counts = counts();
    let pairs: Vec<(u64, u64)> = counts.iter().map(|(c, k)| (k.n, *c)).collect();
    let selected: Vec<Counts> = counts.iter().map(|(_, k)| *k).collect();
    println!("{PROBLEMS} problems of {SAMPLES} samples");
    let ours = [
        time("pass@k, every k", || {
            let none = Plan { replicates: 0, ..PLAN };
            curve::coverage(&pairs, none)
        }),
        time("first pass, every k", || mean_curve(&selected, SAMPLES)),
        time("pass@k with 10,000 resamples at 64 k", || curve::coverage(&pairs, PLAN)),
    ];
    time("pass@k, every k, every problem alone (no grouping)", || {
        pairs.iter().map(|&(n, c)| pass_at_k::curve(n, c, n).last().map_or(0.0, |p| p.pass)).sum::<f64>()
    });
    match numpy(&counts) {
        Some(theirs) => {
            let names = ["pass@k", "first pass", "resamples, gathered", "resamples, counts by BLAS"];
            for ((name, ours), theirs) in names.into_iter().zip([ours[0], ours[1], ours[2], ours[2]]).zip(theirs) {
                println!("NumPy, {name}: {theirs:.3} s, ratio {:.0}", theirs / ours);
            }
        }
        None => println!("NumPy is not installed: no ratios"),
    }
    if std::env::args().all(|a| a != "--no-store") {
        let runtime = tokio::runtime::Runtime::new()?;
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("bench.db");
        let start = Instant::now();
        runtime.block_on(fill(&path, &counts[..1000]))?;
        println!("writing 1,000,000 samples and 2,000,000 verdicts: {:.1} s", start.elapsed().as_secs_f64());
        for _ in 0..3 {
            time("report of 1,000,000 samples from the file, 10,000 resamples", || runtime.block_on(report(&path)));
        }
    }
    let data = run(&counts[..1000]);
    for name in harness::table::NAMES {
        time(&format!("{name} of 1,000,000 samples, 10,000 resamples"), || {
            harness::table::build(name, &data, &Settings::default()).map(|t| t.rows.len()).ok()
        });
    }
    time("report of 1,000,000 samples, 10,000 resamples", || {
        harness::report::build(&data, &Settings::default(), None).map(|r| harness::report::text(&[r]).len())
    });
    let data = run(&counts[..5000]);
    let problems: Vec<curve::ProblemCounts> = counts[..5000]
        .iter()
        .map(|(c, k)| curve::ProblemCounts {
            n: k.n,
            correct: *c,
            true_positive: k.true_positive,
            false_positive: k.false_positive,
        })
        .collect();
    time("summary of 5,000 problems for a screen, 300 resamples", || {
        curve::summarize(&problems, Plan { replicates: 300, ..PLAN })
    });
    time("all tables of 5,000,000 samples, 10,000 resamples", || {
        harness::table::NAMES
            .map(|name| harness::table::build(name, &data, &Settings::default()).map(|t| t.rows.len()).ok())
    });
    Ok(())
}
