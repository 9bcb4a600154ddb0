//! `resampling` and `false-positives`: what the first accepted sample is worth, by budget and by attempt.

use super::counts::{Pair, notes, pairs, tally};
use super::{Cell, Settings, Table};
use crate::analysis::RunData;
use crate::curve::{grid, spread};
use crate::stats::bootstrap::{Matrix, percentile};
use crate::stats::resampling::{Counts, FirstPass, accept_at, conditional, first_pass, mean_curve};

pub(super) fn build(run: &RunData, settings: &Settings) -> Table {
    let columns = [
        "run",
        "selector",
        "oracle",
        "k",
        "coverage",
        "acceptance",
        "correct",
        "false_positive",
        "abstain",
        "conditional_accuracy",
        "expected_draws",
        "correct_low",
        "correct_high",
    ];
    let mut table = Table::new("resampling", &columns);
    for (pair, data) in each_pair(run, &mut table) {
        let reach = data.reach;
        let means = mean_curve(&data.counts, reach);
        let coverage = mean_curve(&data.oracle, reach);
        let knots = grid(reach);
        let matrix = Matrix::grouped(&data.counts, knots.len(), |c| {
            knots.iter().map(|&k| at(c, k).map_or(f64::NAN, |p| p.correct)).collect()
        });
        let intervals = if data.counts.len() > 1 && settings.bootstrap > 0 {
            let replicates = matrix.resample(settings.plan());
            (0..knots.len()).map(|j| replicates.interval(j, settings.confidence)).collect()
        } else {
            vec![None; knots.len()]
        };
        let correct: Vec<f64> = means.iter().skip(1).map(|p| p.correct).collect();
        let bands = spread(&knots, &intervals, &correct);
        for (k, ((p, o), band)) in (1u64..).zip(means.iter().zip(&coverage).skip(1).zip(bands)) {
            let mut row = head(run, pair);
            row.extend([
                k.into(),
                (1.0 - o.abstain).into(),
                (1.0 - p.abstain).into(),
                p.correct.into(),
                p.false_positive.into(),
                p.abstain.into(),
                conditional(p).into(),
                p.expected_attempts.into(),
                band.map(|i| i.low).into(),
                band.map(|i| i.high).into(),
            ]);
            table.rows.push(row);
        }
    }
    table
}

pub(super) fn head(run: &RunData, pair: Pair) -> Vec<Cell> {
    vec![
        Cell::text(&run.name),
        Cell::text(&run.verifiers[pair.selector].name),
        Cell::text(&run.verifiers[pair.oracle].name),
    ]
}

/// The counts of one pair, problems without a judged sample left out.
pub(super) struct PairData {
    pub(super) counts: Vec<Counts>,
    /// The oracle as its own selector, on the same samples.
    pub(super) oracle: Vec<Counts>,
    /// The smallest n.
    pub(super) reach: u64,
}

pub(super) fn each_pair(run: &RunData, table: &mut Table) -> Vec<(Pair, PairData)> {
    let list = pairs(run).unwrap_or_else(|reason| {
        table.note(reason);
        Vec::new()
    });
    list.into_iter()
        .map(|pair| {
            let all = tally(run, pair);
            notes(table, &all.iter().map(|t| t.confusion.total()).collect::<Vec<_>>());
            let used: Vec<_> = all.iter().filter(|t| t.confusion.total() > 0).collect();
            let counts: Vec<Counts> = used.iter().map(|t| t.counts()).collect();
            let oracle = used
                .iter()
                .map(|t| Counts { n: t.confusion.total(), true_positive: t.confusion.correct(), false_positive: 0 })
                .collect();
            let reach = counts.iter().map(|c| c.n).min().unwrap_or(0);
            (pair, PairData { counts, oracle, reach })
        })
        .collect()
}

pub(super) fn at(counts: Counts, k: u64) -> Option<FirstPass> {
    first_pass(counts, k).ok().flatten()
}

/// Attempts 1, 2, 3-4, 5-8, ... up to `reach`.
fn buckets(reach: u64) -> Vec<(u64, u64)> {
    let mut list = Vec::new();
    let (mut low, mut width) = (1, 1);
    while low <= reach {
        let high = (low + width - 1).min(reach);
        list.push((low, high));
        if low > 1 {
            width *= 2;
        }
        low = high + 1;
    }
    list
}

pub(super) fn false_positives(run: &RunData, settings: &Settings) -> Table {
    let columns = [
        "run",
        "selector",
        "oracle",
        "attempt_low",
        "attempt_high",
        "rate",
        "ci_low",
        "ci_high",
        "effective_problems",
        "rate_unweighted",
    ];
    let mut table = Table::new("false-positives", &columns);
    for (pair, data) in each_pair(run, &mut table) {
        let buckets = buckets(data.reach);
        // two columns a bucket: the chance to accept in it, and to accept a wrong answer in it
        let matrix = Matrix::grouped(&data.counts, 2 * buckets.len(), |c| weights(c, &buckets));
        let replicates = (data.counts.len() > 1).then(|| matrix.resample(settings.plan()));
        let rows: Vec<Vec<f64>> = data.counts.iter().map(|&c| weights(c, &buckets)).collect();
        for (b, &(low, high)) in buckets.iter().enumerate() {
            let ratio = |row: &[f64]| row[2 * b + 1] / row[2 * b];
            let interval = replicates.as_ref().and_then(|r| percentile(r.map(ratio), settings.confidence));
            let (mut accept, mut squares, mut wrong) = (0.0, 0.0, 0.0);
            let mut shares = Vec::new();
            for row in &rows {
                let w = row[2 * b];
                accept += w;
                squares += w * w;
                wrong += row[2 * b + 1];
                if w > 0.0 {
                    shares.push(ratio(row));
                }
            }
            let some = accept > 0.0;
            let mut cells = head(run, pair);
            cells.extend([
                low.into(),
                high.into(),
                some.then(|| wrong / accept).into(),
                interval.filter(|_| some).map(|i| i.low).into(),
                interval.filter(|_| some).map(|i| i.high).into(),
                some.then(|| accept * accept / squares).into(),
                crate::stats::mean(&shares).into(),
            ]);
            table.rows.push(cells);
        }
    }
    table
}

fn weights(counts: Counts, buckets: &[(u64, u64)]) -> Vec<f64> {
    let wrong = counts.precision().map_or(0.0, |p| 1.0 - p);
    let chance = |k| accept_at(counts, k).ok().flatten().unwrap_or(0.0);
    buckets
        .iter()
        .flat_map(|&(low, high)| {
            // a difference of the two tails, unless it is a single attempt
            let w = if low == high {
                chance(low)
            } else {
                let fail = |k| at(counts, k).map_or(0.0, |p| p.abstain);
                (fail(low - 1) - fail(high)).max(0.0)
            };
            [w, w * wrong]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_double_and_end_at_the_reach() {
        assert_eq!(buckets(11), [(1, 1), (2, 2), (3, 4), (5, 8), (9, 11)]);
        assert_eq!(buckets(2), [(1, 1), (2, 2)]);
        assert!(buckets(0).is_empty());
    }
}
