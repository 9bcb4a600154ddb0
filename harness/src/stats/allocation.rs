//! Spending a budget by difficulty: bins, and strategies chosen on one half and judged on the other.

use std::collections::BTreeMap;

use super::{StatsError, finite};

/// Splits problems into `bins` of nearly equal size by ascending value; ties keep the order given (by problem id).
///
/// Shapes: one value per problem (mean score or pass@1, from samples that the evaluation does not use); gives one bin each.
/// Source: Snell et al. 2024, arXiv:2408.03314, section 3.2.
///
/// # Errors
/// A value that is not finite, or no bins.
pub fn difficulty_bins(values: &[f64], bins: usize) -> Result<Vec<usize>, StatsError> {
    finite("a value", values)?;
    super::positive("bins", bins as f64)?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut bin = vec![0; values.len()];
    for (rank, i) in order.into_iter().enumerate() {
        bin[i] = rank * bins / values.len();
    }
    Ok(bin)
}

/// One problem of an allocation table.
#[derive(Debug, Clone, PartialEq)]
pub struct AllocationRow {
    /// Its difficulty bin.
    pub bin: String,
    /// Its fold.
    pub fold: String,
    /// What each strategy gets of it.
    pub value: BTreeMap<String, f64>,
}

/// A policy per training fold and bin, and its value out of fold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Allocation {
    /// (training fold, bin) -> strategy.
    pub policy: BTreeMap<(String, String), String>,
    /// Mean over problems of what the policy of another fold gets; `None` where nothing can be judged out of fold.
    pub value: Option<f64>,
    /// Problems that no other fold has a policy for: left out of the value.
    pub left_out: usize,
}

/// Sum and count per strategy.
type Sums<'a> = BTreeMap<&'a str, (f64, f64)>;

/// Cross-validated allocation: in each bin the strategy of best mean on one fold, judged on the others.
///
/// Ties go to the first name in the alphabet. Source: Snell et al. 2024, arXiv:2408.03314, section 3.2.
///
/// # Errors
/// A value that is not finite.
pub fn cross_validated(rows: &[AllocationRow]) -> Result<Allocation, StatsError> {
    let mut sums: BTreeMap<(String, String), Sums<'_>> = BTreeMap::new();
    for row in rows {
        let cell = sums.entry((row.fold.clone(), row.bin.clone())).or_default();
        for (strategy, &value) in &row.value {
            finite("a value", &[value])?;
            let (sum, count) = cell.entry(strategy).or_default();
            *sum += value;
            *count += 1.0;
        }
    }
    let mut policy = BTreeMap::new();
    for (key, strategies) in sums {
        let mut best: Option<(&str, f64)> = None;
        for (strategy, (sum, count)) in strategies {
            let average = sum / count;
            if best.is_none_or(|(_, top)| average > top + 1e-12) {
                best = Some((strategy, average));
            }
        }
        if let Some((strategy, _)) = best {
            policy.insert(key, strategy.to_owned());
        }
    }
    let mut values = Vec::new();
    for row in rows {
        let elsewhere: Vec<f64> = policy
            .iter()
            .filter(|((fold, bin), _)| *fold != row.fold && *bin == row.bin)
            .filter_map(|(_, strategy)| row.value.get(strategy).copied())
            .collect();
        values.extend(super::mean(&elsewhere));
    }
    Ok(Allocation { value: super::mean(&values), left_out: rows.len() - values.len(), policy })
}

/// The chance that one more sample solves a problem that failed n times, per unit of cost: al / (al + be + n) / cost.
///
/// Taking the highest first is best for coverage under a common Beta prior. Source: the Gittins index of this problem.
///
/// # Errors
/// A shape or a cost that is not positive.
pub fn marginal_value(alpha: f64, beta: f64, failures: u64, cost: f64) -> Result<f64, StatsError> {
    super::positive("alpha", alpha)?;
    super::positive("beta", beta)?;
    super::positive("cost", cost)?;
    Ok(alpha / (alpha + beta + failures as f64) / cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bin: &str, fold: &str, values: &[(&str, f64)]) -> AllocationRow {
        let value = values.iter().map(|(s, v)| ((*s).to_owned(), *v)).collect();
        AllocationRow { bin: bin.to_owned(), fold: fold.to_owned(), value }
    }

    #[test]
    fn a_policy_is_judged_where_it_was_not_chosen() {
        let rows = [
            row("0", "0", &[("a", 1.0), ("b", 0.0)]),
            row("0", "1", &[("a", 0.2), ("b", 0.6)]),
            row("1", "0", &[("a", 0.5), ("b", 0.5)]),
        ];
        let got = cross_validated(&rows).unwrap();
        assert_eq!(got.policy[&("0".to_owned(), "1".to_owned())], "a");
        assert!((got.value.unwrap() - f64::midpoint(0.0, 0.2)).abs() < 1e-15);
        assert_eq!(got.left_out, 1);
        assert_eq!(cross_validated(&[]).unwrap().value, None);
    }

    #[test]
    fn bins_are_even() {
        assert_eq!(difficulty_bins(&[0.3, 0.1, 0.1, 0.9, 0.5], 5).unwrap(), [2, 0, 1, 4, 3]);
        assert_eq!(difficulty_bins(&[0.3, 0.1, 0.2], 2).unwrap(), [1, 0, 0]);
        assert!(marginal_value(0.5, 1.0, 10, 1.0).unwrap() < marginal_value(0.5, 1.0, 0, 1.0).unwrap());
    }
}
