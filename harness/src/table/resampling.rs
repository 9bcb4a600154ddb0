//! `resampling` and `false-positives`: what the first accepted sample is worth, by budget and by attempt.

use super::counts::{Pair, notes, pairs, tally};
use super::seen::{Seen, means, reach, stopped_note, stopping};
use super::{Cell, Settings, Table};
use crate::analysis::RunData;
use crate::curve::{grid, spread};
use crate::stats::bootstrap::{Matrix, percentile};
use crate::stats::resampling::{Counts, conditional, mean_curve};

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
        let means = means(&data.problems, reach);
        let coverage = data.oracle.as_ref().map(|counts| mean_curve(counts, reach));
        let knots = grid(reach);
        let matrix = Matrix::grouped(&data.problems, knots.len(), |seen| {
            knots.iter().map(|&k| seen.first_pass(k).map_or(f64::NAN, |p| p.correct)).collect()
        });
        let intervals = if data.problems.len() > 1 && settings.bootstrap > 0 {
            let replicates = matrix.resample(settings.plan());
            (0..knots.len()).map(|j| replicates.interval(j, settings.confidence)).collect()
        } else {
            vec![None; knots.len()]
        };
        let correct: Vec<f64> = means.iter().skip(1).map(|p| p.correct).collect();
        let bands = spread(&knots, &intervals, &correct);
        for (k, (p, band)) in (1u64..).zip(means.iter().skip(1).zip(bands)) {
            let oracle = coverage.as_ref().and_then(|all| all.get(usize::try_from(k).ok()?)).map(|o| o.correct);
            let same = (pair.selector == pair.oracle).then_some(p.correct);
            let mut row = head(run, pair);
            row.extend([
                k.into(),
                oracle.or(same).into(),
                (p.correct + p.false_positive).into(),
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

/// What was seen for one pair, problems without a judged sample left out.
pub(super) struct PairData {
    pub(super) problems: Vec<Seen>,
    /// The oracle as its own selector, on the same samples; `None` where sampling stopped before it could tell.
    oracle: Option<Vec<Counts>>,
    /// The largest budget.
    pub(super) reach: u64,
}

pub(super) fn each_pair(run: &RunData, table: &mut Table) -> Vec<(Pair, PairData)> {
    let list = pairs(run).unwrap_or_else(|reason| {
        table.note(reason);
        Vec::new()
    });
    let stop = stopping(run);
    list.into_iter()
        .map(|pair| {
            let all = tally(run, pair);
            let totals: Vec<u64> = all.iter().map(|t| t.confusion.total()).collect();
            match stop {
                Some(verifier) => table.note(stopped_note(run, verifier)),
                None => notes(table, &totals),
            }
            let used = || all.iter().zip(&run.problems).filter(|(t, _)| t.confusion.total() > 0);
            let problems: Vec<Seen> = used().map(|(t, p)| Seen::of(p, t, pair, stop)).collect();
            let oracle = stop.is_none().then(|| {
                used()
                    .map(|(t, _)| t.confusion)
                    .map(|c| Counts { n: c.total(), true_positive: c.correct(), false_positive: 0 })
                    .collect()
            });
            let reach = reach(&problems, u64::from(run.samples_wanted));
            (pair, PairData { problems, oracle, reach })
        })
        .collect()
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
        let weights = |seen: Seen| buckets.iter().flat_map(|&(low, high)| seen.accept(low, high)).collect::<Vec<_>>();
        let matrix = Matrix::grouped(&data.problems, 2 * buckets.len(), weights);
        let resampled = data.problems.len() > 1 && settings.bootstrap > 0;
        let replicates = resampled.then(|| matrix.resample(settings.plan()));
        let rows: Vec<Vec<f64>> = data.problems.iter().map(|&seen| weights(seen)).collect();
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
