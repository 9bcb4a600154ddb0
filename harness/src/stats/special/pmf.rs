//! Discrete laws whose probabilities are found without logarithms.

/// A discrete law on `low..`, its probabilities normalised from the mode outwards: no logarithm, no cancellation.
///
/// Values whose probability leaves the range of a double are not held, so that memory goes with the spread, not with n.
#[derive(Debug, Clone, PartialEq)]
pub struct Pmf {
    /// The first value held.
    pub low: u64,
    /// Probabilities of `low`, `low + 1`, ...
    pub mass: Vec<f64>,
}

impl Pmf {
    fn from_mode(low: u64, high: u64, mode: u64, ratio_up: impl Fn(f64) -> f64) -> Self {
        // far tails matter for small supports only, where they may be the answer
        let least = if high - low <= 10_000_000 { 0.0 } else { 1e-40 };
        let walk = |values: &mut dyn Iterator<Item = u64>, step: &dyn Fn(f64) -> f64| {
            let mut last = 1.0;
            let mut tail = Vec::new();
            for x in values {
                last *= step(x as f64);
                if last <= least {
                    break;
                }
                tail.push(last);
            }
            tail
        };
        let above = walk(&mut (mode..high), &ratio_up);
        let mut mass = walk(&mut (low..mode).rev(), &|x| 1.0 / ratio_up(x));
        let below = mass.len();
        mass.reverse();
        mass.push(1.0);
        mass.extend(above);
        let total = sum_small_first(&mass, below);
        for m in &mut mass {
            *m /= total;
        }
        Self { low: mode - below as u64, mass }
    }

    /// The values held, each with its probability.
    pub fn iter(&self) -> impl Iterator<Item = (u64, f64)> {
        (self.low..).zip(self.mass.iter().copied())
    }

    /// Binomial(n, p), 0 < p < 1.
    #[must_use]
    pub fn binomial(n: u64, p: f64) -> Self {
        let odds = p / (1.0 - p);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0..=n")]
        let mode = (((n as f64) + 1.0) * p).floor().clamp(0.0, n as f64) as u64;
        let whole = n as f64;
        Self::from_mode(0, n, mode.min(n), |x| (whole - x) / (x + 1.0) * odds)
    }

    /// The number of marked among k drawn from n of which c are marked.
    #[must_use]
    pub fn hypergeometric(n: u64, c: u64, k: u64) -> Self {
        let (low, high) = ((c + k).saturating_sub(n), c.min(k));
        let mode = u64::try_from(u128::from(k + 1) * u128::from(c + 1) / u128::from(n + 2)).unwrap_or(high);
        let (whole, marked, drawn) = (n as f64, c as f64, k as f64);
        Self::from_mode(low, high, mode.clamp(low, high), |x| {
            (marked - x) * (drawn - x) / ((x + 1.0) * (whole - marked - drawn + x + 1.0))
        })
    }

    /// P(X = x).
    #[must_use]
    pub fn at(&self, x: u64) -> f64 {
        x.checked_sub(self.low)
            .and_then(|d| usize::try_from(d).ok())
            .and_then(|d| self.mass.get(d).copied())
            .unwrap_or(0.0)
    }

    /// P(X >= x).
    #[must_use]
    pub fn upper(&self, x: u64) -> f64 {
        let Some(start) = x.checked_sub(self.low).and_then(|d| usize::try_from(d).ok()) else { return 1.0 };
        if start == 0 {
            return 1.0;
        }
        self.mass.get(start..).map_or(0.0, |tail| tail.iter().rev().sum::<f64>().min(1.0))
    }

    /// P(X <= x).
    #[must_use]
    pub fn lower(&self, x: u64) -> f64 {
        let Some(end) = x.checked_sub(self.low).and_then(|d| usize::try_from(d).ok()) else { return 0.0 };
        if end + 1 >= self.mass.len() {
            return 1.0;
        }
        self.mass[..=end].iter().sum::<f64>().min(1.0)
    }
}

fn sum_small_first(mass: &[f64], mode: usize) -> f64 {
    mass[..mode].iter().sum::<f64>() + mass[mode..].iter().rev().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1e-300), "{a} is not {b}");
    }

    #[test]
    fn laws_sum_to_one_and_match_products() {
        let law = Pmf::binomial(10, 0.3);
        near(law.mass.iter().sum(), 1.0, 1e-14);
        near(law.at(0), 0.7f64.powi(10), 1e-13);
        let law = Pmf::hypergeometric(10, 4, 3);
        near(law.at(3), 4.0 / 120.0, 1e-13);
        near(law.upper(1), 1.0 - 20.0 / 120.0, 1e-13);
        near(law.lower(0), 20.0 / 120.0, 1e-13);
    }
}
