//! The bootstrap over problems: whole per-problem curves are drawn at once, so that one set of draws serves every budget.
//!
//! Source: Efron 1987 (BCa); Efron and Tibshirani 1993. Replicate b always uses stream b of the seeded ChaCha generator, so
//! that neither threads nor the number of replicates change a replicate.

use std::collections::HashMap;
use std::hash::Hash;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::interval::quantile;
use super::special::{normal_cdf, normal_quantile};
use super::{Interval, StatsError, finite, mean};

/// How to resample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Number of resamples, B.
    pub replicates: usize,
    /// Seed of the generator.
    pub seed: u64,
    /// Two-sided confidence.
    pub confidence: f64,
}

impl Default for Plan {
    fn default() -> Self {
        Self { replicates: 10_000, seed: 0, confidence: 0.95 }
    }
}

/// Values per problem, equal problems stored once. Shapes: problems x width.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    width: usize,
    rows: Vec<f64>,
    place: Vec<u32>,
}

impl Matrix {
    /// One row per problem, computed once per distinct key. `row` must give `width` values.
    pub fn grouped<K: Hash + Eq + Copy>(keys: &[K], width: usize, mut row: impl FnMut(K) -> Vec<f64>) -> Self {
        let mut seen: HashMap<K, u32> = HashMap::new();
        let mut rows = Vec::new();
        let place = keys
            .iter()
            .map(|&key| {
                let next = u32::try_from(seen.len()).unwrap_or(u32::MAX);
                *seen.entry(key).or_insert_with(|| {
                    let mut values = row(key);
                    values.resize(width, 0.0);
                    rows.extend(values);
                    next
                })
            })
            .collect();
        Self { width, rows, place }
    }

    /// Rows as they are, one per problem; equal rows are stored once.
    #[must_use]
    pub fn from_rows(width: usize, rows: &[Vec<f64>]) -> Self {
        let mut first: HashMap<Vec<u64>, usize> = HashMap::new();
        let keys: Vec<usize> =
            (0..rows.len()).map(|i| *first.entry(rows[i].iter().map(|x| x.to_bits()).collect()).or_insert(i)).collect();
        Self::grouped(&keys, width, |i| rows[i].clone())
    }

    /// Number of problems.
    #[must_use]
    pub fn problems(&self) -> usize {
        self.place.len()
    }

    /// Values per problem.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The first value of every problem alone.
    #[must_use]
    pub fn first_column(&self) -> Self {
        let rows = self.rows.iter().step_by(self.width.max(1)).copied().collect();
        Self { width: self.width.min(1), rows, place: self.place.clone() }
    }

    fn row(&self, group: usize) -> &[f64] {
        &self.rows[group * self.width..(group + 1) * self.width]
    }

    /// Column means over problems; NaN without problems.
    #[must_use]
    pub fn means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        for (group, count) in self.group_sizes().into_iter().enumerate() {
            for (sum, x) in sums.iter_mut().zip(self.row(group)) {
                *sum += count * x;
            }
        }
        sums.iter().map(|s| s / self.problems() as f64).collect()
    }

    /// Standard errors of the column means; `None` below two problems.
    #[must_use]
    pub fn standard_errors(&self) -> Option<Vec<f64>> {
        let problems = self.problems() as f64;
        if self.problems() < 2 {
            return None;
        }
        let centre = self.means();
        let mut sums = vec![0.0; self.width];
        for (group, count) in self.group_sizes().into_iter().enumerate() {
            for ((sum, x), m) in sums.iter_mut().zip(self.row(group)).zip(&centre) {
                *sum += count * (x - m).powi(2);
            }
        }
        Some(sums.iter().map(|s| (s / (problems - 1.0) / problems).sqrt()).collect())
    }

    fn group_sizes(&self) -> Vec<f64> {
        let mut sizes = vec![0.0; self.rows.len().checked_div(self.width).unwrap_or(0)];
        for &g in &self.place {
            if let Some(size) = sizes.get_mut(g as usize) {
                *size += 1.0;
            }
        }
        sizes
    }

    /// The column means of every resample of problems.
    #[must_use]
    pub fn resample(&self, plan: Plan) -> Replicates {
        let mut values = vec![0.0; plan.replicates * self.width];
        if !values.is_empty() && self.problems() > 0 {
            let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            let share = plan.replicates.div_ceil(threads).next_multiple_of(BLOCK);
            std::thread::scope(|scope| {
                for (part, out) in values.chunks_mut(share * self.width).enumerate() {
                    scope.spawn(move || self.fill(plan.seed, part * share, out));
                }
            });
        }
        Replicates { width: self.width, values }
    }

    fn fill(&self, seed: u64, first: usize, out: &mut [f64]) {
        let groups = self.rows.len() / self.width;
        let Ok(rows) = ArrayView2::from_shape((groups, self.width), &self.rows) else { return };
        let scale = 1.0 / self.problems() as f64;
        let mut counts = Array2::zeros((BLOCK, groups));
        let mut drawn = vec![0u32; groups];
        for (block, means) in out.chunks_mut(BLOCK * self.width).enumerate() {
            let lanes = means.len() / self.width;
            for (lane, mut row) in counts.rows_mut().into_iter().take(lanes).enumerate() {
                drawn.fill(0);
                self.draw(&mut stream(seed, (first + block * BLOCK + lane) as u64), &mut drawn);
                for (to, &count) in row.iter_mut().zip(&drawn) {
                    *to = f64::from(count);
                }
            }
            if let Ok(mut means) = ArrayViewMut2::from_shape((lanes, self.width), means) {
                general_mat_mul(scale, &counts.slice(s![..lanes, ..]), &rows, 0.0, &mut means);
            }
        }
    }

    /// Draws as many problems as there are, and counts them by group.
    fn draw(&self, rng: &mut ChaCha8Rng, drawn: &mut [u32]) {
        let bound = self.problems();
        if bound > usize::from(u16::MAX) {
            for _ in 0..bound {
                drawn[self.place[below(rng, bound)] as usize] += 1;
            }
            return;
        }
        // as `below`, from 16 bits a draw
        let (size, uneven) = (u32::try_from(bound).unwrap_or(1), 65536 % u32::try_from(bound).unwrap_or(1));
        let mut bytes = [0u8; 512];
        let mut left = bound;
        while left > 0 {
            rng.fill_bytes(&mut bytes);
            for pair in bytes.chunks_exact(2) {
                let wide = u32::from(u16::from_le_bytes([pair[0], pair[1]])) * size;
                if wide & 0xffff >= uneven {
                    drawn[self.place[(wide >> 16) as usize] as usize] += 1;
                    left -= 1;
                    if left == 0 {
                        break;
                    }
                }
            }
        }
    }
}

/// Resamples whose counts are multiplied with the problems' values at once.
const BLOCK: usize = 64;

/// The generator of one replicate.
#[must_use]
pub fn stream(seed: u64, replicate: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(replicate);
    rng
}

/// A uniform index below `bound`, without bias. Source: Lemire 2019, arXiv:1805.10941.
#[inline]
pub fn below(rng: &mut impl Rng, bound: usize) -> usize {
    let bound = bound as u64;
    debug_assert!(bound > 0 && bound < 1 << 32);
    loop {
        let wide = u64::from(rng.next_u32()) * bound;
        let low = wide & 0xffff_ffff;
        if low >= bound || low >= (1u64 << 32) % bound {
            return usize::try_from(wide >> 32).unwrap_or(usize::MAX);
        }
    }
}

/// Column means of the resamples. Shapes: replicates x width.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    width: usize,
    values: Vec<f64>,
}

impl Replicates {
    /// The replicates, one row each.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// One statistic of each replicate's means.
    pub fn map(&self, f: impl FnMut(&[f64]) -> f64) -> Vec<f64> {
        self.rows().map(f).collect()
    }

    /// The percentile interval of a column.
    #[must_use]
    pub fn interval(&self, column: usize, confidence: f64) -> Option<Interval> {
        percentile(self.map(|row| row[column]), confidence)
    }

    /// Half-width multiplier of the simultaneous (max-t) band over all columns: mean +- it times the standard error.
    /// Columns without spread are left out. `None` without replicates or spread.
    #[must_use]
    pub fn max_t(&self, means: &[f64], standard_errors: &[f64], confidence: f64) -> Option<f64> {
        let largest = self.map(|row| {
            row.iter()
                .zip(means.iter().zip(standard_errors))
                .filter(|(_, (_, se))| **se > 0.0)
                .map(|(x, (m, se))| (x - m).abs() / se)
                .fold(0.0, f64::max)
        });
        quantile(largest, confidence)
    }
}

/// The percentile interval of replicate statistics (type-7 quantiles); NaN replicates, where a ratio had no denominator, are
/// left out. `None` without replicates.
#[must_use]
pub fn percentile(replicates: Vec<f64>, confidence: f64) -> Option<Interval> {
    let tail = 0.5 * (1.0 - confidence);
    let values: Vec<f64> = replicates.into_iter().filter(|x| !x.is_nan()).collect();
    let low = quantile(values.clone(), tail)?;
    Some(Interval { low, high: quantile(values, 1.0 - tail)? })
}

/// Percentile and BCa intervals of a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapIntervals {
    /// Type-7 quantiles of the replicates.
    pub percentile: Interval,
    /// Bias-corrected and accelerated; the percentile interval where there is no spread.
    pub bca: Interval,
    /// Bias correction; `None` without spread or where all replicates lie on one side.
    pub z0: Option<f64>,
    /// Acceleration from the jackknife; `None` without spread.
    pub acceleration: Option<f64>,
}

/// Percentile and BCa intervals of the mean of `values` over given resamples. Shapes: `resamples` holds one mean per resample.
///
/// `None` without values or resamples. Ties with the estimate count half, within 1e-9 of the scale.
/// Source: Efron 1987, section 3.
///
/// # Errors
/// A value that is not finite, or a confidence outside (0, 1).
pub fn mean_intervals(
    values: &[f64],
    resamples: &[f64],
    confidence: f64,
) -> Result<Option<BootstrapIntervals>, StatsError> {
    finite("values", values)?;
    super::open_probability("confidence", confidence)?;
    let (Some(estimate), Some(percentile)) = (mean(values), percentile(resamples.to_vec(), confidence)) else {
        return Ok(None);
    };
    let scale = values.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let tie = 1e-9 * scale;
    let mut below = 0.0;
    for t in resamples {
        if (t - estimate).abs() <= tie {
            below += 0.5;
        } else if *t < estimate {
            below += 1.0;
        }
    }
    let spread = values.iter().any(|x| (x - values[0]).abs() > tie);
    let z0 = Some(normal_quantile(below / resamples.len() as f64)).filter(|z| spread && z.is_finite());
    let acceleration = spread.then(|| jackknife_acceleration(values, estimate));
    let bca = match z0.zip(acceleration) {
        None => percentile,
        Some((z0, a)) => {
            let level = |p: f64| {
                let z = z0 + normal_quantile(p);
                normal_cdf(z0 + z / (1.0 - a * z))
            };
            let at = |p: f64| quantile(resamples.to_vec(), level(p)).unwrap_or(f64::NAN);
            let tail = 0.5 * (1.0 - confidence);
            Interval { low: at(tail), high: at(1.0 - tail) }
        }
    };
    Ok(Some(BootstrapIntervals { percentile, bca, z0, acceleration }))
}

fn jackknife_acceleration(values: &[f64], estimate: f64) -> f64 {
    let others = (values.len() - 1) as f64;
    // leaving x out moves the mean by (mean - x) / (M - 1); its mean over x is the mean again
    let (mut cubes, mut squares) = (0.0, 0.0);
    for x in values {
        let d = (x - estimate) / others;
        cubes += d.powi(3);
        squares += d * d;
    }
    cubes / (6.0 * squares.powf(1.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replicate_depends_on_seed_and_number_only() {
        let rows: Vec<Vec<f64>> = (0..7).map(|i| vec![f64::from(i), f64::from(i * i)]).collect();
        let matrix = Matrix::from_rows(2, &rows);
        let few = matrix.resample(Plan { replicates: 5, seed: 3, confidence: 0.9 });
        let many = matrix.resample(Plan { replicates: 50, seed: 3, confidence: 0.9 });
        assert!(few.rows().zip(many.rows()).all(|(a, b)| a == b));
        let mut whole = vec![0.0; 100];
        matrix.fill(3, 0, &mut whole);
        assert_eq!(whole, many.values);
    }

    #[test]
    fn grouping_changes_no_mean() {
        let keys = [3u64, 1, 3, 3, 2, 1];
        let grouped = Matrix::grouped(&keys, 1, |k| vec![k as f64]);
        let rows: Vec<Vec<f64>> = keys.iter().map(|k| vec![*k as f64]).collect();
        let plain = Matrix::from_rows(1, &rows);
        let plan = Plan { replicates: 40, seed: 1, confidence: 0.9 };
        for (a, b) in grouped.resample(plan).values.iter().zip(&plain.resample(plan).values) {
            assert!((a - b).abs() < 1e-12);
        }
        assert!((grouped.means()[0] - 13.0 / 6.0).abs() < 1e-15);
        let values: Vec<f64> = keys.iter().map(|k| *k as f64).collect();
        let se = super::super::standard_error(&values).unwrap();
        assert!((grouped.standard_errors().unwrap()[0] - se).abs() < 1e-15);
    }

    #[test]
    fn resamples_spread_as_the_standard_error_says() {
        let rows: Vec<Vec<f64>> = (0..50).map(|i| vec![f64::from(i % 10)]).collect();
        let matrix = Matrix::from_rows(1, &rows);
        let reps = matrix.resample(Plan { replicates: 4000, seed: 9, confidence: 0.95 });
        let means = reps.map(|r| r[0]);
        let sd = super::super::variance(&means).unwrap().sqrt();
        let se = matrix.standard_errors().unwrap()[0];
        assert!((sd / se - 1.0).abs() < 0.06, "{sd} {se}");
        assert!(matrix.resample(Plan { replicates: 0, ..Plan::default() }).interval(0, 0.95).is_none());
    }

    #[test]
    fn no_spread_has_no_correction() {
        let got = mean_intervals(&[0.5; 4], &[0.5; 9], 0.95).unwrap().unwrap();
        assert_eq!((got.z0, got.acceleration, got.bca), (None, None, got.percentile));
    }
}
