use std::time::Duration;

use verifiers::domain::{Form, Problem, Role, Verdict};
use verifiers::model::Attempt;

use super::*;
use crate::store::Store;
use crate::store::row::{NewAttempts, NewSample, NewVerdict};
use crate::store::runs::{NewRun, NewVerifier};
use crate::store::writer::{Committed, Write, Writer};

fn problem(name: &str) -> Problem {
    Problem {
        id: ProblemId(name.to_owned()),
        prompt: "p".to_owned(),
        entry_point: None,
        reference: None,
        tests: std::collections::BTreeMap::default(),
        answer: None,
        group: None,
        fields: serde_json::Map::default(),
    }
}

fn sample(problem_id: i64, sample_index: u32, text: &str) -> NewSample {
    NewSample {
        problem_id,
        sample_index,
        outcome: Outcome::Ok,
        finish_reason: Some("stop".to_owned()),
        form: Form::Chat,
        text: text.to_owned(),
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

fn attempts(problem_id: i64, first_index: u32, at_ms: i64) -> NewAttempts {
    let attempt = Attempt {
        http_status: Some(200),
        result: "ok".to_owned(),
        message: None,
        latency: Duration::from_millis(2),
        retry_after: None,
    };
    NewAttempts { problem_id, first_index, n: 1, at_ms, attempts: vec![attempt] }
}

#[tokio::test]
async fn what_is_written_is_read_back_and_followed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("a.db")).await.unwrap();
    let problems = [problem("a"), problem("b")];
    let place = |p: &Problem| usize::from(p.id.0 == "b");
    store.put_problem_set("h", "x.jsonl", "jsonl", &problems, place).await.unwrap();
    store.put_problem_set("h", "x.jsonl", "jsonl", &problems, place).await.unwrap();
    let new = NewRun {
        name: "r".to_owned(),
        set_hash: "h".to_owned(),
        samples: 3,
        seed: u64::MAX,
        sampling: "fixed".to_owned(),
        model_key: "m".to_owned(),
        config: "{}".to_owned(),
    };
    let run = store.open_run(&new, &["a".to_owned(), "b".to_owned()]).await.unwrap();
    assert_eq!(run.seed, u64::MAX);
    let verifier = NewVerifier {
        name: "v".to_owned(),
        kind: "python-tests".to_owned(),
        role: Role::Oracle,
        version: "1".to_owned(),
        settings: "{}".to_owned(),
    };
    let verifier_id = store.put_verifier(run.id, &verifier).await.unwrap();
    let rows = store.run_problems(run.id).await.unwrap();
    assert_eq!(rows.iter().map(|(_, p)| p.id.0.as_str()).collect::<Vec<_>>(), ["a", "b"]);

    let (sender, mut committed) = tokio::sync::mpsc::unbounded_channel();
    let writer = Writer::start(&store, run.id, sender).await.unwrap();
    let send = writer.sender();
    let a = rows[0].0;
    send.send(Write::Samples(vec![sample(a, 2, "x"), sample(a, 1, "y")], attempts(a, 1, 10))).await.unwrap();
    let Some(Committed::Samples(first)) = committed.recv().await else { panic!("no acknowledgement") };
    assert_eq!(first.len(), 2);
    let reader = store.reader();
    let (mut data, mut cursor) = reader.load(&run).await.unwrap();
    assert_eq!(data.problems[0].samples.iter().map(|s| s.index).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(data.problems[0].samples[1].duplicate_of, None);

    let mut verdict = Verdict::new(Status::Pass);
    verdict.score = Some(0.1);
    verdict.answer = Some("4\u{1e}2".to_owned());
    verdict.steps = vec![0.5, 1.0];
    let new_verdict = NewVerdict { verifier_id, problem_id: a, sample_index: 1, verdict };
    send.send(Write::Verdict(Box::new(new_verdict))).await.unwrap();
    // an earlier index with the same text comes later
    send.send(Write::Samples(vec![sample(a, 0, "x")], attempts(a, 0, 11))).await.unwrap();
    drop(send);
    writer.finish().await.unwrap();
    assert_eq!(reader.refresh(&mut data, &mut cursor).await.unwrap(), [0]);
    assert_eq!(data.problems[0].samples[2].duplicate_of, Some(0));
    let cell = data.problems[0].verdicts[0][1].clone().unwrap();
    assert_eq!((cell.score, cell.answer.as_deref()), (Some(0.1), Some("4 2")));
    assert_eq!(cell.steps.as_deref(), Some([0.5, 1.0].as_slice()));
    assert_eq!(data.problems[0].verdicts[0][0], None);

    // no score is not the score 0
    let plain = NewVerdict { verifier_id, problem_id: a, sample_index: 0, verdict: Verdict::new(Status::Fail) };
    let (sender, _committed) = tokio::sync::mpsc::unbounded_channel();
    let writer = Writer::start(&store, run.id, sender).await.unwrap();
    writer.sender().send(Write::Verdict(Box::new(plain))).await.unwrap();
    writer.finish().await.unwrap();
    reader.refresh(&mut data, &mut cursor).await.unwrap();
    assert_eq!(data.problems[0].verdicts[0][0].as_ref().map(|v| (v.score, v.status)), Some((None, Some(Status::Fail))));
    assert_eq!(reader.run_data(&run).await.unwrap(), data);

    let page = reader.samples_page(run.id, None, 10).await.unwrap();
    assert_eq!(
        page.iter().map(|(k, s)| (k.1, s.duplicate_of)).collect::<Vec<_>>(),
        [(0, None), (1, None), (2, Some(0))]
    );
    assert_eq!(reader.samples_page(run.id, Some(page[1].0), 10).await.unwrap().len(), 1);
    let verdicts = reader.verdicts_page(run.id, None, 10).await.unwrap();
    assert_eq!(verdicts.len(), 2);
    assert_eq!(reader.verdicts_page(run.id, Some(verdicts[1].0), 10).await.unwrap().len(), 0);
    let waiting = reader.unjudged(run.id, verifier_id, 0, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|w| w.2).collect::<Vec<_>>(), [2]);
    let detail = reader.sample(run.id, "a", 1).await.unwrap().unwrap();
    assert_eq!((detail.verdicts.len(), detail.attempts.len()), (1, 1));
    assert_eq!(reader.usage(run.id).await.unwrap(), (Some(0.75), 24, 3));

    store.delete_run(run.id).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM completion").fetch_one(store.pool()).await.unwrap();
    assert_eq!(left, 0);
}
