//! The recurrence of pass@k for several problems side by side, so that their divisions overlap.

/// Problems computed side by side.
pub(crate) const LANES: usize = 8;

/// Both tails of up to [`LANES`] problems at one k, starting at k = 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes {
    n: [f64; LANES],
    c: [f64; LANES],
    drawn: f64,
    /// pass@k; 0 in lanes without a problem.
    pub(crate) pass: [f64; LANES],
    /// Its complement.
    pub(crate) fail: [f64; LANES],
}

impl Lanes {
    /// (n, c) of at most [`LANES`] problems.
    pub(crate) fn new(problems: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut lanes =
            Self { n: [f64::MAX; LANES], c: [0.0; LANES], drawn: 0.0, pass: [0.0; LANES], fail: [1.0; LANES] };
        for ((n, c), problem) in lanes.n.iter_mut().zip(&mut lanes.c).zip(problems) {
            (*n, *c) = problem;
        }
        lanes
    }

    /// Samples that are left after k draws.
    pub(crate) fn left(&self, lane: usize) -> f64 {
        self.n[lane] - self.drawn
    }

    /// Samples drawn, k.
    pub(crate) fn drawn(&self) -> f64 {
        self.drawn
    }

    /// One more draw. Nothing is meant by lanes whose n is passed.
    #[inline]
    pub(crate) fn step(&mut self) {
        for i in 0..LANES {
            let left = self.n[i] - self.drawn;
            let inverse = 1.0 / left.max(1.0);
            let sure = left <= self.c[i];
            self.pass[i] = if sure { 1.0 } else { (self.pass[i] + self.fail[i] * self.c[i] * inverse).min(1.0) };
            self.fail[i] = if sure { 0.0 } else { self.fail[i] * (left - self.c[i]) * inverse };
        }
        self.drawn += 1.0;
    }
}

/// Sums over problems of weight x f(k, pass@k) for k = 1, 2, .... Shapes: `groups` holds (n, c, weight); one sum per k up to `k_max`.
pub(crate) fn sums(groups: &[(u64, u64, f64)], k_max: usize, f: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; k_max];
    for block in groups.chunks(LANES) {
        let mut weights = [0.0; LANES];
        for (weight, group) in weights.iter_mut().zip(block) {
            *weight = group.2;
        }
        let mut lanes = Lanes::new(block.iter().map(|(n, c, _)| (*n as f64, *c as f64)));
        for (k, sum) in sums.iter_mut().enumerate() {
            lanes.step();
            *sum += weights.iter().zip(&lanes.pass).map(|(weight, pass)| weight * f(k, *pass)).sum::<f64>();
        }
    }
    sums
}
