//! The report of a run: first what a reader wants to know, then what should make him doubt it, then the tables.

use crate::analysis::RunData;
use crate::stats::{Interval, StatsError};
use crate::table::{self, Settings, Table, TableError};

mod extrapolate;
mod facts;
mod groups;
mod render;
mod warnings;

pub use extrapolate::{Extrapolation, extrapolate};
pub use render::{json, markdown, text, thin};

/// One number that a reader wants first.
#[derive(Debug, Clone, PartialEq)]
pub struct Headline {
    /// Its name for programs.
    pub key: String,
    /// What it is, for people.
    pub label: String,
    /// The number; `None` where it is undefined.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// How it is shown.
    pub unit: Unit,
    /// What must stand beside it: a budget, a bound, a count.
    pub remark: String,
}

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A probability, in per cent.
    Share,
    /// A whole number.
    Count,
}

/// The report of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The run's name.
    pub run: String,
    /// Two-sided confidence of the intervals.
    pub confidence: f64,
    /// What a reader wants first.
    pub headlines: Vec<Headline>,
    /// Why a number may not be trusted.
    pub warnings: Vec<String>,
    /// Averages over groups, where the data set has them.
    pub groups: Option<Table>,
    /// Coverage beyond the data, where it was asked for.
    pub extrapolation: Option<Extrapolation>,
    /// The tables.
    pub tables: Vec<Table>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A table cannot be built.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A number that no estimator can use.
    #[error("cannot estimate")]
    Stats(#[from] StatsError),
}

/// Builds the report. `beyond`: samples per problem to predict coverage at.
///
/// # Errors
/// Scores that are not numbers.
pub fn build(run: &RunData, settings: &Settings, beyond: Option<u64>) -> Result<Report, ReportError> {
    let names = ["verifiers", "pass-at-n", "resampling", "reward", "false-positives", "selection", "problems"];
    // much of a table is counting, which one thread does
    let tables: Vec<Table> = std::thread::scope(|scope| {
        let threads = names.map(|name| scope.spawn(move || table::build(name, run, settings)));
        let built = threads.map(|t| t.join().unwrap_or_else(|fault| std::panic::resume_unwind(fault)));
        built.into_iter().collect::<Result<_, TableError>>()
    })?;
    let facts = facts::Facts::of(run);
    Ok(Report {
        run: run.name.clone(),
        confidence: settings.confidence,
        headlines: facts::headlines(run, &facts, &tables, settings),
        warnings: warnings::warnings(run, &facts, &tables),
        groups: groups::build(run, settings),
        extrapolation: beyond.map(|n| extrapolate(run, settings, n)).transpose()?.flatten(),
        tables,
    })
}

#[cfg(test)]
mod tests;
