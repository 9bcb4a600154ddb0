//! Macro means over problems at every budget.

use super::{Counts, FirstPass};

/// Macro means of [`first_pass_curve`] up to `reach`. Shapes: one entry per k, the first for k = 0.
///
/// Right and wrong share what is accepted in the same proportion at every k, so problems with the same n and the same number
/// accepted are computed once, several such groups side by side.
#[must_use]
pub fn mean_curve(problems: &[Counts], reach: u64) -> Vec<FirstPass> {
    let mut sorted: Vec<Counts> = problems.to_vec();
    sorted.sort_unstable_by_key(|p| (p.n, p.accepted(), p.true_positive));
    let total = problems.len().max(1) as f64;
    let groups: Vec<Group> =
        sorted.chunk_by(|a, b| (a.n, a.accepted()) == (b.n, b.accepted())).map(|same| Group::of(same, total)).collect();
    let length = usize::try_from(reach).unwrap_or(usize::MAX - 1) + 1;
    let mut sums = vec![FirstPass { correct: 0.0, false_positive: 0.0, abstain: 0.0, expected_attempts: 0.0 }; length];
    for lanes in groups.chunks(LANES) {
        let mut block = [Group::default(); LANES];
        block[..lanes.len()].copy_from_slice(lanes);
        add(&block, &mut sums);
    }
    sums
}

/// Groups computed side by side.
const LANES: usize = 8;

/// Problems with the same n and the same number accepted.
#[derive(Clone, Copy)]
struct Group {
    n: f64,
    accepted: f64,
    /// Share of all problems.
    share: f64,
    /// That share over accepted + 1: the weight of expected draws.
    per_draw: f64,
    /// Their summed precision, over all problems.
    right: f64,
    /// The same of what is accepted and wrong.
    wrong: f64,
}

impl Default for Group {
    /// No problem: weight 0, and an n that is never reached.
    fn default() -> Self {
        Self { n: f64::MAX, accepted: 0.0, share: 0.0, per_draw: 0.0, right: 0.0, wrong: 0.0 }
    }
}

impl Group {
    fn of(same: &[Counts], total: f64) -> Self {
        let accepted = same[0].accepted() as f64;
        let sum = |f: fn(&Counts) -> u64| {
            if accepted > 0.0 { same.iter().map(f).sum::<u64>() as f64 / accepted / total } else { 0.0 }
        };
        Self {
            n: same[0].n as f64,
            accepted,
            share: same.len() as f64 / total,
            per_draw: same.len() as f64 / total / (accepted + 1.0),
            right: sum(|p| p.true_positive),
            wrong: sum(|p| p.false_positive),
        }
    }
}

/// Adds a block of groups to the means at every k: the recurrence of [`super::super::pass_at_k::curve`], one group a lane.
fn add(block: &[Group; LANES], sums: &mut [FirstPass]) {
    let (mut pass, mut fail) = ([0.0f64; LANES], [1.0f64; LANES]);
    for (k, sum) in sums.iter_mut().enumerate() {
        let drawn = k as f64;
        let (mut parts, mut draws) = ([[0.0; LANES]; 3], [0.0; LANES]);
        for (i, g) in block.iter().enumerate() {
            let left = g.n - drawn;
            parts[0][i] = g.right * pass[i];
            parts[1][i] = g.wrong * pass[i];
            parts[2][i] = g.share * fail[i];
            draws[i] = g.per_draw * (drawn + (left + 1.0) * pass[i]);
            let inverse = 1.0 / left.max(1.0);
            let sure = left <= g.accepted;
            pass[i] = if sure { 1.0 } else { pass[i] + fail[i] * g.accepted * inverse };
            fail[i] = if sure { 0.0 } else { fail[i] * (left - g.accepted) * inverse };
        }
        sum.correct += parts[0].iter().sum::<f64>();
        sum.false_positive += parts[1].iter().sum::<f64>();
        sum.abstain += parts[2].iter().sum::<f64>();
        sum.expected_attempts += draws.iter().sum::<f64>();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::first_pass_curve;
    use super::*;

    proptest! {
        #[test]
        fn equals_the_mean_of_the_problems(
            data in prop::collection::vec((1u64..40, 0u64..40, 0u64..40), 1..30),
        ) {
            let problems: Vec<Counts> = data
                .iter()
                .map(|&(n, tp, fp)| Counts { n, true_positive: tp.min(n), false_positive: fp.min(n - tp.min(n)) })
                .collect();
            let reach = problems.iter().map(|p| p.n).min().unwrap();
            let got = mean_curve(&problems, reach);
            prop_assert_eq!(got.len() as u64, reach + 1);
            for (k, mean) in got.iter().enumerate() {
                let of = |f: fn(&FirstPass) -> f64| {
                    problems.iter().map(|p| f(&first_pass_curve(*p, reach)[k])).sum::<f64>() / problems.len() as f64
                };
                prop_assert!((mean.correct - of(|p| p.correct)).abs() < 1e-12);
                prop_assert!((mean.false_positive - of(|p| p.false_positive)).abs() < 1e-12);
                prop_assert!((mean.abstain - of(|p| p.abstain)).abs() < 1e-12);
                prop_assert!((mean.expected_attempts - of(|p| p.expected_attempts)).abs() < 1e-11);
            }
        }
    }
}
