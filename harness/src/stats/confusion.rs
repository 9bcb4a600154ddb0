//! The four counts of a verifier against an oracle, and every rate that is made of them. Each says which conditional it is.

use super::StatsError;

/// Accepted or rejected, right or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Confusion {
    /// Accepted and correct.
    pub true_positive: u64,
    /// Accepted and wrong.
    pub false_positive: u64,
    /// Rejected and wrong.
    pub true_negative: u64,
    /// Rejected and correct.
    pub false_negative: u64,
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Confusion {
    /// All samples.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.accepted() + self.true_negative + self.false_negative
    }

    /// Accepted samples.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.true_positive + self.false_positive
    }

    /// Correct samples.
    #[must_use]
    pub fn correct(&self) -> u64 {
        self.true_positive + self.false_negative
    }

    /// Wrong samples.
    #[must_use]
    pub fn wrong(&self) -> u64 {
        self.false_positive + self.true_negative
    }

    /// P(accept | correct), the true positive rate or recall.
    #[must_use]
    pub fn completeness(&self) -> Option<f64> {
        ratio(self.true_positive, self.correct())
    }

    /// P(reject | wrong), the true negative rate.
    #[must_use]
    pub fn soundness(&self) -> Option<f64> {
        ratio(self.true_negative, self.wrong())
    }

    /// P(accept | wrong).
    #[must_use]
    pub fn false_positive_rate(&self) -> Option<f64> {
        ratio(self.false_positive, self.wrong())
    }

    /// P(reject | correct).
    #[must_use]
    pub fn false_negative_rate(&self) -> Option<f64> {
        ratio(self.false_negative, self.correct())
    }

    /// P(correct | accept).
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positive, self.accepted())
    }

    /// P(wrong | accept).
    #[must_use]
    pub fn false_discovery_rate(&self) -> Option<f64> {
        ratio(self.false_positive, self.accepted())
    }

    /// P(wrong | reject).
    #[must_use]
    pub fn negative_predictive_value(&self) -> Option<f64> {
        ratio(self.true_negative, self.true_negative + self.false_negative)
    }

    /// P(accepted and correct, or rejected and wrong).
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.true_positive + self.true_negative, self.total())
    }

    /// P(correct).
    #[must_use]
    pub fn base_rate(&self) -> Option<f64> {
        ratio(self.correct(), self.total())
    }

    /// Harmonic mean of precision and completeness.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        ratio(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)
    }

    /// Mean of completeness and soundness.
    #[must_use]
    pub fn balanced_accuracy(&self) -> Option<f64> {
        self.completeness().zip(self.soundness()).map(|(a, b)| 0.5 * (a + b))
    }

    /// Completeness + soundness - 1. Source: Youden 1950.
    #[must_use]
    pub fn youden_j(&self) -> Option<f64> {
        self.completeness().zip(self.soundness()).map(|(a, b)| a + b - 1.0)
    }

    /// Matthews' correlation; `None` where a margin is empty. Source: Matthews 1975.
    #[must_use]
    pub fn matthews(&self) -> Option<f64> {
        let [tp, fp, tn, fn_] =
            [self.true_positive, self.false_positive, self.true_negative, self.false_negative].map(|x| x as f64);
        let root: f64 = [tp + fp, tp + fn_, tn + fp, tn + fn_].iter().map(|m| m.sqrt()).product();
        (root > 0.0).then(|| (tp * tn - fp * fn_) / root)
    }

    /// Prevalence behind a pass rate measured elsewhere. See [`super::partial::rogan_gladen`].
    ///
    /// # Errors
    /// More passes than samples.
    pub fn correct_prevalence(
        &self,
        passes: u64,
        samples: u64,
    ) -> Result<Option<super::partial::Prevalence>, StatsError> {
        super::partial::rogan_gladen(passes, samples, *self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_margins_are_undefined_not_zero() {
        let c = Confusion { true_positive: 3, ..Confusion::default() };
        assert_eq!(c.completeness(), Some(1.0));
        assert_eq!((c.soundness(), c.false_positive_rate(), c.negative_predictive_value()), (None, None, None));
        assert_eq!((c.matthews(), c.youden_j(), c.balanced_accuracy()), (None, None, None));
        assert_eq!(Confusion::default().f1(), None);
    }
}
