//! Best of N by score: the expected correctness of the highest scored of N samples drawn without replacement.

use super::{StatsError, at_most, finite, not_nan, pass_at_k, same_length, standard_error};

/// Samples of equal score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TieGroup {
    /// The score.
    pub score: f64,
    /// How many samples have it.
    pub size: u64,
    /// Their summed correctness (or gold reward).
    pub correct: f64,
}

/// Sorted tie groups of scored samples, ready for any N.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranked {
    groups: Vec<TieGroup>,
    n: u64,
}

impl Ranked {
    /// From one score and one correctness (or gold reward) per sample.
    ///
    /// # Errors
    /// Arrays of different length, a NaN score, or a label that is not finite.
    pub fn new(scores: &[f64], labels: &[f64]) -> Result<Self, StatsError> {
        same_length("scores and labels", scores.len(), labels.len())?;
        finite("a label", labels)?;
        let groups = scores.iter().zip(labels).map(|(&score, &correct)| TieGroup { score, size: 1, correct }).collect();
        Self::from_groups(groups)
    }

    /// From groups of equal score, in any order.
    ///
    /// # Errors
    /// A NaN score.
    pub fn from_groups(mut groups: Vec<TieGroup>) -> Result<Self, StatsError> {
        not_nan("a score", &groups.iter().map(|g| g.score).collect::<Vec<_>>())?;
        groups.retain(|g| g.size > 0);
        // + 0.0 makes -0.0 tie 0.0 under the total order
        groups.sort_by(|a, b| (b.score + 0.0).total_cmp(&(a.score + 0.0)));
        let mut merged: Vec<TieGroup> = Vec::with_capacity(groups.len());
        for g in groups {
            match merged.last_mut() {
                Some(last) if last.score <= g.score => {
                    last.size += g.size;
                    last.correct += g.correct;
                }
                _ => merged.push(g),
            }
        }
        let n = merged.iter().map(|g| g.size).sum();
        Ok(Self { groups: merged, n })
    }

    /// The number of samples.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.n
    }

    /// Expected correctness of the best of `draws`; ties are shared evenly. `None` for N = 0 or N > n. About 40 n / N steps.
    ///
    /// It need not rise with N: a score that is wrong at the top is what this shows.
    /// Source: Nakano et al. 2021 (WebGPT), arXiv:2112.09332, appendix I; ties as in the mean over random tie orders.
    #[must_use]
    pub fn best_of(&self, draws: u64) -> Option<f64> {
        if draws == 0 || draws > self.n {
            return None;
        }
        // C(L, N) / C(n, N) for L samples at or below the current one
        let (mut below, mut ratio, mut value) = (self.n, 1.0, 0.0);
        for g in &self.groups {
            // the highest drawn is of this group where one of the group is drawn, given that none above is
            let Ok(Some(drawn)) = pass_at_k::pass_at_k(below, g.size, draws.min(below)) else { break };
            value += g.correct / g.size as f64 * ratio * drawn.pass;
            ratio *= drawn.fail;
            below -= g.size;
            if ratio < 1e-20 {
                break;
            }
        }
        Some(value)
    }
}

/// Coverage, what selection gets of it, and the gap between them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Gap {
    /// Macro mean of pass@N.
    pub coverage: Option<f64>,
    /// Macro mean of best-of-N.
    pub selected: Option<f64>,
    /// Their difference, at least 0.
    pub gap: Option<f64>,
    /// Its standard error from paired differences; `None` below two problems.
    pub gap_se: Option<f64>,
}

/// The generation-verification gap at N. Shapes: one (scores, labels) pair per problem.
///
/// All `None` where some problem has fewer than N samples; problems without samples are left out.
/// Source: Song et al. 2024, arXiv:2412.02674; paired as in Miller 2024, arXiv:2411.00640.
///
/// # Errors
/// Arrays of different length, or a NaN score.
pub fn generation_verification_gap(problems: &[(Vec<f64>, Vec<bool>)], draws: u64) -> Result<Gap, StatsError> {
    let (mut coverage, mut selected, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    let mut beyond = false;
    for (scores, labels) in problems {
        let gold: Vec<f64> = labels.iter().map(|l| f64::from(u8::from(*l))).collect();
        let ranked = Ranked::new(scores, &gold)?;
        if ranked.samples() == 0 {
            continue;
        }
        let correct = labels.iter().filter(|l| **l).count() as u64;
        at_most("correct samples", correct, ranked.samples())?;
        match (pass_at_k::pass_at_k(ranked.samples(), correct, draws)?, ranked.best_of(draws)) {
            (Some(pass), Some(best)) => {
                coverage.push(pass.pass);
                selected.push(best);
                gaps.push(pass.pass - best);
            }
            _ => beyond = true,
        }
    }
    if beyond {
        return Ok(Gap::default());
    }
    Ok(Gap {
        coverage: super::mean(&coverage),
        selected: super::mean(&selected),
        gap: super::mean(&gaps),
        gap_se: standard_error(&gaps),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equals_enumeration(data in prop::collection::vec((0u8..4, any::<bool>()), 1..11), draws in 1u32..11) {
            let n = u32::try_from(data.len()).unwrap();
            let draws = draws.min(n);
            let scores: Vec<f64> = data.iter().map(|(s, _)| f64::from(*s)).collect();
            let labels: Vec<f64> = data.iter().map(|(_, l)| f64::from(u8::from(*l))).collect();
            let (mut sum, mut count) = (0.0, 0.0);
            for set in 0u32..1 << n {
                if set.count_ones() != draws {
                    continue;
                }
                let members: Vec<usize> = (0..data.len()).filter(|i| set >> i & 1 == 1).collect();
                let top = members.iter().map(|&i| data[i].0).max().unwrap();
                let tied: Vec<f64> = members.iter().filter(|&&i| data[i].0 == top).map(|&i| labels[i]).collect();
                sum += tied.iter().sum::<f64>() / tied.len() as f64;
                count += 1.0;
            }
            let ranked = Ranked::new(&scores, &labels).unwrap();
            prop_assert!((ranked.best_of(u64::from(draws)).unwrap() - sum / count).abs() < 1e-12);
        }

        #[test]
        fn the_oracle_as_score_gets_coverage(n in 1u64..200, c in 0u64..200, draws in 1u64..200) {
            let (c, draws) = (c.min(n), draws.min(n));
            let groups = vec![
                TieGroup { score: 1.0, size: c, correct: c as f64 },
                TieGroup { score: 0.0, size: n - c, correct: 0.0 },
            ];
            let best = Ranked::from_groups(groups).unwrap().best_of(draws).unwrap();
            prop_assert!((best - pass_at_k::pass_at_k(n, c, draws).unwrap().unwrap().pass).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_is_not_estimable() {
        let ranked = Ranked::new(&[1.0, -0.0, 0.0], &[1.0, 1.0, 0.0]).unwrap();
        assert_eq!((ranked.best_of(0), ranked.best_of(4), ranked.best_of(1)), (None, None, Some(2.0 / 3.0)));
        assert!(Ranked::new(&[f64::NAN], &[1.0]).is_err());
        assert_eq!(ranked.groups.len(), 2);
    }
}
