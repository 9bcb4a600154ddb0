//! A finished or running run as the estimators see it: plain memory, no database.

use std::sync::Arc;

use verifiers::domain::{Outcome, ProblemId, Role, Status};

/// One run, read from the store. Everything that tables, figures and the report are computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct RunData {
    /// The run's name.
    pub name: String,
    /// N asked for, per problem.
    pub samples_wanted: u32,
    /// `fixed`, `until-success` or `adaptive`: how the number of samples came about.
    pub sampling: String,
    /// Another tool made it: nothing is known to be missing that it does not have.
    pub imported: bool,
    /// The run's verifiers, in the order of the experiment.
    pub verifiers: Vec<VerifierInfo>,
    /// The run's problems, in the order of the data set.
    pub problems: Vec<ProblemData>,
}

impl RunData {
    /// How many samples of this problem were asked for and never came, so that not even a failure is stored.
    #[must_use]
    pub fn undrawn(&self, problem: &ProblemData) -> u64 {
        if self.imported || self.sampling != "fixed" {
            return 0;
        }
        u64::from(self.samples_wanted).saturating_sub(problem.samples.len() as u64)
    }
}

/// A verifier of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifierInfo {
    /// Its name.
    pub name: String,
    /// Its kind, as in the experiment file.
    pub kind: String,
    /// Its role.
    pub role: Role,
    /// What asking for its verdicts used; `None` where nothing was asked.
    pub usage: Option<VerifierUsage>,
    /// What it says of its verdicts as a whole.
    pub remarks: Vec<String>,
    /// What it chose among samples, for fusion.
    pub choices: Vec<ChoiceData>,
}

/// A choice among samples that were shown together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceData {
    /// The problem's place in [`RunData::problems`].
    pub problem: usize,
    /// How many samples were shown.
    pub size: u32,
    /// What came of it.
    pub chosen: Chosen,
    /// Tokens that choosing took.
    pub completion_tokens: Option<u32>,
}

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// A sample, by index.
    Sample(u32),
    /// A text of its own, and what the oracle said of it; `None`: it could not be judged.
    Written(Option<bool>),
    /// Nothing that could be read: missing, not wrong.
    Nothing,
}

impl VerifierInfo {
    /// One that asks nobody and says nothing.
    #[must_use]
    pub fn new(name: &str, kind: &str, role: Role) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            role,
            usage: None,
            remarks: Vec::new(),
            choices: Vec::new(),
        }
    }
}

/// What a verifier used, over all sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct VerifierUsage {
    /// Requests, repeated ones too.
    pub requests: u64,
    /// Tokens read; `None`: unknown.
    pub prompt_tokens: Option<u64>,
    /// Tokens written; `None`: unknown.
    pub completion_tokens: Option<u64>,
    /// USD; `None`: unknown.
    pub cost_usd: Option<f64>,
}

/// The samples of one problem.
#[derive(Debug, Clone, PartialEq)]
pub struct ProblemData {
    /// The problem's id.
    pub id: ProblemId,
    /// Its group, where the data set has one.
    pub group: Option<Arc<str>>,
    /// Its samples by index. Missing indices (not sampled yet) are not here.
    pub samples: Vec<SampleData>,
    /// `verdicts[v][s]`: what verifier v of [`RunData::verifiers`] said of `samples[s]`; `None`: no verdict stored.
    pub verdicts: Vec<Vec<Option<VerdictData>>>,
}

/// One sample.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleData {
    /// Its place among the samples of the problem.
    pub index: u32,
    /// What became of the request; `Failed` is missing, not wrong.
    pub outcome: Outcome,
    /// First sample of the problem with the same text.
    pub duplicate_of: Option<u32>,
    /// Tokens written.
    pub completion_tokens: Option<u32>,
    /// Cost, USD.
    pub cost_usd: Option<f64>,
}

/// A verdict, as far as estimates need it.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictData {
    /// Its status; `None` for a score without threshold.
    pub status: Option<Status>,
    /// Its score.
    pub score: Option<f64>,
    /// Step scores of a process reward.
    pub steps: Option<Arc<[f64]>>,
    /// The extracted answer, for votes.
    pub answer: Option<Arc<str>>,
    /// Tests and candidate shared an interpreter.
    pub weak: bool,
}

impl VerdictData {
    /// Accepted, rejected, or `None` where the verifier could not say.
    #[must_use]
    pub fn accepted(&self) -> Option<bool> {
        self.status.and_then(Status::accepted)
    }
}

impl RunData {
    /// The place of the verifier with this name.
    #[must_use]
    pub fn verifier(&self, name: &str) -> Option<usize> {
        self.verifiers.iter().position(|v| v.name == name)
    }

    /// The first verifier with this role.
    #[must_use]
    pub fn first(&self, role: Role) -> Option<usize> {
        self.verifiers.iter().position(|v| v.role == role)
    }
}
