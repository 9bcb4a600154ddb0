//! `pass-at-n`: coverage by every verifier that accepts or rejects.

use super::counts::{Pair, decides, notes, passes, tally};
use super::seen::{Seen, means, reach, stopped_note, stopping};
use super::{Cell, Settings, Table};
use crate::analysis::RunData;
use crate::curve::{self, Curve, Point, grid, spread};
use crate::stats::bootstrap::Matrix;

pub(super) fn build(run: &RunData, settings: &Settings) -> Table {
    let columns = ["run", "verifier", "n", "estimate", "ci_low", "ci_high", "se", "problems", "samples"];
    let mut table = Table::new("pass-at-n", &columns);
    let mut order: Vec<usize> = (0..run.verifiers.len()).filter(|&v| decides(run, v)).collect();
    order.sort_by(|a, b| run.verifiers[*a].name.cmp(&run.verifiers[*b].name));
    for v in order {
        let curve = if let Some(stop) = stopping(run) {
            table.note(stopped_note(run, stop));
            stopped(run, v, stop, settings)
        } else {
            let counts = passes(run, v);
            notes(&mut table, &counts.iter().map(|(n, _)| *n).collect::<Vec<_>>());
            curve::coverage(&counts, settings.plan())
        };
        for p in &curve.points {
            table.rows.push(vec![
                Cell::text(&run.name),
                Cell::text(&run.verifiers[v].name),
                p.budget.into(),
                p.estimate.into(),
                p.interval.map(|i| i.low).into(),
                p.interval.map(|i| i.high).into(),
                p.se.into(),
                Cell::count(curve.problems),
                curve.samples.into(),
            ]);
        }
    }
    table
}

/// Coverage of a run that stopped at success: by the verifier `stop` the share of problems solved within k draws; by any other
/// only that of the first sample, as what came after was drawn because of `stop`.
fn stopped(run: &RunData, verifier: usize, stop: usize, settings: &Settings) -> Curve {
    let pair = Pair { selector: verifier, oracle: verifier };
    let all = tally(run, pair);
    let used = || all.iter().zip(&run.problems).filter(|(t, _)| t.confusion.total() > 0);
    let problems: Vec<Seen> = used().map(|(t, p)| Seen::of(p, t, pair, Some(stop))).collect();
    let last = reach(&problems, u64::from(run.samples_wanted));
    let estimates: Vec<f64> = means(&problems, last).iter().skip(1).map(|p| p.correct).collect();
    let knots = grid(last);
    let matrix = Matrix::grouped(&problems, knots.len(), |seen| {
        knots.iter().map(|&k| seen.first_pass(k).map_or(f64::NAN, |p| p.correct)).collect()
    });
    let several = problems.len() > 1;
    let intervals = if several && settings.bootstrap > 0 && last > 0 {
        let replicates = matrix.resample(settings.plan());
        (0..knots.len()).map(|j| replicates.interval(j, settings.confidence)).collect()
    } else {
        vec![None; knots.len()]
    };
    // every problem counts 0 or 1
    let se = |p: f64| several.then(|| (p * (1.0 - p) / (problems.len() - 1) as f64).max(0.0).sqrt());
    let points = (1u64..)
        .zip(&estimates)
        .zip(spread(&knots, &intervals, &estimates))
        .map(|((budget, &estimate), interval)| Point { budget, estimate, interval, se: se(estimate) })
        .collect();
    Curve {
        points,
        problems: problems.len(),
        samples: used().map(|(t, _)| t.confusion.total()).sum(),
        left_out: all.len() - problems.len(),
        unequal: false,
    }
}
