//! Pure estimators: counts, scores and answers in, numbers out.
//!
//! Nothing here reads a clock, a file or an unseeded generator, and no result depends on the number of threads. A number that
//! the data cannot give (k beyond n, an empty class, one problem's standard error) is `None`, never 0 and never clamped;
//! input that makes no sense (c above n, a NaN score) is a [`StatsError`].
//!
//! - [`pass_at_k`]: coverage and its relatives; [`bayes`]: the same with a prior; [`coverage`]: beyond the data
//! - [`resampling`]: resample until the verifier accepts; [`mixture`]: the same from believed types of problem
//! - [`best_of_n`], [`majority`], [`weighted`], [`shortest`]: what a choice among n samples gets
//! - [`confusion`], [`ranking`], [`threshold`], [`calibration`], [`partial`]: how good a verifier is
//! - [`interval`], [`bootstrap`], [`sequential`]: how sure one can be; [`comparison`], [`trend`], [`allocation`]: what follows
//! - [`revision`], [`agreement`], [`ensemble`]: revisions, agreement with generated tests, many weak verifiers
//! - [`special`]: the functions underneath; [`serve`]: all of it as JSON lines
pub mod agreement;
pub mod allocation;
pub mod bayes;
pub mod best_of_n;
pub mod bootstrap;
pub mod calibration;
pub mod comparison;
pub mod confusion;
pub mod coverage;
pub mod ensemble;
pub mod interval;
pub mod majority;
pub mod mixture;
pub mod partial;
pub mod pass_at_k;
pub mod ranking;
pub mod resampling;
pub mod revision;
pub mod scaled;
pub mod sequential;
pub mod serve;
pub mod shortest;
pub mod special;
pub mod threshold;
pub mod trend;
pub mod weighted;

/// Input that no estimator can make sense of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatsError {
    /// More successes than samples.
    #[error("{what}: {part} is more than {whole}")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// The count that is too large.
        part: u64,
        /// The count it must not exceed.
        whole: u64,
    },
    /// Two arrays that belong together differ in length.
    #[error("{what}: {left} and {right} values do not match")]
    Length {
        /// Which arrays.
        what: &'static str,
        /// Values in the first.
        left: usize,
        /// Values in the second.
        right: usize,
    },
    /// A NaN, or a number outside its range.
    #[error("{what} must be {must}")]
    Domain {
        /// Which number.
        what: &'static str,
        /// The range it must lie in.
        must: &'static str,
    },
    /// An argument that is absent or of the wrong type.
    #[error("input `{name}` must be {must}")]
    Input {
        /// The argument.
        name: String,
        /// What it must be.
        must: &'static str,
    },
    /// A function that does not exist.
    #[error("no function `{name}`{}", .nearest.as_ref().map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown {
        /// The name asked for.
        name: String,
        /// The nearest known name.
        nearest: Option<String>,
    },
}

/// A two-sided interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The mean; `None` of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample variance (divisor M - 1); `None` below two values.
#[must_use]
pub fn variance(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let centre = mean(values)?;
    Some(values.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / (values.len() - 1) as f64)
}

/// The standard error of the mean of independent values; `None` below two values.
#[must_use]
pub fn standard_error(values: &[f64]) -> Option<f64> {
    variance(values).map(|v| (v / values.len() as f64).sqrt())
}

pub(crate) fn same_length(what: &'static str, left: usize, right: usize) -> Result<(), StatsError> {
    if left == right { Ok(()) } else { Err(StatsError::Length { what, left, right }) }
}

pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), StatsError> {
    if values.iter().any(|x| !x.is_finite()) {
        return Err(StatsError::Domain { what, must: "a finite number" });
    }
    Ok(())
}

pub(crate) fn not_nan(what: &'static str, values: &[f64]) -> Result<(), StatsError> {
    if values.iter().any(|x| x.is_nan()) {
        return Err(StatsError::Domain { what, must: "a number, not NaN" });
    }
    Ok(())
}

pub(crate) fn probability(what: &'static str, p: f64) -> Result<(), StatsError> {
    if (0.0..=1.0).contains(&p) { Ok(()) } else { Err(StatsError::Domain { what, must: "between 0 and 1" }) }
}

pub(crate) fn open_probability(what: &'static str, p: f64) -> Result<(), StatsError> {
    if p > 0.0 && p < 1.0 { Ok(()) } else { Err(StatsError::Domain { what, must: "above 0 and below 1" }) }
}

pub(crate) fn positive(what: &'static str, x: f64) -> Result<(), StatsError> {
    if x > 0.0 && x.is_finite() { Ok(()) } else { Err(StatsError::Domain { what, must: "above 0" }) }
}

pub(crate) fn at_most(what: &'static str, part: u64, whole: u64) -> Result<(), StatsError> {
    if part <= whole { Ok(()) } else { Err(StatsError::TooMany { what, part, whole }) }
}
