//! Looking while sampling: when votes are settled, and intervals that hold at every look.

use super::special::{Pmf, bisect, ln_rising};
use super::{Interval, StatsError, at_most, open_probability, positive};

/// P(the leading answer is truly ahead of the second | votes): 1 - I_{1/2}(v1 + 1, v2 + 1).
///
/// Shapes: votes of the top two answers. Source: Aggarwal et al. 2023 (adaptive consistency), arXiv:2305.11860, the Beta rule.
#[must_use]
pub fn lead_probability(first: u64, second: u64) -> f64 {
    Pmf::binomial(first + second + 1, 0.5).lower(first)
}

/// The Beta-mixture confidence sequence for a proportion: it holds at all n at once, so one may stop at any look.
///
/// {p : ln B(a+c, b+n-c) - ln B(a, b) - c ln p - (n-c) ln(1-p) <= ln(1/alpha)}; the lower end is 0 at c = 0, the upper 1 at c = n.
/// Source: Robbins 1970; Howard et al. 2021, arXiv:1810.08240.
///
/// # Errors
/// c above n, a prior that is not positive, or alpha outside (0, 1).
pub fn confidence_sequence(c: u64, n: u64, a: f64, b: f64, alpha: f64) -> Result<Interval, StatsError> {
    at_most("successes", c, n)?;
    positive("a", a)?;
    positive("b", b)?;
    open_probability("alpha", alpha)?;
    let (hits, misses) = (c as f64, (n - c) as f64);
    let mixture = ln_rising(a, hits) + ln_rising(b, misses) - ln_rising(a + b, n as f64);
    let bound = -alpha.ln();
    // 0 ln 0 is 0
    let part = |count: f64, log: f64| if count > 0.0 { count * log } else { 0.0 };
    let excess = |p: f64| mixture - part(hits, p.ln()) - part(misses, (-p).ln_1p()) - bound;
    let centre = if n == 0 { 0.5 } else { hits / n as f64 };
    Ok(Interval {
        low: if c == 0 { 0.0 } else { bisect(0.0, centre, |p| -excess(p)) },
        high: if c == n { 1.0 } else { bisect(centre, 1.0, excess) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_wider_than_one_look() {
        let s = confidence_sequence(7, 20, 1.0, 1.0, 0.05).unwrap();
        let w = super::super::interval::wilson(7, 20, 0.95).unwrap();
        assert!(s.low < w.low && s.high > w.high);
        assert_eq!(confidence_sequence(0, 0, 1.0, 1.0, 0.05).unwrap(), Interval { low: 0.0, high: 1.0 });
        assert!((lead_probability(4, 0) - 0.96875).abs() < 1e-14);
        assert!(lead_probability(60_000, 50_000) > 0.999);
    }
}
