//! Generative selection: a model is shown several samples of one problem and picks one of them, or writes an answer of its own.
//!
//! Samples are shown in groups that never change: group g of size n holds the samples g n to g n + n - 1 in the order of their
//! indices, shuffled for the prompt. Samples are exchangeable, so the groups of one size are independent trials of the method at that n,
//! and a run that grows adds groups without asking again about old ones.
//!
//! Source: Qi 2025, "Learning to reason across parallel samples", arXiv:2506.09014 (writes); Chen 2023, "Universal self-consistency",
//! arXiv:2311.17311 (picks).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::counted;
use crate::domain::{Completion, Outcome, Problem, Verdict};
use crate::judge::Render;
use crate::model::{Ask, Model, Price, Request, Spent};
use crate::verifier::{Candidate, Scope, Verifier};

/// Changes when the same samples could give another choice.
const VERSION: &str = "fusion-1";

/// What the model does with the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Names one of them.
    Pick,
    /// Writes an answer, which the oracle judges like a sample.
    Write,
}

/// The settings of `kind = "fusion"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FusionSettings {
    /// Which model is asked, and how.
    pub ask: Ask,
    /// What it does.
    pub mode: Mode,
    /// How many samples it is shown: each size is measured.
    pub sizes: Vec<u32>,
    /// The most groups of each size and problem.
    pub groups: u32,
    /// A minijinja template of `prompt`, `candidates`, `entry_point`, `answer` and `fields`.
    pub template: String,
    /// Of its tokens, where known.
    pub price: Option<Price>,
}

/// Samples that are shown together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// How many.
    pub size: u32,
    /// Which of the groups of that size.
    pub number: u32,
    /// Sample indices, in the order in which they are shown.
    pub members: Vec<u32>,
}

/// What came of one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// The sample that was picked.
    pub picked: Option<u32>,
    /// What was written.
    pub written: Option<Completion>,
    /// Why there is neither.
    pub detail: Option<String>,
    /// What asking used.
    pub spent: Spent,
}

/// Chooses by asking a model.
pub struct FusionVerifier {
    settings: FusionSettings,
    model: Arc<dyn Model>,
    render: Render,
    asked: AtomicU64,
    unread: AtomicU64,
}

impl FusionVerifier {
    /// Checks the settings.
    ///
    /// # Errors
    /// Where no size of a group is two or more.
    pub fn new(settings: FusionSettings, model: Arc<dyn Model>, render: Render) -> Result<Self, String> {
        if settings.sizes.is_empty() || settings.sizes.iter().any(|n| *n < 2) {
            return Err("`n` lists how many samples are shown together, each at least 2".to_owned());
        }
        Ok(Self { settings, model, render, asked: AtomicU64::new(0), unread: AtomicU64::new(0) })
    }

    /// The groups among these samples of a problem (indices, ascending).
    #[must_use]
    pub fn groups(&self, problem: &Problem, indices: &[u32]) -> Vec<Group> {
        let mut groups = Vec::new();
        for &size in &self.settings.sizes {
            let chunks = indices.chunks_exact(size as usize).take(self.settings.groups as usize);
            groups.extend((0_u32..).zip(chunks).map(|(number, chunk)| {
                let mut members = chunk.to_vec();
                shuffle(&mut members, &problem.id.0, size, number);
                Group { size, number, members }
            }));
        }
        groups
    }

    /// Asks about one group; `candidates` are its members in order.
    pub async fn choose(&self, group: &Group, candidates: &[Candidate]) -> Choice {
        let Some(problem) = candidates.first().map(|c| &c.problem) else { return Choice::default() };
        let texts: Vec<Value> = candidates.iter().map(|c| c.completion.text.as_str().into()).collect();
        let prompt = match (self.render)(problem, Map::from_iter([("candidates".to_owned(), Value::Array(texts))])) {
            Ok(prompt) => prompt,
            Err(why) => return failed(format!("the template could not be filled in: {why}")),
        };
        let seed = seed(&problem.id.0, group.size, group.number);
        let request = Request { problem: problem.id.clone(), first_index: 0, n: 1, seed, prompt };
        let response = self.model.generate(&request).await;
        let mut spent = Spent::default();
        spent.add_response(&response, self.settings.price);
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut choice = match response.generations.into_iter().next() {
            Some(said) if said.outcome == Outcome::Ok => match self.settings.mode {
                Mode::Write => {
                    Choice { written: Some(Completion { text: said.text, form: said.form }), ..Choice::default() }
                }
                Mode::Pick => match named(&said.text, group.members.len()) {
                    Some(place) => Choice { picked: group.members.get(place).copied(), ..Choice::default() },
                    None => failed("the answer names none of the candidates".to_owned()),
                },
            },
            Some(said) => failed(format!("the answer is {}", said.outcome.as_str())),
            None => failed(response.error.map_or_else(|| "no answer".to_owned(), |error| error.to_string())),
        };
        self.unread.fetch_add(u64::from(choice.detail.is_some()), Ordering::Relaxed);
        choice.spent = spent;
        choice
    }
}

fn failed(why: String) -> Choice {
    Choice { detail: Some(why), ..Choice::default() }
}

/// The place (from 0) of the candidate that an answer names: the last `[[k]]`, else the last number from 1 to `count`.
fn named(text: &str, count: usize) -> Option<usize> {
    let fits = |n: &usize| (1..=count).contains(n);
    let marked = text.rsplit("[[").next().filter(|_| text.contains("[["));
    let marked = marked.and_then(|rest| rest.split("]]").next()?.trim().parse::<usize>().ok());
    let last =
        || text.split(|c: char| !c.is_ascii_digit()).rev().filter_map(|word| word.parse::<usize>().ok()).find(fits);
    marked.filter(fits).or_else(last).map(|n| n - 1)
}

fn digest(problem: &str, size: u32, number: u32) -> blake3::OutputReader {
    let mut hasher = blake3::Hasher::new();
    hasher.update(problem.as_bytes()).update(&size.to_le_bytes()).update(&number.to_le_bytes());
    hasher.finalize_xof()
}

fn seed(problem: &str, size: u32, number: u32) -> u32 {
    let mut word = [0; 4];
    digest(problem, size, number).fill(&mut word);
    u32::from_le_bytes(word) & 0x7fff_ffff
}

/// Fisher and Yates, by a hash of what the group is.
fn shuffle(members: &mut [u32], problem: &str, size: u32, number: u32) {
    let mut words = digest(problem, size, number);
    for last in (1..members.len()).rev() {
        let mut word = [0; 8];
        words.fill(&mut word);
        let place = u64::from_le_bytes(word) % (last as u64 + 1);
        members.swap(last, usize::try_from(place).unwrap_or(0));
    }
}

#[async_trait]
impl Verifier for FusionVerifier {
    fn version(&self) -> String {
        format!("{VERSION} {}", self.settings.ask.model)
    }

    fn scope(&self) -> Scope {
        Scope::Problem
    }

    fn concurrency(&self) -> usize {
        self.settings.ask.concurrency.max(1)
    }

    fn spends(&self) -> bool {
        true
    }

    fn fusion(&self) -> Option<&FusionVerifier> {
        Some(self)
    }

    fn remarks(&self) -> Vec<String> {
        let (asked, unread) = (self.asked.load(Ordering::Relaxed), self.unread.load(Ordering::Relaxed));
        if unread == 0 { Vec::new() } else { vec![format!("no choice in {unread} of {}", counted(asked, "answer"))] }
    }

    /// Samples have no verdict of their own here: what is chosen is a matter of groups.
    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        batch.iter().map(|_| Verdict::unjudged("fusion chooses among samples and judges none")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Form, ProblemId};
    use crate::model::{Generation, Prompt, Response};

    /// Picks the candidate that is called good, or writes its name.
    struct Reader;

    #[async_trait]
    impl Model for Reader {
        async fn generate(&self, request: &Request) -> Response {
            let Prompt::Text(text) = &request.prompt else { panic!("a text") };
            let place = text.split('|').position(|word| word == "good");
            let text =
                place.map_or_else(|| "none of them".to_owned(), |at| format!("I compare 1 and 2: [[{}]]", at + 1));
            let generation = Generation {
                offset: 0,
                text,
                form: Form::Chat,
                reasoning: None,
                outcome: Outcome::Ok,
                finish_reason: None,
                prompt_tokens: Some(10),
                whole_prompt_tokens: None,
                cached_tokens: None,
                completion_tokens: Some(1),
                usage_apportioned: false,
                logprob: None,
                token_logprobs: None,
                latency: std::time::Duration::ZERO,
                first_token: None,
                seed: None,
                endpoint: None,
            };
            Response { generations: vec![generation], ..Response::default() }
        }

        async fn identity(&self) -> Value {
            Value::Null
        }
    }

    fn verifier(mode: Mode) -> FusionVerifier {
        let settings = FusionSettings {
            ask: Ask::default(),
            mode,
            sizes: vec![2, 4],
            groups: 2,
            template: String::new(),
            price: None,
        };
        let render: Render = Arc::new(|_, fields| {
            let list = fields["candidates"].as_array().unwrap();
            Ok(Prompt::Text(list.iter().map(|t| t.as_str().unwrap()).collect::<Vec<_>>().join("|")))
        });
        FusionVerifier::new(settings, Arc::new(Reader), render).unwrap()
    }

    fn problem() -> Problem {
        Problem {
            id: ProblemId("p".into()),
            prompt: "q".into(),
            entry_point: None,
            reference: None,
            tests: std::collections::BTreeMap::new(),
            answer: None,
            group: None,
            fields: Map::new(),
        }
    }

    #[test]
    fn groups_stay_when_samples_are_added() {
        let fusion = verifier(Mode::Pick);
        let few = fusion.groups(&problem(), &[0, 1, 2, 3, 4]);
        let many = fusion.groups(&problem(), &(0..40).collect::<Vec<_>>());
        let sizes: Vec<_> = few.iter().map(|g| (g.size, g.number)).collect();
        assert_eq!(sizes, [(2, 0), (2, 1), (4, 0)]);
        assert_eq!(many.len(), 4);
        assert!(few.iter().all(|group| many.contains(group)));
        let mut members = few[2].members.clone();
        members.sort_unstable();
        assert_eq!(members, [0, 1, 2, 3]);
    }

    #[tokio::test]
    async fn a_choice_is_picked_or_written_or_missing() {
        let problem = Arc::new(problem());
        let candidate = |text: &str| Candidate {
            problem: Arc::clone(&problem),
            sample_index: 0,
            completion: Completion { text: text.into(), form: Form::Chat },
            verdicts: std::collections::BTreeMap::new(),
        };
        let group = Group { size: 2, number: 0, members: vec![7, 3] };
        let fusion = verifier(Mode::Pick);
        let choice = fusion.choose(&group, &[candidate("bad"), candidate("good")]).await;
        assert_eq!((choice.picked, choice.spent.tokens()), (Some(3), 11));
        let none = fusion.choose(&group, &[candidate("bad"), candidate("bad")]).await;
        assert_eq!((none.picked, none.detail.is_some()), (None, true));
        assert_eq!(fusion.remarks(), ["no choice in 1 of 2 answers"]);
        let written = verifier(Mode::Write).choose(&group, &[candidate("good"), candidate("bad")]).await.written;
        assert!(written.unwrap().text.ends_with("[[1]]"));
    }

    #[test]
    fn candidates_are_named() {
        assert_eq!(named("[[3]] no, [[2]]", 4), Some(1));
        assert_eq!(named("[[9]]", 4), None);
        assert_eq!(named("Candidate 3 is best", 4), Some(2));
        assert_eq!(named("none", 4), None);
    }
}
