//! The figures of runs, as SVG and PNG, and their page as HTML.

pub mod build;
mod conditional;
pub mod page;
pub mod png;
pub mod scores;
pub mod svg;

pub(crate) use build::rows;
pub use build::{chart, chart_at, chart_with, needs};

use std::fmt::Write as _;

use harness::analysis::RunData;
use harness::table::{Settings, Table, TableError};

use crate::chart::Chart;
use verifiers::counted;

/// A figure of `nbest plot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// pass@N by verifier.
    PassAtN,
    /// The first accepted of K.
    Resampling,
    /// Reward by K and cost.
    Reward,
    /// False discovery by attempt.
    FalsePositives,
    /// Accuracy given a pass against pass@1.
    ConditionalAccuracy,
    /// Problems by difficulty.
    Difficulty,
    /// ROC and reliability.
    Verifiers,
    /// Methods of selection.
    Selection,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PassAtN,
        Self::Resampling,
        Self::Reward,
        Self::FalsePositives,
        Self::ConditionalAccuracy,
        Self::Difficulty,
        Self::Verifiers,
        Self::Selection,
    ];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PassAtN => "pass-at-n",
            Self::Resampling => "resampling",
            Self::Reward => "reward",
            Self::FalsePositives => "false-positives",
            Self::ConditionalAccuracy => "conditional-accuracy",
            Self::Difficulty => "difficulty",
            Self::Verifiers => "verifiers",
            Self::Selection => "selection",
        }
    }

    /// The inverse of [`Figure::name`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name)
    }

    /// What it shows.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::PassAtN => "pass@N",
            Self::Resampling => "First accepted of K samples",
            Self::Reward => "Reward by draws and cost",
            Self::FalsePositives => "False discovery by attempt",
            Self::ConditionalAccuracy => "Accuracy given acceptance",
            Self::Difficulty => "Problems by difficulty",
            Self::Verifiers => "Verifiers against the oracle",
            Self::Selection => "Methods of selection",
        }
    }
}

/// A figure of runs, from the tables up. `level`: the run whose pass@1 is the horizontal line of
/// [`Figure::ConditionalAccuracy`]; `None`: the one with the greatest.
///
/// # Errors
/// A table that cannot be built.
pub fn plot(figure: Figure, runs: &[RunData], settings: &Settings, level: Option<&str>) -> Result<Chart, TableError> {
    let (mut tables, mut absent): (Vec<Table>, Vec<&str>) = (Vec::new(), Vec::new());
    for run in runs {
        let built: Vec<Table> =
            needs(figure).iter().map(|name| harness::table::build(name, run, settings)).collect::<Result<_, _>>()?;
        if built.iter().all(|table| table.rows.is_empty()) {
            absent.push(&run.name);
        }
        tables.extend(built);
    }
    let mut chart = chart_at(figure, &tables, &runs.iter().collect::<Vec<_>>(), level);
    say_intervals(&mut chart, settings);
    say_data(&mut chart, runs);
    if !absent.is_empty() {
        let _ = write!(chart.caption, " There is nothing to draw of {}.", absent.join(", "));
    }
    Ok(chart)
}

/// Adds to the caption how many problems and samples each run has.
fn say_data(chart: &mut Chart, runs: &[RunData]) {
    let of = |run: &RunData| {
        let counts = || run.problems.iter().map(|p| p.samples.len());
        let (least, most) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
        let each = if least == most { counted(least, "sample") } else { format!("{least} to {most} samples") };
        format!("{}, {} with {each} each", run.name, counted(run.problems.len(), "problem"))
    };
    if !runs.is_empty() {
        let _ = write!(chart.caption, " Data: {}.", runs.iter().map(of).collect::<Vec<_>>().join("; "));
    }
}

/// Adds to the caption how intervals are made, where there are any.
pub(crate) fn say_intervals(chart: &mut Chart, settings: &Settings) {
    if chart.lines.iter().flat_map(|l| &l.points).any(|p| p.low.is_some()) {
        let percent = settings.confidence * 100.0;
        let _ =
            write!(chart.caption, " Intervals are at {percent} %, from {}.", counted(settings.bootstrap, "resample"));
    }
}

/// What stands in the caption file beside a figure.
#[must_use]
pub fn caption(chart: &Chart) -> String {
    format!("{}. {}\n", chart.title, chart.caption.trim())
}

#[cfg(test)]
mod tests;
