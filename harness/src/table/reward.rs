//! `reward`: gain of right answers minus cost of wrong ones, against the number of draws allowed; and where to stop.

use super::resampling::{PairData, each_pair, head};
use super::seen::means;
use super::{Cell, Settings, Table};
use crate::analysis::RunData;
use crate::curve::{grid, spread};
use crate::stats::Interval;
use crate::stats::bootstrap::{Matrix, Replicates, percentile};
use crate::stats::resampling::{FirstPass, Worth, highest};

pub(super) fn build(run: &RunData, settings: &Settings) -> Table {
    let columns = [
        "run",
        "selector",
        "oracle",
        "cost",
        "k",
        "reward",
        "ci_low",
        "ci_high",
        "optimal_k",
        "optimal_k_low",
        "optimal_k_high",
        "censored",
    ];
    let mut table = Table::new("reward", &columns);
    let mut costs = settings.costs.clone();
    costs.sort_by(f64::total_cmp);
    for (pair, data) in each_pair(run, &mut table) {
        if data.problems.is_empty() {
            continue;
        }
        let draws = Draws::of(&data, settings);
        for &cost in &costs {
            let best = draws.at_cost(cost, settings.confidence);
            for (k, (reward, band)) in best.rewards.iter().zip(&best.bands).enumerate() {
                let mut row = head(run, pair);
                row.extend([
                    cost.into(),
                    Cell::count(k),
                    (*reward).into(),
                    band.map(|i| i.low).into(),
                    band.map(|i| i.high).into(),
                    best.optimal.into(),
                    best.optimal_interval.map_or(Cell::Empty, |(low, _)| low.into()),
                    best.optimal_interval.map_or(Cell::Empty, |(_, high)| high.into()),
                    Cell::Bool(best.censored),
                ]);
                table.rows.push(row);
            }
        }
    }
    table
}

/// Mean curves and their resamples, shared by every cost.
pub(crate) struct Draws {
    means: Vec<FirstPass>,
    knots: Vec<u64>,
    replicates: Option<Replicates>,
    reach: u64,
}

/// What one cost makes of them.
pub(crate) struct Optimum {
    /// Reward at K = 0, 1, ....
    pub(crate) rewards: Vec<f64>,
    /// Their intervals; K = 0 is 0 for certain.
    pub(crate) bands: Vec<Option<Interval>>,
    /// The smallest K of highest reward; 0: better not to answer at all.
    pub(crate) optimal: u64,
    /// Percentile interval of the optimal K.
    pub(crate) optimal_interval: Option<(u64, u64)>,
    /// The highest reward is at the largest K seen, and may lie beyond.
    pub(crate) censored: bool,
}

impl Draws {
    pub(crate) fn of(data: &PairData, settings: &Settings) -> Self {
        let knots = grid(data.reach);
        let resampled = data.problems.len() > 1 && settings.bootstrap > 0;
        let replicates = resampled.then(|| {
            let matrix = Matrix::grouped(&data.problems, 2 * knots.len(), |seen| {
                let both = |k| seen.first_pass(k).map_or([f64::NAN; 2], |p| [p.correct, p.false_positive]);
                knots.iter().flat_map(|&k| both(k)).collect()
            });
            matrix.resample(settings.plan())
        });
        Self { means: means(&data.problems, data.reach), knots, replicates, reach: data.reach }
    }

    pub(crate) fn at_cost(&self, cost: f64, confidence: f64) -> Optimum {
        let worth = Worth { false_positive_cost: cost, ..Worth::default() };
        let rewards: Vec<f64> = self.means.iter().map(|p| worth.of(p)).collect();
        let (optimal, _) = highest(&rewards.iter().copied().map(Some).collect::<Vec<_>>());
        let reward = |row: &[f64], j: usize| row[2 * j] - cost * row[2 * j + 1];
        let at_knots: Vec<Option<Interval>> = (0..self.knots.len())
            .map(|j| self.replicates.as_ref().and_then(|r| percentile(r.map(|row| reward(row, j)), confidence)))
            .collect();
        let nothing = self.replicates.as_ref().map(|_| Interval { low: 0.0, high: 0.0 });
        let bands = std::iter::once(nothing).chain(spread(&self.knots, &at_knots, &rewards[1..])).collect();
        let optimal_interval = self.replicates.as_ref().and_then(|r| {
            let best = r.map(|row| {
                let mut top = (0u64, 0.0);
                for (j, &k) in self.knots.iter().enumerate() {
                    let value = reward(row, j);
                    if value > top.1 + 1e-12 {
                        top = (k, value);
                    }
                }
                top.0 as f64
            });
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "budgets are small counts")]
            percentile(best, confidence).map(|i| (i.low.floor() as u64, i.high.ceil() as u64))
        });
        let optimal = optimal as u64;
        Optimum { rewards, bands, optimal, optimal_interval, censored: optimal == self.reach && self.reach > 0 }
    }
}
