//! Which samples are still to be drawn, in which order, and with which seeds.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use verifiers::domain::ProblemId;

/// In which order problems are sampled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// The first samples of all problems, then the next: curves over all problems are valid at any moment.
    #[default]
    Breadth,
    /// All samples of a problem, then the next problem.
    Depth,
}

/// When a problem has enough samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Sampling {
    /// N for every problem.
    #[default]
    Fixed,
    /// Until the first sample that the selector (or else the oracle) accepts; at most N.
    UntilSuccess,
    /// Until enough are accepted or the interval of the acceptance rate is narrow; at most N.
    Adaptive {
        /// This many accepted samples are enough.
        accepted: Option<u32>,
        /// So is a Wilson interval with this half width.
        half_width: Option<f64>,
        /// But never before this many samples.
        min_samples: u32,
    },
}

impl Sampling {
    /// The word that is stored with the run.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::UntilSuccess => "until-success",
            Self::Adaptive { .. } => "adaptive",
        }
    }

    /// Whether a problem with these counts needs no more samples, and why.
    #[must_use]
    pub fn closes(self, judged: u32, accepted: u32) -> Option<&'static str> {
        match self {
            Self::Fixed => None,
            Self::UntilSuccess => (accepted > 0).then_some("success"),
            Self::Adaptive { accepted: enough, half_width, min_samples } => {
                if judged < min_samples {
                    None
                } else if enough.is_some_and(|n| accepted >= n) {
                    Some("accepted")
                } else if half_width.is_some_and(|h| wilson_half_width(judged, accepted) <= h) {
                    Some("width")
                } else {
                    None
                }
            }
        }
    }
}

/// Half the width of the 95 % Wilson interval.
fn wilson_half_width(n: u32, c: u32) -> f64 {
    const Z: f64 = 1.959_963_984_540_054;
    let (n, c) = (f64::from(n), f64::from(c));
    if n <= 0.0 {
        return 1.0;
    }
    let p = c / n;
    Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt()
}

/// The seed of one sample: a function of run seed, problem and index, never of order. Consecutive within a problem, so
/// that a request for n samples (a server gives choice i the seed + i) has the seeds of n single requests. Below 2^31,
/// since some servers keep 32 bits only and take the top ones for "random".
#[must_use]
pub fn sample_seed(run_seed: u64, problem: &ProblemId, index: u32) -> u32 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&run_seed.to_le_bytes());
    hasher.update(problem.0.as_bytes());
    let mut word = [0; 4];
    hasher.finalize_xof().fill(&mut word);
    let base = u32::from_le_bytes(word) & 0x3fff_ffff;
    base.wrapping_add(index) & 0x7fff_ffff
}

/// A request that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The problem's place.
    pub place: usize,
    /// The first sample.
    pub first_index: u32,
    /// How many samples.
    pub n: u32,
}

/// Walks over the samples that are still to be drawn.
#[derive(Debug)]
pub struct Plan {
    order: Order,
    samples: u32,
    step: u32,
    /// A bit for each stored sample.
    stored: Vec<Vec<u64>>,
    closed: Vec<bool>,
    place: usize,
    start: u32,
    within: u32,
}

impl Plan {
    /// A plan of `samples` for each of `ids` (row ids in order), less those stored; `step` samples a request.
    #[must_use]
    pub fn new(order: Order, samples: u32, step: u32, ids: &[i64], stored: &HashMap<i64, Vec<u32>>) -> Self {
        let words = samples.div_ceil(64) as usize;
        let bits = |id: &i64| {
            let mut bits = vec![0_u64; words];
            for index in stored.get(id).into_iter().flatten().filter(|i| **i < samples) {
                bits[(index / 64) as usize] |= 1 << (index % 64);
            }
            bits
        };
        let stored: Vec<Vec<u64>> = ids.iter().map(bits).collect();
        Self {
            order,
            samples,
            step: step.max(1),
            closed: vec![false; stored.len()],
            stored,
            place: 0,
            start: 0,
            within: 0,
        }
    }

    /// Draws no more samples of this problem.
    pub fn close(&mut self, place: usize) {
        self.closed[place] = true;
    }

    /// How many samples are still to be drawn, at most.
    #[must_use]
    pub fn remaining(&self) -> u64 {
        let open = self.stored.iter().zip(&self.closed).filter(|(_, closed)| !**closed);
        open.map(|(bits, _)| {
            u64::from(self.samples) - bits.iter().map(|word| u64::from(word.count_ones())).sum::<u64>()
        })
        .sum()
    }

    /// The next request; marks its samples as drawn.
    pub fn next_key(&mut self) -> Option<Key> {
        loop {
            if self.place >= self.stored.len() || self.start >= self.samples {
                return None;
            }
            if !self.closed[self.place]
                && let Some(key) = self.next_in_block()
            {
                return Some(key);
            }
            self.advance();
        }
    }

    /// The next request of a problem that is ready, in turn; for sampling that stops on what came before.
    pub fn next_ready(&mut self, ready: impl Fn(usize) -> bool) -> Option<Key> {
        let count = self.stored.len();
        for step in 0..count {
            let place = (self.place + step) % count;
            if self.closed[place] || !ready(place) {
                continue;
            }
            let missing = |bits: &[u64]| bits.iter().position(|w| *w != u64::MAX).map(|w| (w, bits[w].trailing_ones()));
            let first = missing(&self.stored[place]).and_then(|(w, bit)| u32::try_from(w).ok().map(|w| w * 64 + bit));
            let Some(first) = first.filter(|f| *f < self.samples) else { continue };
            (self.place, self.start, self.within) = (place, first, 0);
            let key = self.next_in_block();
            self.place = (place + 1) % count;
            return key;
        }
        None
    }

    /// The next run of missing indices in the current block of `step`.
    fn next_in_block(&mut self) -> Option<Key> {
        let end = (self.start + self.step).min(self.samples);
        let mut first = self.start + self.within;
        while first < end && self.is_stored(first) {
            first += 1;
        }
        let mut last = first;
        while last < end && !self.is_stored(last) {
            self.stored[self.place][(last / 64) as usize] |= 1 << (last % 64);
            last += 1;
        }
        self.within = last - self.start;
        (last > first).then_some(Key { place: self.place, first_index: first, n: last - first })
    }

    fn is_stored(&self, index: u32) -> bool {
        self.stored[self.place][(index / 64) as usize] & (1 << (index % 64)) != 0
    }

    fn advance(&mut self) {
        self.within = 0;
        match self.order {
            Order::Breadth => {
                self.place += 1;
                if self.place == self.stored.len() {
                    self.place = 0;
                    self.start += self.step;
                }
            }
            Order::Depth => {
                self.start += self.step;
                if self.start >= self.samples || self.closed[self.place] {
                    self.start = 0;
                    self.place += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(mut plan: Plan) -> Vec<(usize, u32, u32)> {
        std::iter::from_fn(|| plan.next_key()).map(|k| (k.place, k.first_index, k.n)).collect()
    }

    #[test]
    fn every_missing_sample_is_drawn_once() {
        let stored = HashMap::from([(11, vec![1, 4])]);
        let plan = |order, step| Plan::new(order, 5, step, &[10, 11], &stored);
        assert_eq!(plan(Order::Breadth, 1).remaining(), 8);
        assert_eq!(
            keys(plan(Order::Breadth, 1)),
            [(0, 0, 1), (1, 0, 1), (0, 1, 1), (0, 2, 1), (1, 2, 1), (0, 3, 1), (1, 3, 1), (0, 4, 1)]
        );
        assert_eq!(keys(plan(Order::Breadth, 3)), [(0, 0, 3), (1, 0, 1), (1, 2, 1), (0, 3, 2), (1, 3, 1)]);
        assert_eq!(keys(plan(Order::Depth, 4)), [(0, 0, 4), (0, 4, 1), (1, 0, 1), (1, 2, 2)]);
    }

    #[test]
    fn closed_problems_are_left_alone() {
        let mut plan = Plan::new(Order::Breadth, 2, 1, &[1, 2], &HashMap::new());
        assert_eq!(plan.next_key().map(|k| k.place), Some(0));
        plan.close(0);
        assert_eq!(keys(plan), [(1, 0, 1), (1, 1, 1)]);
    }

    #[test]
    fn seeds_step_by_one_and_stay_below_two_to_the_31() {
        let id = ProblemId("a".to_owned());
        let first = sample_seed(7, &id, 0);
        assert!(first < 1 << 30);
        assert_eq!(sample_seed(7, &id, 5), first + 5);
        assert_ne!(sample_seed(8, &id, 0), first);
    }

    #[test]
    fn adaptive_problems_close_for_a_reason() {
        let rule = Sampling::Adaptive { accepted: Some(3), half_width: Some(0.1), min_samples: 4 };
        assert_eq!(rule.closes(3, 3), None);
        assert_eq!(rule.closes(4, 3), Some("accepted"));
        assert_eq!(rule.closes(50, 0), Some("width"));
        assert_eq!(rule.closes(10, 2), None);
        assert_eq!(Sampling::UntilSuccess.closes(1, 1), Some("success"));
        assert_eq!(Sampling::Fixed.closes(100, 100), None);
    }
}
