//! The tables `samples` and `verdicts`, page by page: a run has more of them than memory should hold.

use std::borrow::Cow;

use verifiers::domain::{SandboxClass, Status};

use crate::store::row::{RunRow, SampleRow, VerdictRow, form_str};
use crate::store::{Reader, StoreError};
use crate::table::{Cell, Table};

/// The name of the table of samples.
pub const SAMPLES: &str = "samples";
/// The name of the table of verdicts.
pub const VERDICTS: &str = "verdicts";

/// Rows of a page.
const PAGE: u32 = 2048;

const SAMPLE_COLUMNS: [&str; 20] = [
    "run",
    "problem",
    "sample_index",
    "outcome",
    "finish_reason",
    "prompt_tokens",
    "completion_tokens",
    "cost_usd",
    "latency_ms",
    "seed",
    "duplicate_of",
    "completion",
    "reasoning",
    "first_token_ms",
    "usage_apportioned",
    "error",
    "form",
    "logprob",
    "token_logprobs",
    "group",
];
const VERDICT_COLUMNS: [&str; 14] = [
    "run",
    "problem",
    "sample_index",
    "verifier",
    "status",
    "score",
    "duration_ms",
    "detail",
    "sandbox",
    "weak",
    "flaky",
    "answer",
    "role",
    "steps",
];

/// Where the last page ended.
#[derive(Debug)]
enum Place {
    Samples(Option<(i64, u32)>),
    Verdicts(Option<(i64, u32, i64)>),
    End,
}

/// Pages of one table.
#[derive(Debug)]
pub struct Rows {
    reader: Reader,
    run_id: i64,
    run: String,
    place: Place,
    first: bool,
}

impl Rows {
    /// The table `samples`.
    #[must_use]
    pub fn samples(reader: Reader, run: &RunRow) -> Self {
        Self { reader, run_id: run.id, run: run.name.clone(), place: Place::Samples(None), first: true }
    }

    /// The table `verdicts`.
    #[must_use]
    pub fn verdicts(reader: Reader, run: &RunRow) -> Self {
        Self { place: Place::Verdicts(None), ..Self::samples(reader, run) }
    }

    /// The next page; the first one comes even when it is empty, for its columns.
    pub async fn next_page(&mut self) -> Result<Option<Table>, StoreError> {
        let (name, columns, rows): (_, &[&'static str], Vec<Vec<Cell>>) = match self.place {
            Place::Samples(after) => {
                let page = self.reader.samples_page(self.run_id, after, PAGE).await?;
                self.place = page.last().map_or(Place::End, |last| Place::Samples(Some(last.0)));
                (SAMPLES, &SAMPLE_COLUMNS, page.into_iter().map(|(_, row)| sample(&self.run, row)).collect())
            }
            Place::Verdicts(after) => {
                let page = self.reader.verdicts_page(self.run_id, after, PAGE).await?;
                self.place = page.last().map_or(Place::End, |last| Place::Verdicts(Some(last.0)));
                (VERDICTS, &VERDICT_COLUMNS, page.into_iter().map(|(_, row)| verdict(&self.run, row)).collect())
            }
            Place::End => return Ok(None),
        };
        if rows.is_empty() && !std::mem::replace(&mut self.first, false) {
            return Ok(None);
        }
        self.first = false;
        let columns = columns.iter().map(|c| Cow::Borrowed(*c)).collect();
        Ok(Some(Table { name: Cow::Borrowed(name), columns, rows, notes: Vec::new() }))
    }
}

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(Cow::Owned(text.into()))
}

fn maybe(word: Option<String>) -> Cell {
    word.map_or(Cell::Empty, text)
}

fn count(n: Option<u32>) -> Cell {
    n.map_or(Cell::Empty, |n| Cell::Int(u64::from(n)))
}

fn sample(run: &str, row: SampleRow) -> Vec<Cell> {
    let s = row.sample;
    vec![
        text(run),
        text(row.problem),
        Cell::Int(u64::from(s.sample_index)),
        text(s.outcome.as_str()),
        maybe(s.finish_reason),
        count(s.prompt_tokens),
        count(s.completion_tokens),
        Cell::Float(s.cost_usd),
        Cell::Float(s.latency_ms),
        count(s.seed),
        count(row.duplicate_of),
        text(s.text),
        maybe(s.reasoning),
        Cell::Float(s.first_token_ms),
        Cell::Bool(s.usage_apportioned),
        maybe(s.error),
        text(form_str(s.form)),
        Cell::Float(s.logprob),
        maybe(s.token_logprobs),
        maybe(row.group),
    ]
}

fn verdict(run: &str, row: VerdictRow) -> Vec<Cell> {
    let v = row.verdict;
    vec![
        text(run),
        text(row.problem),
        Cell::Int(u64::from(row.sample_index)),
        text(row.verifier),
        v.status.map_or(Cell::Empty, |s: Status| text(s.as_str())),
        Cell::Float(v.score),
        Cell::Float(Some(v.duration.as_secs_f64() * 1e3)),
        maybe(v.detail),
        v.sandbox.map_or(Cell::Empty, |c: SandboxClass| text(c.as_str())),
        Cell::Bool(v.weak),
        Cell::Bool(v.flaky),
        maybe(v.answer),
        text(row.role.as_str()),
        maybe((!v.steps.is_empty()).then(|| serde_json::json!(v.steps).to_string())),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use verifiers::domain::{Form, Outcome, Role, Verdict};

    use super::*;
    use crate::export::{Format, write};
    use crate::store::row::NewSample;

    #[test]
    fn full_rows_are_written_in_every_format() {
        let some = |word: &str| Some(word.to_owned());
        let full = NewSample {
            problem_id: 1,
            sample_index: 0,
            outcome: Outcome::Ok,
            finish_reason: some("stop"),
            form: Form::Chat,
            text: "x".to_owned(),
            reasoning: some("y"),
            prompt_tokens: Some(1),
            cached_tokens: Some(1),
            completion_tokens: Some(2),
            usage_apportioned: true,
            cost_usd: Some(0.5),
            latency_ms: Some(1.5),
            first_token_ms: Some(0.5),
            logprob: Some(-1.0),
            token_logprobs: some("[-0.5,-0.5]"),
            seed: Some(3),
            endpoint: some("e"),
            error: some("z"),
        };
        let row = SampleRow { problem: "p".to_owned(), sample: full, duplicate_of: Some(0), group: some("g") };
        let verdict_row = VerdictRow {
            problem: "p".to_owned(),
            sample_index: 0,
            verifier: "v".to_owned(),
            role: Role::Oracle,
            verdict: Verdict {
                score: Some(0.5),
                steps: vec![0.25, 0.5],
                answer: some("a"),
                detail: some("d"),
                duration: Duration::from_millis(2),
                sandbox: Some(SandboxClass::Strong),
                ..Verdict::new(Status::Pass)
            },
        };
        let tables: [(&str, &[&'static str], Vec<Cell>); 2] =
            [(SAMPLES, &SAMPLE_COLUMNS, sample("r", row)), (VERDICTS, &VERDICT_COLUMNS, verdict("r", verdict_row))];
        for (name, columns, row) in tables {
            assert!(row.iter().all(|cell| !matches!(cell, Cell::Empty | Cell::Float(None))), "{name}: {row:?}");
            let columns = columns.iter().map(|c| Cow::Borrowed(*c)).collect();
            let table = Table { name: Cow::Borrowed(name), columns, rows: vec![row], notes: Vec::new() };
            for format in
                [Format::Csv, Format::Json, Format::JsonLines, Format::Markdown, Format::Latex, Format::Parquet]
            {
                let mut bytes = Vec::new();
                write(&table, format, &mut bytes).unwrap_or_else(|error| panic!("{name} as {format:?}: {error}"));
                assert!(!bytes.is_empty());
            }
        }
    }
}
