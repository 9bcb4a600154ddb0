use std::path::Path;

use harness::store::row::{NewAttempts, NewSample, NewVerdict};
use harness::store::runs::{NewRun, NewVerifier};
use harness::store::writer::{Write, Writer};
use harness::store::{Store, WriteLock};
use verifiers::domain::{Form, Outcome, Problem, ProblemId, Role, Status, Verdict};
use verifiers::model::Attempt;

use super::*;
use crate::snapshot::{Cell, RunState};

fn problem(i: u32) -> Problem {
    Problem {
        id: ProblemId(format!("p/{i}")),
        prompt: format!("question {i}"),
        entry_point: None,
        reference: None,
        tests: std::collections::BTreeMap::default(),
        answer: None,
        group: None,
        fields: serde_json::Map::default(),
    }
}

fn sample(problem_id: i64, sample_index: u32) -> NewSample {
    NewSample {
        problem_id,
        sample_index,
        outcome: Outcome::Ok,
        finish_reason: Some("stop".to_owned()),
        form: Form::Chat,
        text: format!("def f():\n    return {sample_index}\n"),
        reasoning: None,
        prompt_tokens: Some(3),
        cached_tokens: None,
        completion_tokens: Some(5),
        usage_apportioned: false,
        cost_usd: Some(0.25),
        latency_ms: Some(1.5),
        first_token_ms: None,
        logprob: None,
        token_logprobs: None,
        seed: Some(7),
        endpoint: None,
        error: None,
    }
}

struct Made {
    store: Store,
    run: RunRow,
    rows: Vec<i64>,
    verifiers: [i64; 2],
}

/// A run of 12 problems with N = 8, a selector and an oracle.
async fn made(path: &Path) -> Made {
    let store = Store::open(path).await.unwrap();
    let problems: Vec<Problem> = (0..12).map(problem).collect();
    let place = |p: &Problem| problems.iter().position(|q| q.id == p.id).unwrap();
    store.put_problem_set("h", "x.jsonl", "jsonl", &problems, place).await.unwrap();
    let config = r#"{"model":{"model":"tiny","limits":{"concurrency":4}},"dataset":{"path":"/data/x.jsonl"},"analysis":{"costs":[0.0,2.0]}}"#;
    let new = NewRun {
        name: "r".to_owned(),
        set_hash: "h".to_owned(),
        samples: 8,
        seed: 1,
        sampling: "fixed".to_owned(),
        model_key: "m".to_owned(),
        config: config.to_owned(),
    };
    let names: Vec<String> = problems.iter().map(|p| p.id.0.clone()).collect();
    let run = store.open_run(&new, &names).await.unwrap();
    let mut verifiers = [0; 2];
    for (place, (name, role)) in [("base", Role::Selector), ("plus", Role::Oracle)].into_iter().enumerate() {
        let verifier = NewVerifier {
            name: name.to_owned(),
            kind: "python-tests".to_owned(),
            role,
            version: "1".to_owned(),
            settings: "{}".to_owned(),
        };
        verifiers[place] = store.put_verifier(run.id, &verifier).await.unwrap();
    }
    let rows = store.run_problems(run.id).await.unwrap().into_iter().map(|(id, _)| id).collect();
    Made { store, run, rows, verifiers }
}

/// Stores the samples with these indices and their verdicts; the selector accepts what is even, the oracle knows better
/// of every fourth.
async fn fill(made: &Made, indices: std::ops::Range<u32>) {
    let (sender, _committed) = tokio::sync::mpsc::unbounded_channel();
    let writer = Writer::start(&made.store, made.run.id, sender).await.unwrap();
    let send = writer.sender();
    for (place, &problem_id) in made.rows.iter().enumerate() {
        for index in indices.clone() {
            let attempt = Attempt {
                http_status: Some(200),
                result: "ok".to_owned(),
                message: None,
                latency: Duration::from_millis(2),
                retry_after: None,
            };
            let attempts = NewAttempts { problem_id, first_index: index, n: 1, at_ms: 1, attempts: vec![attempt] };
            send.send(Write::Samples(vec![sample(problem_id, index)], attempts)).await.unwrap();
            let number = u32::try_from(place).unwrap() * 3 + index;
            let accepted = number.is_multiple_of(2);
            let right = accepted && !number.is_multiple_of(4);
            for (verifier_id, pass) in made.verifiers.into_iter().zip([accepted, right]) {
                let verdict = Verdict::new(if pass { Status::Pass } else { Status::Fail }).with_detail("why");
                let row = NewVerdict { verifier_id, problem_id, sample_index: index, verdict };
                send.send(Write::Verdict(Box::new(row))).await.unwrap();
            }
        }
    }
    send.send(Write::Event("warn", "something happened".to_owned())).await.unwrap();
    drop(send);
    writer.finish().await.unwrap();
}

/// The next snapshot that fits; panics when the follower ends before.
async fn until(messages: &mut mpsc::Receiver<Message>, fits: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    loop {
        match tokio::time::timeout(Duration::from_mins(1), messages.recv()).await.unwrap().unwrap() {
            Message::Snapshot(snapshot) if fits(&snapshot) => return snapshot,
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_followed_while_it_grows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let made = made(&path).await;
    let lock = WriteLock::acquire(&path, "test").unwrap();
    fill(&made, 0..4).await;
    let (requests, asked) = mpsc::channel(4);
    let (sender, mut messages) = mpsc::channel(4);
    let follower = tokio::spawn(follow(made.store.reader(), made.run.clone(), asked, sender));

    let half = until(&mut messages, |s| s.progress.samples_done == 48 && !s.charts.is_empty()).await;
    assert_eq!(half.run.state, RunState::Running);
    assert_eq!((half.run.model.as_str(), half.run.dataset.as_str()), ("tiny", "x.jsonl"));
    assert_eq!((half.progress.samples_total, half.progress.verdicts_done), (96, 96));
    assert_eq!(
        half.problems[0].cells[..5],
        [Cell::FalsePositive, Cell::TrueNegative, Cell::TruePositive, Cell::TrueNegative, Cell::Pending]
    );
    assert_eq!(half.summary.n, 4);
    assert_eq!(half.summary.oracle.as_deref(), Some("plus"));
    assert!((half.summary.false_discovery.unwrap() - 0.5).abs() < 1e-9);
    assert_eq!(half.events[0].message, "something happened");

    fill(&made, 4..8).await;
    let whole = until(&mut messages, |s| s.summary.n == 8).await;
    assert_eq!(whole.progress.problems_done, 12);
    let coverage = whole.overview.lines.iter().find(|l| l.name == "coverage").unwrap();
    assert_eq!(coverage.points.len(), 8);
    assert!(whole.charts.iter().any(|c| c.name == "reward" && !c.marks.is_empty()));

    requests.send(Request::Sample(SampleKey { run: made.run.id, problem: 3, index: 5 })).await.unwrap();
    let detail = loop {
        if let Message::Sample(detail) = messages.recv().await.unwrap() {
            break detail;
        }
    };
    assert_eq!(detail.prompt, "question 3");
    assert!(detail.completion.contains("return 5"));
    assert_eq!(detail.verdicts.iter().map(|v| v.detail.as_deref()).collect::<Vec<_>>(), [Some("why"); 2]);

    drop(lock);
    let lost = until(&mut messages, |s| s.run.state == RunState::Lost).await;
    assert_eq!(lost.runs[0].state, RunState::Lost, "nobody holds the lock any more");
    made.store.set_state(made.run.id, "finished", None).await.unwrap();
    until(&mut messages, |s| s.run.state == RunState::Finished).await;
    drop(requests);
    follower.await.unwrap().unwrap();
}
