//! A large store, and more samples that arrive in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use harness::store::Store;
use harness::store::row::{NewAttempts, NewSample, NewVerdict, RunRow};
use harness::store::runs::{NewRun, NewVerifier};
use harness::store::writer::{Write, Writer};
use tokio::sync::mpsc;
use verifiers::domain::{Form, Outcome as SampleOutcome, Problem, ProblemId, Role, Status, Verdict};
use verifiers::model::Attempt;

use super::Outcome;

pub(crate) const PROBLEMS: u32 = 5_000;
/// Room for the samples that arrive while it is watched.
const MORE: u32 = 40;

/// A run that can be written to.
pub(crate) struct Made {
    pub(crate) store: Store,
    pub(crate) run: RunRow,
    rows: Vec<i64>,
    verifiers: [i64; 2],
}

/// The store with this many samples; made once.
pub(crate) async fn made(samples: u32) -> Outcome<PathBuf> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("dashboard-{samples}.db"));
    if path.exists() {
        return Ok(path);
    }
    let beginning = path.with_extension("new");
    for old in ["new", "new-wal", "new-shm"] {
        // what an earlier attempt left, if there was one
        let _ = fs::remove_file(path.with_extension(old));
    }
    let made = open(&beginning, samples / PROBLEMS).await?;
    fill(&made, 0..samples / PROBLEMS, None).await?;
    made.store.close().await;
    fs::rename(&beginning, &path)?;
    Ok(path)
}

/// A copy of the store that may be written to.
pub(crate) fn copied(path: &Path, folder: &Path) -> Outcome<PathBuf> {
    let copy = folder.join("nbest.db");
    fs::copy(path, &copy)?;
    Ok(copy)
}

/// Opens the run of a store, or makes it.
pub(crate) async fn open(path: &Path, n: u32) -> Outcome<Made> {
    let store = Store::open(path).await?;
    let problems: Vec<Problem> = (0..PROBLEMS).map(problem).collect();
    let places: BTreeMap<&str, usize> = problems.iter().enumerate().map(|(i, p)| (p.id.0.as_str(), i)).collect();
    store.put_problem_set("h", "large.jsonl", "jsonl", &problems, |p| places[p.id.0.as_str()]).await?;
    let new = NewRun {
        name: "large".to_owned(),
        set_hash: "h".to_owned(),
        samples: n + MORE,
        seed: 1,
        sampling: "fixed".to_owned(),
        model_key: "m".to_owned(),
        config: r#"{"model":{"model":"large-model"},"dataset":{"path":"large.jsonl"}}"#.to_owned(),
    };
    let names: Vec<String> = problems.iter().map(|p| p.id.0.clone()).collect();
    let run = store.open_run(&new, &names).await?;
    let mut verifiers = [0; 2];
    for (place, (name, role)) in [("base", Role::Selector), ("plus", Role::Oracle)].into_iter().enumerate() {
        let verifier = NewVerifier {
            name: name.to_owned(),
            kind: "python-tests".to_owned(),
            role,
            version: "1".to_owned(),
            settings: "{}".to_owned(),
        };
        verifiers[place] = store.put_verifier(run.id, &verifier).await?;
    }
    let rows = store.run_problems(run.id).await?.into_iter().map(|(id, _)| id).collect();
    Ok(Made { store, run, rows, verifiers })
}

/// Stores the samples with these indices and their verdicts, at most so many a second; gives how many it stored.
pub(crate) async fn fill(made: &Made, indices: std::ops::Range<u32>, pace: Option<(f64, Duration)>) -> Outcome<u32> {
    let (sender, mut committed) = mpsc::unbounded_channel();
    let writer = Writer::start(&made.store, made.run.id, sender).await?;
    let drain = tokio::spawn(async move { while committed.recv().await.is_some() {} });
    let send = writer.sender();
    let began = Instant::now();
    let mut stored = 0u32;
    'all: for index in indices {
        for (place, &problem_id) in (0u32..).zip(&made.rows) {
            if let Some((per_second, span)) = pace {
                let due = began + Duration::from_secs_f64(f64::from(stored) / per_second);
                if stored.is_multiple_of(50) {
                    tokio::time::sleep_until(due.into()).await;
                }
                if began.elapsed() >= span {
                    break 'all;
                }
            }
            let attempt = Attempt {
                http_status: Some(200),
                result: "ok".to_owned(),
                message: None,
                latency: Duration::from_millis(2),
                retry_after: None,
            };
            let attempts = NewAttempts { problem_id, first_index: index, n: 1, at_ms: 1, attempts: vec![attempt] };
            send.send(Write::Samples(vec![sample(problem_id, place, index)], attempts)).await?;
            let chance =
                (place.wrapping_mul(2_654_435_761) ^ index.wrapping_mul(40_503)).wrapping_mul(2_246_822_519) >> 16;
            let accepted = chance % 1000 < place % 700;
            let right = accepted && !chance.is_multiple_of(7) || chance.is_multiple_of(211);
            for (verifier_id, pass) in made.verifiers.into_iter().zip([accepted, right]) {
                let verdict = Verdict::new(if pass { Status::Pass } else { Status::Fail });
                let row = NewVerdict { verifier_id, problem_id, sample_index: index, verdict };
                send.send(Write::Verdict(Box::new(row))).await?;
            }
            stored += 1;
        }
    }
    drop(send);
    writer.finish().await?;
    drain.await?;
    Ok(stored)
}

fn problem(i: u32) -> Problem {
    Problem {
        id: ProblemId(format!("problem/{i}")),
        prompt: format!("def f{i}(x):\n    \"\"\"Adds {i} to x.\"\"\"\n"),
        entry_point: None,
        reference: None,
        tests: BTreeMap::default(),
        answer: None,
        group: None,
        fields: serde_json::Map::default(),
    }
}

fn sample(problem_id: i64, place: u32, index: u32) -> NewSample {
    NewSample {
        problem_id,
        sample_index: index,
        outcome: SampleOutcome::Ok,
        finish_reason: Some("stop".to_owned()),
        form: Form::Chat,
        text: format!("def f{place}(x):\n    # attempt {index}\n    return x + {}\n", place + index % 3),
        reasoning: None,
        prompt_tokens: Some(30),
        cached_tokens: None,
        completion_tokens: Some(40),
        usage_apportioned: false,
        cost_usd: Some(0.000_1),
        latency_ms: Some(1.5),
        first_token_ms: None,
        logprob: None,
        token_logprobs: None,
        seed: Some(index),
        endpoint: None,
        error: None,
    }
}
