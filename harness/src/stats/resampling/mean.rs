//! Macro means over problems at every budget.

use super::super::pass_at_k::lanes::{LANES, Lanes};
use super::{Counts, FirstPass};

/// Macro means of [`first_pass_curve`](super::first_pass_curve) up to `reach`. Shapes: one entry per k, the first for k = 0.
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
    for block in groups.chunks(LANES) {
        add(block, &mut sums);
    }
    sums
}

/// Problems with the same n and the same number accepted.
#[derive(Clone, Copy, Default)]
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

impl Group {
    fn of(same: &[Counts], total: f64) -> Self {
        let accepted = same[0].accepted() as f64;
        let sum = |f: fn(&Counts) -> u64| {
            if accepted > 0.0 { same.iter().map(f).sum::<u64>() as f64 / accepted / total } else { 0.0 }
        };
        let share = same.len() as f64 / total;
        Self {
            n: same[0].n as f64,
            accepted,
            share,
            per_draw: share / (accepted + 1.0),
            right: sum(|p| p.true_positive),
            wrong: sum(|p| p.false_positive),
        }
    }
}

/// Adds a block of groups to the means at every k.
fn add(groups: &[Group], sums: &mut [FirstPass]) {
    let mut block = [Group::default(); LANES];
    block[..groups.len()].copy_from_slice(groups);
    let mut lanes = Lanes::new(groups.iter().map(|g| (g.n, g.accepted)));
    for sum in sums {
        let mut parts = [[0.0; LANES]; 4];
        for (i, g) in block.iter().enumerate() {
            parts[0][i] = g.right * lanes.pass[i];
            parts[1][i] = g.wrong * lanes.pass[i];
            parts[2][i] = g.share * lanes.fail[i];
            // ((n+1) - (n+1-k) f_k) / (P+1) without its difference of near equals
            parts[3][i] = g.per_draw * (lanes.drawn() + (lanes.left(i) + 1.0) * lanes.pass[i]);
        }
        sum.correct += parts[0].iter().sum::<f64>();
        sum.false_positive += parts[1].iter().sum::<f64>();
        sum.abstain += parts[2].iter().sum::<f64>();
        sum.expected_attempts += parts[3].iter().sum::<f64>();
        lanes.step();
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
