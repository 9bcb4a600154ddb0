//! Coverage beyond the data: a prediction, with its interval, refused where it cannot be trusted.

use super::facts::Facts;
use crate::analysis::RunData;
use crate::stats::bootstrap::{below, percentile, stream};
use crate::stats::coverage::{Fit, REACH, fit};
use crate::stats::{Interval, StatsError};
use crate::table::Settings;
use verifiers::counted;

/// Refits of the interval: each is a maximisation, so fewer than for a mean.
const REFITS: usize = 400;

/// A prediction, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Extrapolation {
    /// The verifier that coverage is counted by.
    pub verifier: String,
    /// Samples per problem asked for.
    pub samples: u64,
    /// The smallest n of any problem.
    pub observed: u64,
    /// Predicted coverage of these problems with that many fresh samples each.
    pub coverage: Option<f64>,
    /// Percentile interval over resampled problems, refitted each time.
    pub interval: Option<Interval>,
    /// Predicted coverage at the observed n, to compare with the unbiased estimate.
    pub check: Option<f64>,
    /// The unbiased estimate at the observed n.
    pub estimate: Option<f64>,
    /// Why there is no prediction.
    pub refused: Option<String>,
}

/// Predicts coverage at `samples` per problem by a Beta-Binomial fit. `None` for a run without verdicts.
///
/// Source: see [`crate::stats::coverage::fit`].
///
/// # Errors
/// Counts that no estimator can use.
pub fn extrapolate(run: &RunData, settings: &Settings, samples: u64) -> Result<Option<Extrapolation>, StatsError> {
    let facts = Facts::of(run);
    let used: Vec<(u64, u64)> = facts.passes.iter().copied().filter(|(n, _)| *n > 0).collect();
    let Some(judge) = facts.judge else { return Ok(None) };
    // the likelihood does not depend on when sampling stopped, but the unbiased estimate does
    let stopped = run.sampling == "until-success";
    let observed = if stopped { used.iter().map(|(n, _)| *n).max().unwrap_or(0) } else { facts.reach() };
    let mut result = Extrapolation {
        verifier: run.verifiers[judge].name.clone(),
        samples,
        observed,
        coverage: None,
        interval: None,
        check: None,
        estimate: None,
        refused: None,
    };
    if samples > observed.saturating_mul(REACH) {
        result.refused = Some(format!(
            "{samples} is more than {REACH} times what was drawn, {} a problem",
            counted(observed, "sample")
        ));
        return Ok(Some(result));
    }
    if samples <= observed {
        result.refused =
            Some(format!("with {} a problem drawn, `pass-at-n` has it without a model", counted(observed, "sample")));
        return Ok(Some(result));
    }
    let found = match fit(&used)? {
        Fit::Found(found) => found,
        Fit::Degenerate(reason) => {
            result.refused = Some(format!("the fit is degenerate: {reason}"));
            return Ok(Some(result));
        }
    };
    let exact: Vec<f64> = used
        .iter()
        .filter_map(|&(n, c)| crate::stats::pass_at_k::pass_at_k(n, c, observed).ok().flatten().map(|p| p.pass))
        .collect();
    result.coverage = found.benchmark_pass(&used, samples);
    if !stopped {
        result.estimate = crate::stats::mean(&exact);
        result.check = found.benchmark_pass(&used, observed);
    }
    let mut replicates = Vec::new();
    for b in 0..settings.bootstrap.min(REFITS) {
        let mut rng = stream(settings.seed, b as u64);
        let drawn: Vec<(u64, u64)> = (0..used.len()).map(|_| used[below(&mut rng, used.len())]).collect();
        replicates.extend(fit(&drawn)?.parameters().and_then(|f| f.benchmark_pass(&drawn, samples)));
    }
    // resamples without a fit would leave the rest too narrow
    if used.len() > 1 && 10 * replicates.len() >= 9 * settings.bootstrap.min(REFITS) {
        result.interval = percentile(replicates, settings.confidence);
    }
    Ok(Some(result))
}

impl Extrapolation {
    /// One labelled line.
    #[must_use]
    pub fn line(&self) -> String {
        let Some(coverage) = self.coverage else {
            let why = self.refused.as_deref().unwrap_or("nothing was sampled");
            return format!("prediction of pass@{} by {}: refused, {why}", self.samples, self.verifier);
        };
        let percent = |x: f64| format!("{:.1}", 100.0 * x);
        let interval = self.interval.map_or(String::new(), |i| format!(" ({} to {})", percent(i.low), percent(i.high)));
        let factor = self.samples as f64 / self.observed.max(1) as f64;
        let check = self.check.zip(self.estimate).map_or(String::new(), |(fit, exact)| {
            format!(
                "; at n = {} the fit gives {} % where the unbiased estimate is {} %",
                self.observed,
                percent(fit),
                percent(exact)
            )
        });
        format!(
            "prediction of pass@{} by {}: {} %{interval}, {factor:.1} times beyond the data, Beta-Binomial fit{check}",
            self.samples,
            self.verifier,
            percent(coverage)
        )
    }
}
