use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::domain::{Completion, Form, Problem, ProblemId};
use crate::model::{Generation, ModelError, Response};

/// Says its lines one after another.
struct Lines {
    lines: Vec<&'static str>,
    asked: Mutex<Vec<(u32, u32, Prompt)>>,
}

#[async_trait]
impl Model for Lines {
    async fn generate(&self, request: &Request) -> Response {
        self.asked.lock().unwrap().push((request.first_index, request.seed, request.prompt.clone()));
        let Some(line) = self.lines.get(request.first_index as usize) else {
            let error = ModelError::Request { kind: "connect".into(), message: "refused".into() };
            return Response { error: Some(error), ..Response::default() };
        };
        let generation = Generation {
            offset: 0,
            text: (*line).to_owned(),
            form: Form::Chat,
            reasoning: None,
            outcome: if line.is_empty() { Outcome::Empty } else { Outcome::Ok },
            finish_reason: None,
            prompt_tokens: Some(1000),
            whole_prompt_tokens: None,
            cached_tokens: None,
            completion_tokens: Some(500),
            usage_apportioned: false,
            logprob: None,
            token_logprobs: None,
            latency: Duration::ZERO,
            first_token: None,
            seed: None,
            endpoint: None,
        };
        Response { generations: vec![generation], ..Response::default() }
    }

    async fn identity(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

fn settings(output: &str, votes: u32) -> JudgeSettings {
    JudgeSettings {
        ask: Ask { model: "judge".into(), ..Ask::default() },
        rubric: String::new(),
        output: output.into(),
        scale: (0.0, 10.0),
        votes,
        threshold: Some(0.5),
        mode: Mode::Single,
        price: Some(Price { input_per_mtok: 1.0, output_per_mtok: 2.0, cached_input_per_mtok: None }),
    }
}

fn candidate() -> Candidate {
    let problem = Problem {
        id: ProblemId("p".into()),
        prompt: "why".into(),
        entry_point: None,
        reference: None,
        tests: BTreeMap::new(),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    };
    Candidate {
        problem: Arc::new(problem),
        sample_index: 0,
        completion: Completion { text: "because".into(), form: Form::Chat },
        verdicts: BTreeMap::new(),
    }
}

async fn judged(output: &str, lines: &[&'static str], votes: u32) -> (Verdict, Arc<Lines>) {
    let model = Arc::new(Lines { lines: lines.to_vec(), asked: Mutex::default() });
    let render: Render = Arc::new(|_, fields| Ok(Prompt::Text(fields["completion"].as_str().unwrap().to_owned())));
    let verifier = JudgeVerifier::new(settings(output, votes), Arc::clone(&model) as Arc<dyn Model>, render).unwrap();
    (verifier.judge(&[candidate()]).await.remove(0), model)
}

#[tokio::test]
async fn votes_are_averaged_and_asked_with_seeds_of_their_own() {
    let (verdict, model) = judged("json:score", &["{\"score\": 10}", "so {\"score\": 6}", "{\"score\": 2}"], 3).await;
    assert_eq!(verdict.steps, [1.0, 0.6, 0.2]);
    assert!((verdict.score.unwrap() - 0.6).abs() < 1e-12);
    assert_eq!(verdict.status, Some(Status::Pass));
    let spent = verdict.spent.unwrap();
    assert_eq!((spent.prompt_tokens, spent.completion_tokens), (Some(3000), Some(1500)));
    assert!((spent.cost_usd.unwrap() - 0.006).abs() < 1e-12);
    let asked = model.asked.lock().unwrap();
    assert_eq!(asked.len(), 3);
    assert!(asked[0].1 != asked[1].1 && asked[1].1 != asked[2].1);
    assert_eq!(asked[0].2, Prompt::Text("because".into()));
}

#[tokio::test]
async fn what_cannot_be_read_is_missing_and_not_zero() {
    let (verdict, _) = judged("json:score", &["no idea", "{\"score\": 99}"], 2).await;
    assert_eq!((verdict.status, verdict.score), (Some(Status::Unjudged), None));
    let (verdict, _) = judged("json:score", &["no idea", "{\"score\": 4}"], 2).await;
    assert_eq!((verdict.status, verdict.score), (Some(Status::Fail), Some(0.4)));
    let (verdict, _) = judged("json:score", &[], 2).await;
    assert_eq!(verdict.status, Some(Status::Unjudged));
    assert!(verdict.detail.unwrap().contains("refused"));
    let (verdict, _) = judged("json:score", &[""], 1).await;
    assert!(verdict.detail.unwrap().contains("empty"));
}

#[tokio::test]
async fn outputs() {
    for (output, line, score) in [
        ("grade", "Good. Grade: B", 0.75),
        ("grade", "It is incorrect.", 0.0),
        ("grade", "Verdict: yes", 1.0),
        ("regex:SCORE=(\\d+)", "SCORE=1 SCORE=7", 0.7),
        ("number", "I give 3 of 10: that is 5", 0.5),
        ("json:verdict", "{\"verdict\": \"correct\"}", 1.0),
    ] {
        let (verdict, _) = judged(output, &[line], 1).await;
        assert_eq!(verdict.score, Some(score), "{output}: {line}");
    }
}

#[test]
fn bad_settings_are_refused() {
    let model = || Arc::new(Lines { lines: Vec::new(), asked: Mutex::default() }) as Arc<dyn Model>;
    let render: Render = Arc::new(|_, _| Err("no".into()));
    for settings in [
        settings("score", 1),
        settings("regex:(", 1),
        settings("number", 0),
        JudgeSettings { scale: (1.0, 1.0), ..settings("number", 1) },
    ] {
        assert!(JudgeVerifier::new(settings, model(), Arc::clone(&render)).is_err());
    }
}

/// Prefers the answer with the larger number; told to, always the first.
struct Chooser {
    blind: bool,
}

#[async_trait]
impl Model for Chooser {
    async fn generate(&self, request: &Request) -> Response {
        let Prompt::Text(text) = &request.prompt else { panic!("a text") };
        let numbers: Vec<f64> = text.split('|').map(|n| n.parse().unwrap()).collect();
        let winner = if self.blind || numbers[0] > numbers[1] { "[[A]]" } else { "[[B]]" };
        let lines = Lines { lines: vec![winner], asked: Mutex::default() };
        lines.generate(&Request { first_index: 0, ..request.clone() }).await
    }

    async fn identity(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}

fn pairwise(blind: bool) -> JudgeVerifier {
    let settings = JudgeSettings { mode: Mode::Pairwise { opponents: 3 }, ..settings("grade", 1) };
    let render: Render = Arc::new(|_, fields| {
        let text = |key: &str| fields[key].as_str().unwrap().to_owned();
        Ok(Prompt::Text(format!("{}|{}", text("first"), text("second"))))
    });
    JudgeVerifier::new(settings, Arc::new(Chooser { blind }), render).unwrap()
}

fn numbered(texts: &[&str]) -> Vec<Candidate> {
    let one =
        |text: &&str| Candidate { completion: Completion { text: (*text).into(), form: Form::Chat }, ..candidate() };
    texts.iter().map(one).collect()
}

#[tokio::test]
async fn pairs_rank_answers_and_equal_ones_share_their_place() {
    let verifier = pairwise(false);
    let verdicts = verifier.judge(&numbered(&["3", "1", "5", "1", "2"])).await;
    let scores: Vec<f64> = verdicts.iter().map(|v| v.score.unwrap()).collect();
    assert!(scores[2] > scores[0] && scores[0] > scores[4] && scores[4] > scores[1], "{scores:?}");
    assert!((scores[1] - scores[3]).abs() < 1e-12);
    // six pairs, both orders
    assert_eq!(verdicts[0].spent.as_ref().unwrap().prompt_tokens, Some(12_000));
    let remarks = verifier.remarks();
    assert!(remarks[0].contains("won 50.0 % of 12") && !remarks[0].contains("bias"), "{remarks:?}");
    assert!(remarks[1].contains("0.0 % were decided otherwise"), "{remarks:?}");
}

#[tokio::test]
async fn a_judge_that_likes_the_first_place_is_told_on() {
    let verifier = pairwise(true);
    let verdicts = verifier.judge(&numbered(&["3", "1", "5", "2"])).await;
    assert!(verdicts.iter().all(|v| (v.score.unwrap() - 0.5).abs() < 1e-9), "both orders cancel the bias");
    let remarks = verifier.remarks();
    assert!(remarks[0].contains("100.0 %") && remarks[0].contains("position bias"), "{remarks:?}");
    assert!(remarks[1].contains("100.0 % were decided otherwise"), "{remarks:?}");
    let alone = verifier.judge(&numbered(&["1", "1"])).await;
    assert_eq!(alone[0].status, Some(Status::Unjudged));
}
