//! Whether more samples help: the slope of a per-problem value on log2 N.

use super::{StatsError, finite, mean, positive, same_length, standard_error};

/// A mean slope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// Mean over problems of the least-squares slope on log2 N: change per doubling.
    pub slope: f64,
    /// Its standard error over problems; `None` below two.
    pub se: Option<f64>,
    /// slope / se; `None` where all problems have the same slope.
    pub t: Option<f64>,
}

/// The trend in N. Shapes: `curves` holds one value per N for each problem. `None` without problems or with one distinct N.
///
/// Valid although the points of one curve depend on each other: only problems are taken as independent.
/// Source: the two-stage (summary statistics) analysis of repeated measures, Matthews et al. 1990.
///
/// # Errors
/// A curve of another length, N not above 0, or a value that is not finite.
pub fn trend_slope(ns: &[f64], curves: &[Vec<f64>]) -> Result<Option<Slope>, StatsError> {
    for n in ns {
        positive("N", *n)?;
    }
    let x: Vec<f64> = ns.iter().map(|n| n.log2()).collect();
    for curve in curves {
        same_length("Ns and curve", ns.len(), curve.len())?;
        finite("a value", curve)?;
    }
    let Some(centre) = mean(&x) else { return Ok(None) };
    let spread: f64 = x.iter().map(|x| (x - centre).powi(2)).sum();
    if spread <= 1e-12 {
        return Ok(None);
    }
    let slopes: Vec<f64> =
        curves.iter().map(|c| x.iter().zip(c).map(|(x, y)| (x - centre) * y).sum::<f64>() / spread).collect();
    let Some(slope) = mean(&slopes) else { return Ok(None) };
    let se = standard_error(&slopes);
    let scale = slopes.iter().fold(0.0f64, |m, s| m.max(s.abs()));
    let t = se.filter(|se| *se > 1e-12 * scale).map(|se| slope / se);
    Ok(Some(Slope { slope, se, t }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_slope_and_no_test() {
        let curves = vec![vec![0.1, 0.3, 0.5], vec![0.0, 0.2, 0.4]];
        let s = trend_slope(&[1.0, 2.0, 4.0], &curves).unwrap().unwrap();
        assert!((s.slope - 0.2).abs() < 1e-15 && s.t.is_none());
        assert_eq!(trend_slope(&[4.0], &[vec![0.1]]).unwrap(), None);
        assert_eq!(trend_slope(&[1.0, 2.0], &[]).unwrap(), None);
    }
}
