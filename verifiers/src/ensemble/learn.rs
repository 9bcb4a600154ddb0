//! What an ensemble learns. Pure functions of the verdicts.

/// Rounds of expectation maximisation.
const ROUNDS: usize = 200;
/// Accuracies stay this far from 0 and 1.
const EDGE: f64 = 0.01;
/// Ridge penalty of the logistic regression, per weight.
const RIDGE: f64 = 1.0;

/// P(right) of each sample. Starts from the majority and alternates between accuracies and truths.
pub(super) fn naive_bayes(votes: &[Vec<Option<bool>>]) -> Vec<Option<f64>> {
    let width = votes.first().map_or(0, Vec::len);
    let mut truth: Vec<Option<f64>> = votes.iter().map(|row| super::share(row)).collect();
    for _ in 0..ROUNDS {
        let known = || truth.iter().flatten();
        let prior = (known().sum::<f64>() / known().count().max(1) as f64).clamp(EDGE, 1.0 - EDGE);
        let rates: Vec<(f64, f64)> = (0..width).map(|place| rates(votes, &truth, place)).collect();
        let mut moved = 0.0_f64;
        for (row, old) in votes.iter().zip(&mut truth) {
            let Some(old) = old else { continue };
            let mut odds = (prior / (1.0 - prior)).ln();
            for (vote, (sensitivity, specificity)) in row.iter().zip(&rates) {
                odds += match vote {
                    Some(true) => (sensitivity / (1.0 - specificity)).ln(),
                    Some(false) => ((1.0 - sensitivity) / specificity).ln(),
                    None => 0.0,
                };
            }
            let new = 1.0 / (1.0 + (-odds).exp());
            moved = moved.max((new - *old).abs());
            *old = new;
        }
        if moved < 1e-9 {
            break;
        }
    }
    truth
}

/// P(yes | right), P(no | wrong) of one verifier, with one imagined sample on each side.
fn rates(votes: &[Vec<Option<bool>>], truth: &[Option<f64>], place: usize) -> (f64, f64) {
    let (mut yes_right, mut right, mut no_wrong, mut wrong) = (0.7, 1.0, 0.7, 1.0);
    for (row, truth) in votes.iter().zip(truth) {
        if let (Some(vote), Some(p)) = (row[place], truth) {
            right += p;
            wrong += 1.0 - p;
            if vote {
                yes_right += p;
            } else {
                no_wrong += 1.0 - p;
            }
        }
    }
    let clamp = |x: f64| x.clamp(EDGE, 1.0 - EDGE);
    (clamp(yes_right / right), clamp(no_wrong / wrong))
}

/// P(right) of each sample from accuracies by the method of moments: for three verifiers that are independent given the truth,
/// the square of one's accuracy (as a correlation) is the product of its two agreements over the agreement of the others. The
/// median over all triplets is taken; all are assumed better than chance. Right and wrong are weighed alike (no prior).
pub(super) fn triplets(votes: &[Vec<Option<bool>>]) -> Vec<Option<f64>> {
    let width = votes.first().map_or(0, Vec::len);
    let agreement = |a: usize, b: usize| {
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for row in votes {
            if let (Some(x), Some(y)) = (row[a], row[b]) {
                sum += if x == y { 1.0 } else { -1.0 };
                count += 1.0;
            }
        }
        (count > 0.0).then(|| sum / count)
    };
    let moments: Vec<Vec<Option<f64>>> = (0..width).map(|a| (0..width).map(|b| agreement(a, b)).collect()).collect();
    let accuracy = |i: usize| {
        let mut found = Vec::new();
        for j in (0..width).filter(|&j| j != i) {
            for k in (j + 1..width).filter(|&k| k != i) {
                if let (Some(ij), Some(ik), Some(jk)) = (moments[i][j], moments[i][k], moments[j][k])
                    && jk.abs() > 1e-3
                {
                    found.push((ij * ik / jk).abs().sqrt().min(1.0 - EDGE));
                }
            }
        }
        found.sort_unstable_by(f64::total_cmp);
        let n = found.len();
        (n > 0).then(|| f64::midpoint(found[(n - 1) / 2], found[n / 2]))
    };
    let weights: Vec<Option<f64>> = (0..width).map(|i| accuracy(i).map(|a| ((1.0 + a) / (1.0 - a)).ln())).collect();
    let score = |row: &Vec<Option<bool>>| {
        let parts: Vec<f64> = row
            .iter()
            .zip(&weights)
            .filter_map(|(vote, weight)| Some(if (*vote)? { (*weight)? } else { -(*weight)? }))
            .collect();
        (!parts.is_empty()).then(|| 1.0 / (1.0 + (-parts.iter().sum::<f64>()).exp()))
    };
    votes.iter().map(score).collect()
}

/// A ridge logistic regression on centred inputs.
pub(super) struct Logistic {
    weights: Vec<f64>,
    means: Vec<f64>,
    scales: Vec<f64>,
}

impl Logistic {
    /// `None` without samples of both labels. Newton's method; a missing input counts as its mean.
    pub(super) fn fit(rows: &[(&[Option<f64>], bool)]) -> Option<Self> {
        let right = rows.iter().filter(|(_, label)| *label).count();
        if right == 0 || right == rows.len() {
            return None;
        }
        let width = rows[0].0.len();
        let column = |place: usize| rows.iter().filter_map(move |(row, _)| row[place]);
        let mean = |place: usize| column(place).sum::<f64>() / column(place).count().max(1) as f64;
        let means: Vec<f64> = (0..width).map(mean).collect();
        let scale = |place: usize| {
            let variance =
                column(place).map(|x| (x - means[place]).powi(2)).sum::<f64>() / column(place).count().max(1) as f64;
            if variance > 1e-12 { variance.sqrt() } else { 1.0 }
        };
        let scales: Vec<f64> = (0..width).map(scale).collect();
        let mut model = Self { weights: vec![0.0; width + 1], means, scales };
        for _ in 0..50 {
            let size = width + 1;
            let mut gradient = vec![0.0; size];
            let mut hessian = vec![vec![0.0; size]; size];
            for (row, label) in rows {
                let x = model.features(row);
                let p = model.sigmoid(&x);
                let weight = (p * (1.0 - p)).max(1e-9);
                for a in 0..size {
                    gradient[a] += (f64::from(u8::from(*label)) - p) * x[a];
                    for b in 0..size {
                        hessian[a][b] += weight * x[a] * x[b];
                    }
                }
            }
            for a in 1..size {
                gradient[a] -= RIDGE * model.weights[a];
                hessian[a][a] += RIDGE;
            }
            let step = solve(hessian, gradient)?;
            let mut largest = 0.0_f64;
            for (weight, step) in model.weights.iter_mut().zip(&step) {
                *weight += step.clamp(-5.0, 5.0);
                largest = largest.max(step.abs());
            }
            if largest < 1e-10 {
                break;
            }
        }
        model.weights.iter().all(|w| w.is_finite()).then_some(model)
    }

    fn features(&self, row: &[Option<f64>]) -> Vec<f64> {
        let centred =
            row.iter().zip(self.means.iter().zip(&self.scales)).map(|(x, (m, s))| x.map_or(0.0, |x| (x - m) / s));
        std::iter::once(1.0).chain(centred).collect()
    }

    fn sigmoid(&self, features: &[f64]) -> f64 {
        let z: f64 = features.iter().zip(&self.weights).map(|(x, w)| x * w).sum();
        1.0 / (1.0 + (-z).exp())
    }

    /// P(right).
    pub(super) fn probability(&self, row: &[Option<f64>]) -> f64 {
        self.sigmoid(&self.features(row))
    }
}

/// Gaussian elimination with pivots; `None` for a singular matrix.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs()))?;
        if a[pivot][k].abs() < 1e-14 {
            return None;
        }
        a.swap(k, pivot);
        b.swap(k, pivot);
        for i in k + 1..n {
            let factor = a[i][k] / a[k][k];
            let (top, bottom) = a.split_at_mut(i);
            for (below, above) in bottom[0][k..].iter_mut().zip(&top[k][k..]) {
                *below -= factor * above;
            }
            b[i] -= factor * b[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / a[k][k];
    }
    Some(b)
}
