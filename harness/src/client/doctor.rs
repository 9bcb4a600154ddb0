//! What an endpoint really supports: asks it a few short questions and says what was seen.

use serde::Serialize;
use serde_json::Value;
use verifiers::domain::ProblemId;
use verifiers::model::{Generation, Message, Model, ModelError, Prompt, Request, Response};

use super::http::HttpModel;
use super::probe::Findings;
use super::{Api, ClientError, ModelSpec};
use verifiers::counted;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As it should be.
    Good,
    /// Worth knowing; results are still what they claim to be.
    Note,
    /// A run would fail or mislead.
    Problem,
}

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What was looked at, for example `seed`.
    pub topic: &'static str,
    /// What was seen.
    pub text: String,
}

/// Tokens that each question may cost.
const TOKENS: u32 = 24;
/// Answers are compared, so the question should have many.
const QUESTION: &str = "Write one random sentence about something nobody would expect.\n";
const SEED: u32 = 20_260;
/// Answers below this many bytes agree by chance.
const TELLING: usize = 12;

struct Report(Vec<Finding>);

impl Report {
    fn add(&mut self, level: Level, topic: &'static str, text: impl Into<String>) {
        self.0.push(Finding { level, topic, text: text.into() });
    }
}

/// Asks the first endpoint of the spec about ten short questions.
///
/// # Errors
/// What [`super::connect`] refuses.
pub async fn doctor(spec: &ModelSpec, secrets: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Finding>, ClientError> {
    let mut report = Report(Vec::new());
    if spec.api == Api::Replay {
        super::connect(spec, secrets)?;
        report.add(Level::Good, "replay", "the file of completions can be read");
        return Ok(report.0);
    }
    let mut short = spec.clone();
    short.base_urls.truncate(1);
    short.stream = false;
    short.sampling.max_tokens = Some(TOKENS.min(spec.sampling.max_tokens.unwrap_or(TOKENS)));
    short.sampling.temperature = spec.sampling.temperature.filter(|t| *t > 0.0).or(Some(1.0));
    short.limits.attempts = 2;
    short.limits.down_after = std::time::Duration::from_secs(2);
    let model = HttpModel::new(&short, secrets)?;
    let findings = model.findings().await;
    listed(&mut report, spec, findings);
    let first = ask(&model, 1, SEED).await;
    if !answers(&mut report, &first) {
        return Ok(report.0);
    }
    seeds(&mut report, &model, &first).await;
    choices(&mut report, &model).await;
    let mut streaming = short.clone();
    streaming.stream = true;
    streams(&mut report, &HttpModel::new(&streaming, secrets)?).await;
    if short.api != Api::Anthropic {
        short.sampling.logprobs = true;
        let with = HttpModel::new(&short, secrets)?;
        let got = ask(&with, 1, SEED).await;
        let given = got.generations.iter().any(|generation| generation.logprob.is_some());
        let text = if given { "log-probabilities are given" } else { "log-probabilities are not given" };
        let level = if given || !spec.sampling.logprobs { Level::Good } else { Level::Problem };
        report.add(level, "logprobs", text);
    }
    if let Value::Object(adapted) = model.identity().await["adapted"].take() {
        for (name, what) in adapted {
            report.add(Level::Note, "parameters", format!("{name}: {}", what.as_str().unwrap_or_default()));
        }
    }
    Ok(report.0)
}

async fn ask(model: &HttpModel, n: u32, seed: u32) -> Response {
    let message = Message { role: "user".to_owned(), content: QUESTION.to_owned() };
    let prompt = Prompt::Chat(vec![message]);
    model.generate(&Request { problem: ProblemId("doctor".to_owned()), first_index: 0, n, seed, prompt }).await
}

/// The list of models and what llama.cpp shows of its settings.
fn listed(report: &mut Report, spec: &ModelSpec, findings: &Findings) {
    let software = findings.software.as_deref().unwrap_or("unknown software");
    let version = findings.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    match findings.models_status {
        None => report.add(Level::Note, "server", "no answer to the list of models"),
        Some(200) => report.add(Level::Good, "server", format!("{software}{version}")),
        Some(status) => report.add(Level::Note, "server", format!("the list of models answers with status {status}")),
    }
    if !findings.models.is_empty() && !findings.models.contains(&spec.model) {
        let known = findings.models.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
        report.add(Level::Note, "model", format!("`{}` is not listed; the server lists {known}", spec.model));
    }
    if let Some(slots) = findings.slots {
        let wanted = spec.limits.concurrency;
        let text =
            format!("total_slots {slots}; of the {wanted} requests allowed at a time, {} are sent", slots.min(wanted));
        report.add(if wanted > slots { Level::Note } else { Level::Good }, "slots", text);
        report.add(Level::Note, "n", "llama.cpp: one sample a request is best; n at the slot count may wait for ever");
    }
    if let Some(context) = findings.context {
        let most = u64::from(spec.sampling.max_tokens.unwrap_or(0));
        let tight = most * 2 > context;
        let level = if tight { Level::Problem } else { Level::Good };
        let end = if tight { format!("; max_tokens {most} leaves little for the prompt") } else { String::new() };
        report.add(level, "context", format!("n_ctx {context} tokens for prompt and answer{end}"));
    }
    let set = |name: &str| match name {
        "temperature" => spec.sampling.temperature.is_some(),
        "top_p" => spec.sampling.top_p.is_some(),
        "top_k" => spec.sampling.top_k.is_some(),
        "min_p" => spec.sampling.min_p.is_some(),
        "n_predict" => true,
        _ => false,
    } || spec.sampling.extra.contains_key(name);
    let neutral = |name: &str, value: &Value| match (name, value.as_f64()) {
        ("top_p" | "typical_p" | "repeat_penalty", Some(value)) => (1.0..1.0 + 1e-9).contains(&value),
        ("temperature", _) => false,
        (_, Some(value)) => value.abs() < 1e-9,
        (_, None) => true,
    };
    let active: Vec<String> = findings
        .defaults
        .iter()
        .filter(|(name, value)| !set(name) && !neutral(name, value))
        .map(|(name, value)| match value.as_f64() {
            // 0.949999988079071 was 0.95 before it was a 32-bit number
            Some(number) => format!("{name} {}", (number * 1e6).round() / 1e6),
            None => format!("{name} {value}"),
        })
        .collect();
    if !active.is_empty() {
        let text = format!("the server's own settings stay on: {}; set them in [model] to choose", active.join(", "));
        report.add(Level::Note, "filters", text);
    }
}

fn answers(report: &mut Report, first: &Response) -> bool {
    match (&first.error, first.generations.first()) {
        (_, Some(sample)) => {
            let tokens = sample.completion_tokens.map_or_else(|| "no token counts".to_owned(), |n| counted(n, "token"));
            let text = format!("an answer of {tokens} in {} ms", sample.latency.as_millis());
            report.add(Level::Good, "answer", text);
            if sample.completion_tokens.is_none() {
                report.add(Level::Note, "usage", "the server counts no tokens: token budgets and costs stay unknown");
            }
            true
        }
        (error, None) => {
            let text = match error {
                Some(ModelError::Fatal { message, hint }) => match hint {
                    Some(hint) => format!("{message} (hint: {hint})"),
                    None => message.clone(),
                },
                Some(error) => error.to_string(),
                None => "no sample came".to_owned(),
            };
            report.add(Level::Problem, "answer", text);
            false
        }
    }
}

fn text(response: &Response) -> Option<&str> {
    response.generations.first().map(|generation| generation.text.as_str())
}

async fn seeds(report: &mut Report, model: &HttpModel, first: &Response) {
    if first.generations.iter().all(|generation| generation.seed.is_none()) {
        report.add(Level::Note, "seed", "no seeds are sent: samples can't be had a second time");
        return;
    }
    let again = ask(model, 1, SEED).await;
    let mut others = Vec::new();
    for step in 1..4 {
        others.push(ask(model, 1, SEED + step).await);
    }
    let same = text(&again) == text(first);
    let differ = others.iter().any(|other| text(other) != text(first));
    let telling = text(first).is_some_and(|text| text.len() >= TELLING);
    match (same, differ) {
        (_, false) if !telling => {
            report.add(Level::Note, "seed", "the answers are too short to tell whether seeds are honoured");
        }
        (true, true) => report.add(Level::Good, "seed", "equal seeds give equal answers, other seeds others"),
        (false, _) => report.add(Level::Note, "seed", "equal seeds give different answers: seeds are not honoured"),
        (true, false) => {
            let text = "four seeds give one and the same answer: the server ignores seeds, caches, or samples greedily";
            report.add(Level::Problem, "seed", text);
        }
    }
}

async fn choices(report: &mut Report, model: &HttpModel) {
    if model.n_limit() == 1 {
        report.add(Level::Good, "n", "one sample a request");
        return;
    }
    let two = ask(model, 2, SEED + 10).await;
    let mut texts = two.generations.iter().map(|generation: &Generation| generation.text.as_str());
    let (level, text) = match (model.n_limit(), texts.next(), texts.next()) {
        (1, _, _) => (Level::Note, "n is refused or ignored: one sample a request".to_owned()),
        (_, Some(a), Some(b)) if a == b && a.len() >= TELLING => {
            (Level::Problem, "n = 2 gives two identical answers: leave n at 1".to_owned())
        }
        (_, Some(_), Some(_)) => {
            let counted = two.generations.iter().all(|generation| generation.completion_tokens.is_some());
            let end = if counted { "" } else { "; their tokens can't be counted" };
            (if counted { Level::Good } else { Level::Note }, format!("n is honoured{end}"))
        }
        _ => (Level::Note, "n = 2 gave no two answers".to_owned()),
    };
    report.add(level, "n", text);
}

async fn streams(report: &mut Report, model: &HttpModel) {
    let got = ask(model, 1, SEED + 20).await;
    match got.generations.first() {
        Some(sample) if sample.first_token.is_some() => {
            let usage = if sample.completion_tokens.is_some() { "" } else { ", without token counts" };
            report.add(Level::Good, "stream", format!("streams work{usage}"));
        }
        Some(sample) if sample.text.is_empty() => report.add(Level::Good, "stream", "a stream without text"),
        Some(_) => report.add(Level::Note, "stream", "asked for a stream, the server answers in one piece"),
        None => report.add(Level::Note, "stream", "streams fail"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::simulate::{Bank, Options, Question, start};

    /// Says something else for every seed.
    struct Babble;

    impl Bank for Babble {
        fn answer(&self, question: &Question<'_>) -> Option<String> {
            Some(format!("a number of some length: {}", question.seed))
        }

        fn problems(&self) -> usize {
            0
        }
    }

    async fn examine(change: impl FnOnce(&mut Options)) -> Vec<Finding> {
        let mut options = Options::new(Arc::new(Babble));
        change(&mut options);
        let server = start(options).await.unwrap();
        let spec = ModelSpec::new(Api::OpenaiChat, &server.base_url(), "simulated");
        doctor(&spec, &|_| None).await.unwrap()
    }

    fn level(findings: &[Finding], topic: &str) -> Vec<Level> {
        findings.iter().filter(|finding| finding.topic == topic).map(|finding| finding.level).collect()
    }

    #[tokio::test]
    async fn a_good_server_is_found_good() {
        let findings = examine(|_| ()).await;
        assert!(findings.iter().all(|finding| finding.level == Level::Good), "{findings:?}");
        for topic in ["server", "answer", "seed", "n", "stream", "logprobs"] {
            assert_eq!(level(&findings, topic), [Level::Good], "{topic}");
        }
    }

    #[tokio::test]
    async fn what_a_server_does_not_do_is_said() {
        let findings = examine(|o| o.quirks.seed_ignored = true).await;
        assert_eq!(level(&findings, "seed"), [Level::Problem]);
        let findings = examine(|o| o.quirks.n_ignored = true).await;
        assert_eq!(level(&findings, "n"), [Level::Note]);
        let findings = examine(|o| o.quirks.refused = vec!["seed".to_owned(), "max_tokens".to_owned()]).await;
        assert_eq!((level(&findings, "seed"), level(&findings, "parameters").len()), (vec![Level::Note], 2));
        let findings = examine(|o| o.quirks.api_key = Some("x".to_owned())).await;
        assert_eq!(level(&findings, "answer"), [Level::Problem]);
        let findings = examine(|o| o.model = "other".to_owned()).await;
        assert_eq!(level(&findings, "model"), [Level::Note]);
    }

    #[tokio::test]
    async fn an_endpoint_that_is_down_is_a_problem() {
        let spec = ModelSpec::new(Api::OpenaiChat, "http://127.0.0.1:1/v1", "m");
        let findings = doctor(&spec, &|_| None).await.unwrap();
        assert_eq!(findings.last().unwrap().level, Level::Problem);
    }
}
