//! Problems and their samples, one sign each.

use std::sync::Arc;

/// What is known of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Cell {
    /// Accepted and right.
    TruePositive,
    /// Accepted and wrong.
    FalsePositive,
    /// Rejected though right.
    FalseNegative,
    /// Rejected and wrong.
    TrueNegative,
    /// Accepted; no oracle has spoken.
    Accepted,
    /// Rejected; no oracle has spoken.
    Rejected,
    /// Sampled, not judged yet.
    Waiting,
    /// Could not be had.
    Missing,
    /// Not sampled yet.
    Pending,
}

impl Cell {
    /// All of them, in the order of a legend.
    pub const ALL: [Self; 9] = [
        Self::TruePositive,
        Self::FalsePositive,
        Self::FalseNegative,
        Self::TrueNegative,
        Self::Accepted,
        Self::Rejected,
        Self::Waiting,
        Self::Missing,
        Self::Pending,
    ];

    /// What it means, short.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::TruePositive => "right, accepted",
            Self::FalsePositive => "wrong, accepted",
            Self::FalseNegative => "right, rejected",
            Self::TrueNegative => "wrong, rejected",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Waiting => "not judged",
            Self::Missing => "missing",
            Self::Pending => "not sampled",
        }
    }

    /// What it means, where there is little room.
    #[must_use]
    pub fn short(self) -> &'static str {
        match self {
            Self::TruePositive => "true pos.",
            Self::FalsePositive => "false pos.",
            Self::FalseNegative => "false neg.",
            Self::TrueNegative => "true neg.",
            other => other.label(),
        }
    }
}

/// One problem.
#[derive(Debug, Clone, PartialEq)]
pub struct ProblemRow {
    /// Its id.
    pub id: Arc<str>,
    /// Its group.
    pub group: Option<Arc<str>>,
    /// Where it stands.
    pub status: ProblemStatus,
    /// Samples stored.
    pub samples: u32,
    /// Different texts among them.
    pub distinct: u32,
    /// Accepted by the selector.
    pub accepted: u32,
    /// Right by the oracle.
    pub correct: u32,
    /// Accepted and wrong.
    pub false_positive: u32,
    /// Share of right ones. Unit: probability.
    pub pass_at_1: Option<f64>,
    /// One cell a sample, by index.
    pub cells: Arc<[Cell]>,
}

/// Where a problem stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemStatus {
    /// No samples yet.
    #[default]
    Waiting,
    /// Some samples are there.
    Sampling,
    /// All samples are there, some verdicts not.
    Judging,
    /// Some sample is right.
    Solved,
    /// No sample is right.
    Unsolved,
    /// All is there, and nobody says what is right.
    Done,
}

impl ProblemStatus {
    /// The word shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sampling => "sampling",
            Self::Judging => "judging",
            Self::Solved => "solved",
            Self::Unsolved => "unsolved",
            Self::Done => "done",
        }
    }
}

/// How many problems have which share of right samples, by the oracle; problems without a judged sample are in none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// No sample is right.
    pub never: u32,
    /// Less than half of them are.
    pub seldom: u32,
    /// Half of them or more, not all.
    pub often: u32,
    /// All are.
    pub always: u32,
}
