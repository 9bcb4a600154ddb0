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
            prompt_tokens: None,
            cached_tokens: None,
            completion_tokens: None,
            usage_apportioned: false,
            logprob: None,
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
        api: "openai-chat".into(),
        base_url: String::new(),
        model: "judge".into(),
        api_key_env: None,
        temperature: None,
        max_tokens: None,
        rubric: String::new(),
        output: output.into(),
        scale: (0.0, 10.0),
        votes,
        threshold: Some(0.5),
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
    let render: Render = Arc::new(|candidate| Ok(Prompt::Text(candidate.completion.text.clone())));
    let verifier = JudgeVerifier::new(settings(output, votes), Arc::clone(&model) as Arc<dyn Model>, render).unwrap();
    (verifier.judge(&[candidate()]).await.remove(0), model)
}

#[tokio::test]
async fn votes_are_averaged_and_asked_with_seeds_of_their_own() {
    let (verdict, model) = judged("json:score", &["{\"score\": 10}", "so {\"score\": 6}", "{\"score\": 2}"], 3).await;
    assert_eq!(verdict.steps, [1.0, 0.6, 0.2]);
    assert!((verdict.score.unwrap() - 0.6).abs() < 1e-12);
    assert_eq!(verdict.status, Some(Status::Pass));
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
    let render: Render = Arc::new(|_| Err("no".into()));
    for settings in [
        settings("score", 1),
        settings("regex:(", 1),
        settings("number", 0),
        JudgeSettings { scale: (1.0, 1.0), ..settings("number", 1) },
    ] {
        assert!(JudgeVerifier::new(settings, model(), Arc::clone(&render)).is_err());
    }
}
