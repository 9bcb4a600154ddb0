//! The functions underneath: rising factorials, the incomplete beta function and its inverse, normal and t quantiles,
//! probabilities of the binomial and hypergeometric laws ([`Pmf`]).

use statrs::function::erf::erfc_inv;

mod pmf;

pub use pmf::Pmf;

/// ln Gamma(x + m) - ln Gamma(x) for x > 0, m >= 0, without the cancellation of two large logarithms.
///
/// Source: Stirling's series after shifting x above 16 (Abramowitz and Stegun 6.1.40).
#[must_use]
pub fn ln_rising(x: f64, m: f64) -> f64 {
    if m <= 0.0 {
        return 0.0;
    }
    if m <= 16.0 && m.fract().abs() < f64::EPSILON {
        let mut sum = 0.0;
        let mut j = 0.0;
        while j < m {
            sum += (x + j).ln();
            j += 1.0;
        }
        return sum;
    }
    let (mut base, mut shift) = (x, 0.0);
    while base < 16.0 {
        shift += ((base + m) / base).ln();
        base += 1.0;
    }
    let top = base + m;
    (base - 0.5) * (m / base).ln_1p() + m * top.ln() - m + stirling_tail(top) - stirling_tail(base) - shift
}

/// ln of rising(x, m) / rising(x + gap, m): the difference over the shorter of gap and m, where the logarithms are small.
#[must_use]
pub fn ln_rising_ratio(x: f64, gap: f64, m: f64) -> f64 {
    if gap < m { ln_rising(x, gap) - ln_rising(x + m, gap) } else { ln_rising(x, m) - ln_rising(x + gap, m) }
}

/// ln of the Binomial(n, p) probability of k, 0 < p < 1, without the cancellation of large logarithms.
///
/// Source: the saddle-point expansion of Loader 2000.
#[must_use]
pub fn ln_binomial(n: f64, k: f64, p: f64) -> f64 {
    if k <= 0.0 {
        return n * (-p).ln_1p();
    }
    if k >= n {
        return n * p.ln();
    }
    let rest = n - k;
    let corrections = stirling_error(n) - stirling_error(k) - stirling_error(rest);
    let spread = 0.5 * (n / (2.0 * std::f64::consts::PI * k * rest)).ln();
    corrections - deviance(k, n * p) - deviance(rest, n * (1.0 - p)) + spread
}

/// ln n! less Stirling's formula.
fn stirling_error(n: f64) -> f64 {
    if n >= 16.0 {
        return stirling_tail(n);
    }
    ln_gamma(n + 1.0) - (n + 0.5) * n.ln() + n - 0.5 * (2.0 * std::f64::consts::PI).ln()
}

/// x ln(x / m) + m - x, where the two are close by its series.
fn deviance(x: f64, m: f64) -> f64 {
    let v = (x - m) / (x + m);
    if v.abs() > 0.1 {
        return x * (x / m).ln() + m - x;
    }
    let (mut sum, mut term, mut odd) = ((x - m) * v, 2.0 * x * v, 1.0);
    loop {
        term *= v * v;
        odd += 2.0;
        let next = sum + term / odd;
        // no change at all is what ends the series
        if (next - sum).abs() <= 0.0 {
            return next;
        }
        sum = next;
    }
}

fn stirling_tail(x: f64) -> f64 {
    let y = 1.0 / (x * x);
    (1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0))))) / x
}

/// ln Gamma(x) for x > 0.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    let (mut base, mut shift) = (x, 0.0);
    while base < 16.0 {
        shift += base.ln();
        base += 1.0;
    }
    (base - 0.5) * base.ln() - base + 0.5 * (2.0 * std::f64::consts::PI).ln() + stirling_tail(base) - shift
}

/// ln B(a, b) for a, b > 0.
#[must_use]
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    ln_gamma(small) - ln_rising(large, small)
}

/// psi(x + m) - psi(x) and psi'(x + m) - psi'(x) for x > 0, m >= 0.
#[must_use]
pub fn digamma_rise(x: f64, m: f64) -> (f64, f64) {
    if m <= 0.0 {
        return (0.0, 0.0);
    }
    if m <= 16.0 && m.fract().abs() < f64::EPSILON {
        let (mut first, mut second, mut j) = (0.0, 0.0, 0.0);
        while j < m {
            let inverse = 1.0 / (x + j);
            first += inverse;
            second -= inverse * inverse;
            j += 1.0;
        }
        return (first, second);
    }
    let (low, high) = (polygammas(x), polygammas(x + m));
    (high.0 - low.0, high.1 - low.1)
}

fn polygammas(x: f64) -> (f64, f64) {
    let (mut base, mut first, mut second) = (x, 0.0, 0.0);
    while base < 16.0 {
        first -= 1.0 / base;
        second += 1.0 / (base * base);
        base += 1.0;
    }
    let y = 1.0 / (base * base);
    let series = y * (1.0 / 12.0 - y * (1.0 / 120.0 - y * (1.0 / 252.0 - y * (1.0 / 240.0 - y / 132.0))));
    let slope = y * (1.0 / 6.0 - y * (1.0 / 30.0 - y * (1.0 / 42.0 - y * (1.0 / 30.0 - y * (5.0 / 66.0))))) / base;
    (first + base.ln() - 0.5 / base - series, second + 1.0 / base + 0.5 * y + slope)
}

/// The regularised incomplete beta function I_x(a, b). Source: Lentz's continued fraction, DLMF 8.17.22.
#[must_use]
pub fn beta_reg(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_reg_series(b, a, 1.0 - x);
    }
    beta_reg_series(a, b, x)
}

fn beta_reg_series(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let front = (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp() / a;
    let (mut c, mut d) = (1.0, 1.0 - (a + b) * x / (a + 1.0));
    d = 1.0 / if d.abs() < TINY { TINY } else { d };
    let mut value = d;
    let mut m = 1.0;
    while m < 100_000.0 {
        for numerator in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 + numerator * d;
            d = 1.0 / if d.abs() < TINY { TINY } else { d };
            c = 1.0 + numerator / c;
            c = if c.abs() < TINY { TINY } else { c };
            value *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
        m += 1.0;
    }
    front * value
}

/// The quantile of Beta(a, b) at p, by bisection to the last bit that moves.
#[must_use]
pub fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    bisect(0.0, 1.0, |x| beta_reg(a, b, x) - p)
}

/// The root of an increasing function between `low` and `high`.
#[must_use]
pub fn bisect(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (low, high);
    for _ in 0..1100 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if f(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
        // below 2^-60 of the larger end nothing changes that a reader could see
        if high - low < 1e-18 * high.abs() {
            break;
        }
    }
    0.5 * (low + high)
}

/// The standard normal distribution function.
///
/// Source: the series of Marsaglia 2004 in the middle, Laplace's continued fraction in the tails.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if z.abs() < 2.5 {
        let (mut term, mut sum, mut odd) = (z, 0.0, 1.0);
        while term.abs() > 1e-18 * (1.0 + f64::abs(sum)) {
            sum += term;
            odd += 2.0;
            term *= z * z / odd;
        }
        return 0.5 + density * sum;
    }
    let x = z.abs();
    let mills = (1..400u32).rev().fold(x, |below, j| x + f64::from(j) / below);
    let tail = density / mills;
    if z < 0.0 { tail } else { 1.0 - tail }
}

/// The standard normal quantile.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// The two-sided normal quantile: 1.96 at confidence 0.95.
#[must_use]
pub fn z_two_sided(confidence: f64) -> f64 {
    normal_quantile(0.5 + 0.5 * confidence)
}

/// The two-sided quantile of Student's t with `df` degrees of freedom.
#[must_use]
pub fn t_two_sided(confidence: f64, df: f64) -> f64 {
    // P(|T| > t) = I_{df/(df+t^2)}(df/2, 1/2); of x and its complement the smaller one is accurate
    let x = beta_quantile(0.5 * df, 0.5, 1.0 - confidence);
    if x < 0.5 {
        return (df * (1.0 - x) / x).sqrt();
    }
    let y = beta_quantile(0.5, 0.5 * df, confidence);
    (df * y / (1.0 - y)).sqrt()
}

/// The integral of `f` over (0, 1) by the tanh-sinh rule; `f` is given v and 1 - v, each exact near its own end.
///
/// Source: Takahasi and Mori 1974. Halves the step until two levels agree to 1e-13.
#[must_use]
pub fn integrate_unit(f: impl Fn(f64, f64) -> f64) -> f64 {
    let term = |t: f64| {
        let s = std::f64::consts::FRAC_PI_2 * t.sinh();
        // v = 1 / (1 + e^{-2s}), and its complement
        let (v, w) = (1.0 / (1.0 + (-2.0 * s).exp()), 1.0 / (1.0 + (2.0 * s).exp()));
        let weight = std::f64::consts::PI * t.cosh() * v * w;
        if weight > 0.0 && v > 0.0 && w > 0.0 { weight * f(v, w) } else { 0.0 }
    };
    let reach = 6.0;
    let (mut step, mut sum) = (0.5, 0.0);
    let mut count = 12;
    for j in -count..=count {
        sum += term(f64::from(j) * step);
    }
    let mut last = sum * step;
    for _ in 0..11 {
        step *= 0.5;
        count *= 2;
        let mut j = -count + 1;
        while j < count {
            sum += term(f64::from(j) * step);
            j += 2;
        }
        let value = sum * step;
        debug_assert!((f64::from(count) * step - reach).abs() < 1e-9);
        if (value - last).abs() <= 1e-13 * value.abs() {
            return value;
        }
        last = value;
    }
    last
}

/// Nodes and weights of the Gauss-Legendre rule on (0, 1) with `count` points.
#[must_use]
pub fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    (0..count)
        .map(|i| {
            let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut p0, mut p1) = (1.0, x);
                for j in 2..=count {
                    let j = j as f64;
                    (p0, p1) = (p1, ((2.0 * j - 1.0) * x * p1 - (j - 1.0) * p0) / j);
                }
                let (value, before) = if count == 0 { (1.0, 0.0) } else { (p1, p0) };
                slope = n * (x * value - before) / (x * x - 1.0);
                let step = value / slope;
                x -= step;
                if step.abs() < 1e-15 {
                    break;
                }
            }
            (0.5 * (1.0 + x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1e-300), "{a} is not {b}");
    }

    #[test]
    fn known_values() {
        near(ln_gamma(0.5), 0.572_364_942_924_700_1, 1e-14);
        near(ln_gamma(171.0), 706.573_062_245_787_4, 1e-14);
        near(normal_quantile(0.975), 1.959_963_984_540_054, 1e-14);
        near(normal_cdf(-1.0), 0.158_655_253_931_457_05, 1e-14);
        near(normal_cdf(-6.0), 9.865_876_450_376_98e-10, 1e-13);
        near(normal_cdf(2.6), 1.0 - 0.004_661_188_023_718_75, 1e-14);
        near(t_two_sided(0.95, 5.0), 2.570_581_835_636_314, 1e-12);
        near(t_two_sided(0.95, 1e6), 1.959_966_356_785_7, 1e-9);
        near(beta_reg(2.0, 3.0, 0.4), 0.5248, 1e-14);
        near(ln_binomial(10.0, 3.0, 0.3), (120.0 * 0.3_f64.powi(3) * 0.7_f64.powi(7)).ln(), 1e-14);
        near(ln_binomial(1e9, 3e8, 0.3), -10.500_247_577_859, 1e-12);
        near(ln_rising(0.3, 1000.0), ln_gamma(1000.3) - ln_gamma(0.3), 1e-13);
        near(digamma_rise(0.5, 20.0).0, (0..20).map(|j| 1.0 / (0.5 + f64::from(j))).sum(), 1e-13);
        near(digamma_rise(0.5, 20.0).1, -(0..20).map(|j| (0.5 + f64::from(j)).powi(-2)).sum::<f64>(), 1e-13);
    }

    #[test]
    fn quadrature_integrates_what_it_must() {
        for count in 1..12 {
            let rule = gauss_legendre(count);
            for power in 0..2 * i32::try_from(count).unwrap() {
                let got: f64 = rule.iter().map(|(x, w)| w * x.powi(power)).sum();
                near(got, 1.0 / f64::from(power + 1), 1e-13);
            }
        }
        near(integrate_unit(|v, _| v.powf(-0.5)), 2.0, 1e-11);
        near(integrate_unit(|_, w| -w.ln()), 1.0, 1e-12);
    }
}
