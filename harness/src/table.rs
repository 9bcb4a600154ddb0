//! The tables of a run: from [`RunData`] to typed rows, every column in the order that scripts rely on.
//!
//! A sample whose request failed, or that a verifier could not judge, is missing: it leaves n and is counted. A refused or
//! empty answer is wrong. Tables end at the smallest n of any problem.

use std::borrow::Cow;

use crate::analysis::RunData;
use crate::stats::StatsError;
use crate::stats::bootstrap::Plan;

mod counts;
mod pass;
mod problems;
mod resampling;
mod reward;
mod seen;
mod selection;
mod verifiers;

pub use counts::{Pair, Tally, pairs, tally};
pub(crate) use seen::{Seen, reach, stopping};
pub(crate) use selection::values as selection_values;

/// The tables that can be built from a run in memory.
pub const NAMES: [&str; 7] =
    ["pass-at-n", "resampling", "reward", "false-positives", "verifiers", "selection", "problems"];

/// One value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A word.
    Text(Cow<'static, str>),
    /// A count.
    Int(u64),
    /// A number; `None` where it is undefined.
    Float(Option<f64>),
    /// Yes or no.
    Bool(bool),
    /// Undefined, whatever the column holds.
    Empty,
}

impl Cell {
    fn text(word: &str) -> Self {
        Self::Text(Cow::Owned(word.to_owned()))
    }

    fn count(n: usize) -> Self {
        Self::Int(n as u64)
    }
}

impl From<f64> for Cell {
    fn from(x: f64) -> Self {
        Self::Float(Some(x).filter(|x| x.is_finite()))
    }
}

impl From<Option<f64>> for Cell {
    fn from(x: Option<f64>) -> Self {
        Self::Float(x.filter(|x| x.is_finite()))
    }
}

impl From<u64> for Cell {
    fn from(n: u64) -> Self {
        Self::Int(n)
    }
}

/// A table: rows of cells, one cell a column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its columns.
    pub columns: Vec<Cow<'static, str>>,
    /// Its rows, ordered by the first columns.
    pub rows: Vec<Vec<Cell>>,
    /// What a reader must know: problems left out, why it is empty, where it ends.
    pub notes: Vec<String>,
}

impl Table {
    fn new(name: &'static str, columns: &[&'static str]) -> Self {
        Self {
            name: Cow::Borrowed(name),
            columns: columns.iter().map(|c| Cow::Borrowed(*c)).collect(),
            ..Self::default()
        }
    }

    /// The place of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }

    fn note(&mut self, line: impl Into<String>) {
        let line = line.into();
        if !self.notes.contains(&line) {
            self.notes.push(line);
        }
    }
}

/// What an analysis may choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Two-sided confidence of every interval.
    pub confidence: f64,
    /// Bootstrap resamples.
    pub bootstrap: usize,
    /// Costs of a submitted wrong answer, in units of the gain of a right one.
    pub costs: Vec<f64>,
    /// Seed of every resample.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { confidence: 0.95, bootstrap: 10_000, costs: vec![0.0, 0.5, 1.0, 2.0, 4.0, 8.0], seed: 0 }
    }
}

impl Settings {
    /// The bootstrap these settings ask for.
    #[must_use]
    pub fn plan(&self) -> Plan {
        Plan { replicates: self.bootstrap, seed: self.seed, confidence: self.confidence }
    }
}

/// Why a table cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// No table has this name.
    #[error("no table `{name}`; tables: {}, samples, verdicts, all", NAMES.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// A verdict carries a number that no estimator can use.
    #[error("cannot estimate `{table}`")]
    Stats {
        /// The table.
        table: &'static str,
        /// What is wrong.
        #[source]
        source: StatsError,
    },
}

/// Builds the table of this name.
///
/// # Errors
/// A name that is none of [`NAMES`], or a score that is not a number.
pub fn build(name: &str, run: &RunData, settings: &Settings) -> Result<Table, TableError> {
    let stats = |table| move |source| TableError::Stats { table, source };
    match name {
        "pass-at-n" => Ok(pass::build(run, settings)),
        "resampling" => Ok(resampling::build(run, settings)),
        "reward" => Ok(reward::build(run, settings)),
        "false-positives" => Ok(resampling::false_positives(run, settings)),
        "verifiers" => verifiers::build(run, settings).map_err(stats("verifiers")),
        "selection" => selection::build(run, settings).map_err(stats("selection")),
        "problems" => Ok(problems::build(run)),
        _ => Err(TableError::Unknown { name: name.to_owned() }),
    }
}

#[cfg(test)]
pub(crate) mod tests;
