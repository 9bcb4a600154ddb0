//! The ways to combine verdicts.

use serde::{Deserialize, Serialize};

/// How verdicts are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The mean score.
    Mean,
    /// The product of the scores.
    Product,
    /// The share of verifiers that accept.
    Vote,
    /// Accuracies learned by expectation maximisation, verifiers independent given the truth.
    ///
    /// Source: Dawid and Skene 1979, doi:10.2307/2346806.
    NaiveBayes,
    /// Accuracies from the agreement of triplets.
    ///
    /// Source: Fu 2020, arXiv:2002.11955; used for weak verifiers by Saad-Falcon 2025, arXiv:2506.18203.
    Triplets,
    /// Weights learned from labels, by ridge logistic regression.
    Logistic,
    /// One verifier's scores as probabilities ([`Calibration::Temperature`]).
    Temperature,
    /// One verifier's scores as probabilities ([`Calibration::Platt`]).
    Platt,
    /// One verifier's scores as probabilities ([`Calibration::Isotonic`]).
    Isotonic,
}

/// How scores become probabilities, by labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calibration {
    /// Log-odds over one number. Scores from 0 to 1 are probabilities, others log-odds.
    ///
    /// Source: Guo 2017, arXiv:1706.04599.
    Temperature,
    /// A logistic function of the score.
    ///
    /// Source: Platt 1999.
    Platt,
    /// The best rising step function, straight between its steps.
    ///
    /// Source: Zadrozny and Elkan 2002, doi:10.1145/775047.775151.
    Isotonic,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Mean,
        Self::Product,
        Self::Vote,
        Self::NaiveBayes,
        Self::Triplets,
        Self::Logistic,
        Self::Temperature,
        Self::Platt,
        Self::Isotonic,
    ];

    /// What it fits, where it calibrates.
    pub(super) fn calibration(self) -> Option<Calibration> {
        match self {
            Self::Temperature => Some(Calibration::Temperature),
            Self::Platt => Some(Calibration::Platt),
            Self::Isotonic => Some(Calibration::Isotonic),
            _ => None,
        }
    }

    /// The word of the experiment file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Product => "product",
            Self::Vote => "vote",
            Self::NaiveBayes => "naive-bayes",
            Self::Triplets => "triplets",
            Self::Logistic => "logistic",
            Self::Temperature => "temperature",
            Self::Platt => "platt",
            Self::Isotonic => "isotonic",
        }
    }
}
