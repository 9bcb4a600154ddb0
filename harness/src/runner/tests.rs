//! Sessions with a model and a verifier of plain memory.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use verifiers::domain::{Form, Outcome, ProblemId, Role, Status, Verdict};
use verifiers::model::{Attempt, Generation, Halt, ModelError, Request, Response};
use verifiers::verifier::{Candidate, Verifier};

use super::*;
use crate::analysis::RunData;
use crate::store::runs::{NewRun, NewVerifier};

/// Answers `right` where seed and problem say so; remembers what was asked.
#[derive(Default)]
struct FakeModel {
    asked: Mutex<Vec<(String, u32)>>,
    fails_at: Option<u32>,
    absent_from: Option<u32>,
    /// Requests from this index on are not sent before the session ends.
    waits_from: Option<u32>,
    halted: CancellationToken,
    step: u32,
}

#[async_trait]
impl Model for FakeModel {
    async fn generate(&self, request: &Request) -> Response {
        tokio::task::yield_now().await;
        let mut response = Response::default();
        if self.waits_from.is_some_and(|from| request.first_index >= from) {
            self.halted.cancelled().await;
            response.error = Some(ModelError::Cancelled);
            return response;
        }
        let attempt = Attempt {
            http_status: Some(200),
            result: "ok".to_owned(),
            message: None,
            latency: Duration::from_millis(1),
            retry_after: None,
        };
        response.attempts.push(attempt);
        for offset in 0..request.n {
            let index = request.first_index + offset;
            if self.absent_from.is_some_and(|from| index >= from) {
                response.error = Some(ModelError::Absent { index });
                break;
            }
            if self.fails_at == Some(index) {
                response.error = Some(ModelError::Request { kind: "closed".to_owned(), message: "gone".to_owned() });
                continue;
            }
            self.asked.lock().unwrap().push((request.problem.0.clone(), index));
            let right = (request.seed + offset).is_multiple_of(3);
            response.generations.push(Generation {
                offset,
                text: if right { "right".to_owned() } else { format!("wrong {}", index % 2) },
                form: Form::Chat,
                reasoning: None,
                outcome: Outcome::Ok,
                finish_reason: Some("stop".to_owned()),
                prompt_tokens: Some(10),
                whole_prompt_tokens: None,
                cached_tokens: None,
                completion_tokens: Some(100),
                usage_apportioned: false,
                logprob: None,
                token_logprobs: None,
                latency: Duration::from_millis(1),
                first_token: None,
                seed: Some(request.seed + offset),
                endpoint: None,
            });
        }
        response
    }

    fn preferred_n(&self) -> u32 {
        self.step.max(1)
    }

    async fn identity(&self) -> serde_json::Value {
        serde_json::json!({})
    }

    fn halt(&self, _which: Halt) {
        self.halted.cancel();
    }
}

#[derive(Default)]
struct FakeVerifier {
    calls: AtomicU64,
    share: bool,
}

#[async_trait]
impl Verifier for FakeVerifier {
    fn version(&self) -> String {
        "1".to_owned()
    }

    fn concurrency(&self) -> usize {
        2
    }

    fn dedupe_key(&self, candidate: &Candidate) -> Option<[u8; 32]> {
        let text = format!("{}\0{}", candidate.problem.id, candidate.completion.text);
        self.share.then(|| *blake3::hash(text.as_bytes()).as_bytes())
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        batch
            .iter()
            .map(|c| Verdict::new(if c.completion.text == "right" { Status::Pass } else { Status::Fail }))
            .collect()
    }
}

struct Bed {
    _dir: tempfile::TempDir,
    store: Store,
    cancel: CancellationToken,
    settings: RunSettings,
}

impl Bed {
    async fn new(samples: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("a.db")).await.unwrap();
        let settings = RunSettings {
            samples,
            seed: 3,
            sampling: Sampling::Fixed,
            order: Order::Breadth,
            price: Some(Price {
                flat: FlatPrice { input_per_mtok: 0.0, output_per_mtok: 1e4, cached_input_per_mtok: None },
                tiers: Vec::new(),
            }),
            max_tokens: None,
            budget: Budget::default(),
            concurrency: 4,
            dedupe: true,
            backlog: 100,
        };
        Self { _dir: dir, store, cancel: CancellationToken::new(), settings }
    }

    async fn session(&self, model: Arc<FakeModel>, verifier: Arc<FakeVerifier>) -> Summary {
        let problems: Vec<Problem> = ["a", "b", "c"]
            .map(|name| Problem {
                id: ProblemId(name.to_owned()),
                prompt: "p".to_owned(),
                entry_point: None,
                reference: None,
                tests: std::collections::BTreeMap::new(),
                answer: None,
                group: None,
                fields: serde_json::Map::new(),
            })
            .into();
        let place = |p: &Problem| usize::from(p.id.0.as_bytes()[0] - b'a');
        self.store.put_problem_set("h", "x", "jsonl", &problems, place).await.unwrap();
        let new = NewRun {
            name: "r".to_owned(),
            set_hash: "h".to_owned(),
            samples: self.settings.samples,
            seed: 3,
            sampling: self.settings.sampling.as_str().to_owned(),
            model_key: "m".to_owned(),
            config: "{}".to_owned(),
        };
        let names: Vec<String> = problems.iter().map(|p| p.id.0.clone()).collect();
        let run_row = self.store.open_run(&new, &names).await.unwrap();
        let row = NewVerifier {
            name: "v".to_owned(),
            kind: "fake".to_owned(),
            role: Role::Oracle,
            version: verifier.version(),
            settings: "{}".to_owned(),
        };
        let id = self.store.put_verifier(run_row.id, &row).await.unwrap();
        let problems = self.store.run_problems(run_row.id).await.unwrap();
        let problems = problems
            .into_iter()
            .map(|(id, p)| RunProblem { id, problem: Arc::new(p), prompt: Some(Prompt::Text("p".to_owned())) })
            .collect();
        let session = Session {
            store: self.store.clone(),
            run: run_row,
            problems,
            model: Some(model),
            verifiers: vec![ActiveVerifier { id, name: "v".to_owned(), role: Role::Oracle, verifier }],
            settings: self.settings.clone(),
            cancel: self.cancel.clone(),
            progress: watch::Sender::new(Progress::default()),
        };
        run(session).await.unwrap()
    }

    async fn data(&self) -> RunData {
        let run = self.store.reader().find_run("r").await.unwrap();
        self.store.reader().run_data(&run).await.unwrap()
    }
}

#[tokio::test]
async fn every_sample_is_drawn_and_judged_once_and_extending_draws_only_the_rest() {
    let mut bed = Bed::new(10).await;
    let model = Arc::new(FakeModel { step: 4, ..FakeModel::default() });
    let verifier = Arc::new(FakeVerifier { share: true, ..FakeVerifier::default() });
    let summary = bed.session(model.clone(), verifier.clone()).await;
    assert_eq!(summary.ending, Ending::Finished);
    assert_eq!((summary.progress.samples_done, summary.progress.verdicts_done), (30, 30));
    assert!((summary.progress.cost_usd.unwrap() - 30.0).abs() < 1e-9);
    // three texts a problem at most
    assert!(verifier.calls.load(Ordering::Relaxed) <= 9);
    let first = bed.data().await;
    assert!(first.problems.iter().all(|p| p.verdicts[0].iter().all(Option::is_some)));
    bed.settings.samples = 13;
    bed.session(model.clone(), verifier).await;
    let asked = model.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 39);
    assert_eq!(asked.iter().collect::<HashSet<_>>().len(), 39);
    let data = bed.data().await;
    assert_eq!(data.problems[0].samples[..10], first.problems[0].samples[..]);
}

#[tokio::test]
async fn a_stopped_run_goes_on_to_the_same_result() {
    let whole = Bed::new(40).await;
    whole.session(Arc::default(), Arc::default()).await;
    let mut broken = Bed::new(40).await;
    let model = Arc::new(FakeModel::default());
    for budget in [17, 50, 51, 1000] {
        broken.settings.budget.samples = Some(budget);
        broken.session(model.clone(), Arc::default()).await;
    }
    assert_eq!(model.asked.lock().unwrap().len(), 120);
    assert_eq!(whole.data().await, broken.data().await);
}

#[tokio::test]
async fn a_failed_request_is_missing_and_drawn_again() {
    let bed = Bed::new(5).await;
    let summary = bed.session(Arc::new(FakeModel { fails_at: Some(2), ..FakeModel::default() }), Arc::default()).await;
    assert_eq!((summary.progress.failed, summary.progress.samples_done), (3, 12));
    let data = bed.data().await;
    assert_eq!(data.problems[0].samples[2].outcome, Outcome::Failed);
    assert_eq!(data.problems[0].verdicts[0][2], None);
    let summary = bed.session(Arc::default(), Arc::default()).await;
    assert_eq!((summary.progress.failed, summary.progress.samples_done), (0, 15));
    let data = bed.data().await;
    assert!(data.problems.iter().all(|p| p.samples.iter().all(|s| s.outcome == Outcome::Ok)));
}

#[tokio::test]
async fn absent_samples_are_reported() {
    let bed = Bed::new(5).await;
    let model = FakeModel { absent_from: Some(3), ..FakeModel::default() };
    let summary = bed.session(Arc::new(model), Arc::default()).await;
    assert_eq!(summary.ending, Ending::Finished);
    assert_eq!((summary.progress.absent, summary.progress.samples_done), (6, 9));
}

#[tokio::test]
async fn until_success_draws_no_more_than_it_must() {
    let mut bed = Bed::new(200).await;
    bed.settings.sampling = Sampling::UntilSuccess;
    bed.settings.concurrency = 1;
    let summary = bed.session(Arc::default(), Arc::default()).await;
    assert_eq!(summary.ending, Ending::Finished);
    assert!(summary.progress.samples_done < 60, "{}", summary.progress.samples_done);
    let data = bed.data().await;
    let passed = |p: &crate::analysis::ProblemData| p.verdicts[0].iter().flatten().any(|v| v.accepted() == Some(true));
    assert!(data.problems.iter().all(passed));
}

#[tokio::test]
async fn a_budget_ends_the_run_within_what_is_in_flight() {
    let mut bed = Bed::new(100).await;
    bed.settings.budget.usd = Some(20.0);
    let summary = bed.session(Arc::default(), Arc::default()).await;
    assert_eq!(summary.ending, Ending::Budget("budget_usd".to_owned()));
    let run = bed.store.reader().find_run("r").await.unwrap();
    assert_eq!(run.state, "stopped");
    let cost = summary.progress.cost_usd.unwrap();
    assert!((20.0..=24.0 + 1e-9).contains(&cost), "{cost}");
}

#[tokio::test]
async fn what_was_not_sent_is_dropped_when_a_budget_or_the_user_ends_the_session() {
    let mut bed = Bed::new(2).await;
    bed.settings.concurrency = 6;
    bed.settings.budget.usd = Some(3.0);
    let model = || Arc::new(FakeModel { waits_from: Some(1), ..FakeModel::default() });
    let summary = bed.session(model(), Arc::default()).await;
    // all samples were planned, and three of them are still to be had
    assert_eq!(summary.ending, Ending::Budget("budget_usd".to_owned()));
    assert_eq!((summary.progress.samples_done, summary.progress.failed), (3, 0));

    bed.settings.budget.usd = None;
    bed.cancel.cancel();
    let waiting = model();
    let summary = bed.session(waiting.clone(), Arc::default()).await;
    assert!(summary.ending == Ending::Stopped && waiting.halted.is_cancelled());
    bed.cancel = CancellationToken::new();
    let summary = bed.session(Arc::default(), Arc::default()).await;
    assert_eq!((summary.ending, summary.progress.samples_done), (Ending::Finished, 6));
}
