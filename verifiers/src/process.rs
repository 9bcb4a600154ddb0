//! Process rewards: a completion in steps, and what of the steps' scores is the sample's score.

use serde::{Deserialize, Serialize};

/// Where a step ends and the next begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Separator {
    /// At blank lines.
    BlankLine,
    /// Before lines that start with a number (`1.`, `2)`, `Step 3:`).
    Numbered,
    /// At a text of one's own.
    Own(String),
}

/// How the scores of the steps become one.
///
/// Source: Lightman 2023, arXiv:2305.20050 (product, minimum); Snell 2024, arXiv:2408.03314 (last).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregation {
    /// The last step's.
    Last,
    /// The smallest.
    Min,
    /// The product.
    Prod,
    /// The mean.
    Mean,
    /// The sum of the log-odds of probabilities; 0 and 1 count as 1e-6 from the end.
    SumLogit,
}

impl Aggregation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Last, Self::Min, Self::Prod, Self::Mean, Self::SumLogit];

    /// The word of the experiment file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Min => "min",
            Self::Prod => "prod",
            Self::Mean => "mean",
            Self::SumLogit => "sum-logit",
        }
    }

    /// One number for all steps. `None` without steps, and for log-odds of what is no probability.
    #[must_use]
    pub fn of(self, steps: &[f64]) -> Option<f64> {
        let last = *steps.last()?;
        Some(match self {
            Self::Last => last,
            Self::Min => steps.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Prod => steps.iter().product(),
            Self::Mean => steps.iter().sum::<f64>() / steps.len() as f64,
            Self::SumLogit => {
                if steps.iter().any(|p| !(0.0..=1.0).contains(p)) {
                    return None;
                }
                let logit = |p: f64| (p / (1.0 - p)).ln();
                steps.iter().map(|p| logit(p.clamp(1e-6, 1.0 - 1e-6))).sum()
            }
        })
    }
}

/// The steps of a text, without the empty ones; a text without separators is one step.
#[must_use]
pub fn split(text: &str, separator: &Separator) -> Vec<String> {
    let pieces: Vec<String> = match separator {
        Separator::BlankLine => {
            let mut steps = vec![String::new()];
            for line in text.lines() {
                match steps.last_mut() {
                    Some(step) if !line.trim().is_empty() => {
                        step.push_str(line);
                        step.push('\n');
                    }
                    _ => steps.push(String::new()),
                }
            }
            steps
        }
        Separator::Numbered => {
            let mut steps = vec![String::new()];
            for line in text.lines() {
                if is_numbered(line) {
                    steps.push(String::new());
                }
                if let Some(step) = steps.last_mut() {
                    step.push_str(line);
                    step.push('\n');
                }
            }
            steps
        }
        Separator::Own(mark) if mark.is_empty() => vec![text.to_owned()],
        Separator::Own(mark) => text.split(mark.as_str()).map(str::to_owned).collect(),
    };
    pieces.into_iter().map(|step| step.trim().to_owned()).filter(|step| !step.is_empty()).collect()
}

fn is_numbered(line: &str) -> bool {
    let line = line.trim_start().trim_start_matches(['#', '*', ' ']);
    let line = line.strip_prefix("Step ").or_else(|| line.strip_prefix("step ")).unwrap_or(line);
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && rest.starts_with(['.', ')', ':']) && !rest[1..].starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_split() {
        let split_own = |text: &str| split(text, &Separator::Own("ки".into()));
        assert_eq!(split("a\nb\n\n\nc\n", &Separator::BlankLine), ["a\nb", "c"]);
        assert_eq!(
            split("Plan\n1. a\nmore\n2) b\n**Step 3:** c\n3.5 is no step", &Separator::Numbered),
            ["Plan", "1. a\nmore", "2) b", "**Step 3:** c\n3.5 is no step"]
        );
        assert_eq!(split_own("a ки\n b ки\n"), ["a", "b"]);
        assert!(split("\n\n", &Separator::BlankLine).is_empty());
    }

    #[test]
    fn aggregates() {
        let steps = [0.5, 0.8, 0.25];
        let of = |aggregation: Aggregation| aggregation.of(&steps).unwrap();
        assert!((of(Aggregation::Last) - 0.25).abs() < 1e-15);
        assert!((of(Aggregation::Min) - 0.25).abs() < 1e-15);
        assert!((of(Aggregation::Prod) - 0.1).abs() < 1e-15);
        assert!((of(Aggregation::Mean) - 1.55 / 3.0).abs() < 1e-15);
        assert!((of(Aggregation::SumLogit) - (4.0_f64.ln() + (1.0_f64 / 3.0).ln())).abs() < 1e-12);
        assert_eq!(Aggregation::SumLogit.of(&[1.5]), None);
        assert_eq!(Aggregation::Last.of(&[]), None);
    }
}
