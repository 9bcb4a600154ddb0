//! The shortest correct of k: what rejection sampling for short answers keeps.

use super::{StatsError, finite, same_length};

/// Coverage and the length that is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shortest {
    /// The chance that some of k is correct.
    pub pass: f64,
    /// Expected length of the shortest correct, given that there is one; `None` where there never is. Unit: that of the lengths.
    pub expected_length: Option<f64>,
}

/// The lengths of one problem's correct samples in order, ready for any k.
#[derive(Debug, Clone, PartialEq)]
pub struct SortedLengths {
    n: f64,
    kept: Vec<f64>,
}

impl SortedLengths {
    /// Shapes: one length and one label per sample. O(n log n).
    ///
    /// # Errors
    /// Arrays of different length, or a length that is not finite.
    pub fn new(lengths: &[f64], correct: &[bool]) -> Result<Self, StatsError> {
        same_length("lengths and labels", lengths.len(), correct.len())?;
        finite("a length", lengths)?;
        let mut kept: Vec<f64> = lengths.iter().zip(correct).filter(|(_, c)| **c).map(|(l, _)| *l).collect();
        kept.sort_by(f64::total_cmp);
        Ok(Self { n: lengths.len() as f64, kept })
    }

    /// The shortest correct among k drawn without replacement. `None` for k = 0 or k > n. O(n).
    ///
    /// Source: Kimi k1.5, arXiv:2501.12599, section 2.3.3, as a U-statistic.
    #[must_use]
    pub fn shortest_of(&self, k: u64) -> Option<Shortest> {
        let (n, drawn) = (self.n, k as f64);
        if k == 0 || drawn > n {
            return None;
        }
        // the j-th shortest is the one kept with chance C(n-j, k-1) / C(n, k)
        let (mut weight, mut pass, mut sum) = (drawn / n, 0.0, 0.0);
        for (j, length) in (1u32..).zip(&self.kept) {
            pass += weight;
            sum += weight * length;
            let j = f64::from(j);
            weight *= if n - j > 0.0 { (n - j - drawn + 1.0).max(0.0) / (n - j) } else { 0.0 };
            if weight <= 0.0 {
                break;
            }
        }
        // rounding of the sum must not hide that one of k must be correct
        if n - (self.kept.len() as f64) < drawn && !self.kept.is_empty() {
            sum /= pass;
            pass = 1.0;
        }
        Some(Shortest { pass, expected_length: (pass > 0.0).then(|| sum / pass) })
    }
}

/// The shortest correct among k of n drawn without replacement. Shapes: one length and one label per sample.
///
/// `None` for k = 0 or k > n. See [`SortedLengths`] for many k.
///
/// # Errors
/// Arrays of different length, or a length that is not finite.
pub fn shortest_correct(lengths: &[f64], correct: &[bool], k: u64) -> Result<Option<Shortest>, StatsError> {
    Ok(SortedLengths::new(lengths, correct)?.shortest_of(k))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equals_enumeration(data in prop::collection::vec((0u8..50, any::<bool>()), 1..11), k in 1u32..11) {
            let n = u32::try_from(data.len()).unwrap();
            let k = k.min(n);
            let (mut sum, mut hits, mut all) = (0.0, 0.0, 0.0);
            for set in 0u32..1 << n {
                if set.count_ones() == k {
                    all += 1.0;
                    let kept = (0..data.len()).filter(|i| set >> i & 1 == 1 && data[*i].1).map(|i| data[i].0).min();
                    if let Some(length) = kept {
                        hits += 1.0;
                        sum += f64::from(length);
                    }
                }
            }
            let lengths: Vec<f64> = data.iter().map(|(l, _)| f64::from(*l)).collect();
            let correct: Vec<bool> = data.iter().map(|(_, c)| *c).collect();
            let got = shortest_correct(&lengths, &correct, u64::from(k)).unwrap().unwrap();
            prop_assert!((got.pass - hits / all).abs() < 1e-12);
            match got.expected_length {
                None => prop_assert!(hits < 0.5),
                Some(length) => prop_assert!((length - sum / hits).abs() < 1e-9),
            }
        }
    }
}
