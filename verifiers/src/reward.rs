//! Scores from a reward model that someone serves. The server's protocol is behind [`Scorer`]; HTTP is not here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::{Status, Verdict};
use crate::model::{Price, Spent};
use crate::process::{self, Aggregation, Separator};
use crate::verifier::{Candidate, Scope, Verifier};

/// Changes when equal answers of the server could give another verdict.
const VERSION: &str = "reward-1";

/// How the server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// vLLM `/score`: pairs of texts.
    VllmScore,
    /// vLLM `/rerank`: one query, many documents.
    VllmRerank,
    /// vLLM `/classify`: probabilities of classes; the last class counts.
    VllmClassify,
    /// vLLM `/pooling`: a number, or one for each step.
    VllmPooling,
    /// SGLang `/classify`: `embedding[0]`.
    SglangClassify,
    /// SGLang `/v1/rerank`.
    SglangRerank,
    /// Text Embeddings Inference `/rerank`.
    TeiRerank,
    /// Text Embeddings Inference `/predict`: pairs of texts.
    TeiPredict,
    /// llama.cpp `/v1/rerank`.
    LlamacppRerank,
    /// Cohere's and Jina's `/v1/rerank`.
    CohereRerank,
    /// One's own: `{"prompt", "completion"}` to `{"score"}`, or a list of such to a list.
    Plain,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Self; 11] = [
        Self::VllmScore,
        Self::VllmRerank,
        Self::VllmClassify,
        Self::VllmPooling,
        Self::SglangClassify,
        Self::SglangRerank,
        Self::TeiRerank,
        Self::TeiPredict,
        Self::LlamacppRerank,
        Self::CohereRerank,
        Self::Plain,
    ];

    /// The word of the experiment file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VllmScore => "vllm-score",
            Self::VllmRerank => "vllm-rerank",
            Self::VllmClassify => "vllm-classify",
            Self::VllmPooling => "vllm-pooling",
            Self::SglangClassify => "sglang-classify",
            Self::SglangRerank => "sglang-rerank",
            Self::TeiRerank => "tei-rerank",
            Self::TeiPredict => "tei-predict",
            Self::LlamacppRerank => "llamacpp-rerank",
            Self::CohereRerank => "cohere-rerank",
            Self::Plain => "plain",
        }
    }
}

/// The settings of `kind = "reward"` and of the server of `kind = "process-reward"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RewardSettings {
    /// How the server is spoken to.
    pub protocol: Protocol,
    /// Where it is, without the protocol's path.
    pub base_url: String,
    /// The model's name, where the server wants one.
    pub model: Option<String>,
    /// The name of the variable that holds the key.
    pub api_key_env: Option<String>,
    /// The most samples in one request.
    pub batch: usize,
    /// A minijinja template of `prompt` and `completion` for servers that take one text.
    pub template: Option<String>,
    /// From this score on a sample passes; without it there is a score and no status.
    pub threshold: Option<f64>,
    /// Time for one request.
    pub timeout: Duration,
    /// Requests under way at once.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// The most requests a minute.
    pub requests_per_minute: Option<f64>,
    /// Of the tokens that the server says it read, where they cost something.
    pub price: Option<Price>,
    /// Step by step, for process rewards.
    pub steps: Option<StepSettings>,
}

/// Requests under way at once, unless said.
pub(crate) fn concurrency() -> usize {
    8
}

/// How a completion is cut into steps and how their scores become one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepSettings {
    /// Where steps end.
    pub separator: Separator,
    /// What of the steps' scores is the sample's score.
    pub aggregation: Aggregation,
    /// The token after each step whose value a pooling server gives.
    pub tag: String,
}

/// What is scored: a prompt and what was answered, in steps where they are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The problem's prompt.
    pub prompt: String,
    /// The completion.
    pub completion: String,
    /// Its steps, for process rewards; else empty.
    pub steps: Vec<String>,
}

/// What a server gave for some pairs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scored {
    /// One result for each pair, in order: one number, or one for each step. An error tells why there is none.
    pub scores: Vec<Result<Vec<f64>, String>>,
    /// What all of them used together.
    pub spent: Spent,
}

/// A server that scores.
#[async_trait]
pub trait Scorer: Send + Sync {
    /// One result for each pair, in order, and what they used.
    async fn score(&self, pairs: &[Pair]) -> Scored;
}

/// Judges by a server's score.
pub struct RewardVerifier {
    settings: RewardSettings,
    scorer: Arc<dyn Scorer>,
}

impl RewardVerifier {
    /// Judges with a server.
    #[must_use]
    pub fn new(settings: RewardSettings, scorer: Arc<dyn Scorer>) -> Self {
        Self { settings, scorer }
    }

    fn pair(&self, candidate: &Candidate) -> Pair {
        let completion = candidate.completion.text.clone();
        let steps = match &self.settings.steps {
            Some(steps) => process::split(&completion, &steps.separator),
            None => Vec::new(),
        };
        Pair { prompt: candidate.problem.prompt.clone(), completion, steps }
    }

    fn verdict(&self, scores: Result<Vec<f64>, String>) -> Verdict {
        let scores = match scores {
            Ok(scores) if scores.is_empty() => return Verdict::unjudged("the server gave no score"),
            Ok(scores) if scores.iter().any(|s| !s.is_finite()) => {
                return Verdict::unjudged("the server's score is no number");
            }
            Ok(scores) => scores,
            Err(why) => return Verdict::unjudged(why),
        };
        let score = match &self.settings.steps {
            Some(steps) => steps.aggregation.of(&scores),
            None => scores.last().copied(),
        };
        let Some(score) = score.filter(|s| s.is_finite()) else {
            return Verdict::unjudged("the steps' scores have no aggregate");
        };
        let status = self.settings.threshold.map(|from| if score >= from { Status::Pass } else { Status::Fail });
        let steps = if self.settings.steps.is_some() { scores } else { Vec::new() };
        Verdict { status, score: Some(score), steps, ..Verdict::new(Status::Pass) }
    }
}

#[async_trait]
impl Verifier for RewardVerifier {
    fn version(&self) -> String {
        format!("{VERSION} {} {}", self.settings.protocol.as_str(), self.settings.model.as_deref().unwrap_or("default"))
    }

    fn scope(&self) -> Scope {
        Scope::Sample { batch: self.settings.batch.max(1) }
    }

    fn concurrency(&self) -> usize {
        self.settings.concurrency.max(1)
    }

    fn spends(&self) -> bool {
        self.settings.price.is_some()
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        let started = Instant::now();
        let pairs: Vec<Pair> = batch.iter().map(|candidate| self.pair(candidate)).collect();
        let Scored { scores, mut spent } = self.scorer.score(&pairs).await;
        if let (Some(price), Some(read)) = (self.settings.price, spent.prompt_tokens) {
            let written = spent.completion_tokens.unwrap_or(0);
            spent.cost_usd = Some((read as f64 * price.input_per_mtok + written as f64 * price.output_per_mtok) / 1e6);
        }
        let mut scores = scores.into_iter();
        let share = started.elapsed() / u32::try_from(batch.len().max(1)).unwrap_or(u32::MAX);
        let missing = || Err("the server gave no score".to_owned());
        let mut verdicts: Vec<Verdict> = batch
            .iter()
            .map(|_| {
                let mut verdict = self.verdict(scores.next().unwrap_or_else(missing));
                verdict.duration = share;
                verdict
            })
            .collect();
        if let Some(first) = verdicts.first_mut() {
            first.spent = Some(Box::new(spent));
        }
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Completion, Form, Problem, ProblemId};

    struct Fixed(Vec<Result<Vec<f64>, String>>);

    #[async_trait]
    impl Scorer for Fixed {
        async fn score(&self, _: &[Pair]) -> Scored {
            Scored { scores: self.0.clone(), spent: Spent { prompt_tokens: Some(2000), ..Spent::default() } }
        }
    }

    fn candidate(text: &str) -> Candidate {
        let problem = Problem {
            id: ProblemId("p".into()),
            prompt: "question".into(),
            entry_point: None,
            reference: None,
            tests: std::collections::BTreeMap::new(),
            answer: None,
            group: None,
            fields: serde_json::Map::new(),
        };
        Candidate {
            problem: Arc::new(problem),
            sample_index: 0,
            completion: Completion { text: text.into(), form: Form::Chat },
            verdicts: std::collections::BTreeMap::new(),
        }
    }

    fn settings(threshold: Option<f64>, steps: Option<StepSettings>) -> RewardSettings {
        RewardSettings {
            protocol: Protocol::Plain,
            base_url: String::new(),
            model: None,
            api_key_env: None,
            batch: 4,
            template: None,
            threshold,
            timeout: Duration::from_secs(1),
            concurrency: 2,
            requests_per_minute: None,
            price: Some(Price { input_per_mtok: 10.0, output_per_mtok: 0.0, cached_input_per_mtok: None }),
            steps,
        }
    }

    #[tokio::test]
    async fn missing_and_undefined_scores_are_unjudged() {
        let scorer = Fixed(vec![Ok(vec![0.7]), Ok(vec![f64::NAN]), Err("HTTP 500".into()), Ok(vec![0.2])]);
        let verifier = RewardVerifier::new(settings(Some(0.5), None), Arc::new(scorer));
        let verdicts =
            verifier.judge(&[candidate("a"), candidate("b"), candidate("c"), candidate("d"), candidate("e")]).await;
        let statuses: Vec<_> = verdicts.iter().map(|v| v.status).collect();
        let unjudged = Some(Status::Unjudged);
        assert_eq!(statuses, [Some(Status::Pass), unjudged, unjudged, Some(Status::Fail), unjudged]);
        assert_eq!(verdicts[2].detail.as_deref(), Some("HTTP 500"));
        let costs: Vec<_> = verdicts.iter().map(|v| v.spent.as_ref().and_then(|s| s.cost_usd)).collect();
        assert_eq!(costs, [Some(0.02), None, None, None, None], "a batch is paid once");
    }

    #[tokio::test]
    async fn without_a_threshold_there_is_no_status() {
        let verifier = RewardVerifier::new(settings(None, None), Arc::new(Fixed(vec![Ok(vec![-3.5])])));
        let verdict = verifier.judge(&[candidate("a")]).await.remove(0);
        assert_eq!((verdict.status, verdict.score), (None, Some(-3.5)));
    }

    #[tokio::test]
    async fn steps_are_kept_and_aggregated() {
        let steps = StepSettings { separator: Separator::BlankLine, aggregation: Aggregation::Min, tag: String::new() };
        let verifier =
            RewardVerifier::new(settings(None, Some(steps)), Arc::new(Fixed(vec![Ok(vec![0.9, 0.25, 0.5])])));
        assert_eq!(verifier.pair(&candidate("a\n\nb\n\nc")).steps, ["a", "b", "c"]);
        let verdict = verifier.judge(&[candidate("a\n\nb\n\nc")]).await.remove(0);
        assert_eq!(verdict.score, Some(0.25));
        assert_eq!(verdict.steps, [0.9, 0.25, 0.5]);
    }
}
