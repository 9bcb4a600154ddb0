//! Exact fractions as far as 128 bits go, and complex floating-point numbers for what has no fraction.

/// A fraction in lowest terms with a positive denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ratio {
    pub(super) above: i128,
    pub(super) below: i128,
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Ratio {
    pub(super) const ONE: Self = Self { above: 1, below: 1 };

    pub(super) fn whole(value: i128) -> Self {
        Self { above: value, below: 1 }
    }

    /// `None` for a zero denominator or beyond 128 bits.
    pub(super) fn new(above: i128, below: i128) -> Option<Self> {
        if below == 0 {
            return None;
        }
        let common = i128::try_from(gcd(above.unsigned_abs(), below.unsigned_abs())).ok()?;
        let (above, below) = (above / common, below / common);
        if below < 0 {
            Some(Self { above: above.checked_neg()?, below: below.checked_neg()? })
        } else {
            Some(Self { above, below })
        }
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let left = self.above.checked_mul(other.below)?;
        Self::new(left.checked_add(other.above.checked_mul(self.below)?)?, self.below.checked_mul(other.below)?)
    }

    pub(super) fn mul(self, other: Self) -> Option<Self> {
        Self::new(self.above.checked_mul(other.above)?, self.below.checked_mul(other.below)?)
    }

    pub(super) fn neg(self) -> Option<Self> {
        Self::new(self.above.checked_neg()?, self.below)
    }

    pub(super) fn inverse(self) -> Option<Self> {
        Self::new(self.below, self.above)
    }

    pub(super) fn pow(self, exponent: Self) -> Option<Self> {
        if exponent.below == 1 {
            let power = u32::try_from(exponent.above.unsigned_abs()).ok()?;
            let base = if exponent.above < 0 { self.inverse()? } else { self };
            return Self::new(base.above.checked_pow(power)?, base.below.checked_pow(power)?);
        }
        let root = u32::try_from(exponent.below).ok()?;
        if self.above < 0 || root > 16 {
            return None;
        }
        let base = Self { above: exact_root(self.above, root)?, below: exact_root(self.below, root)? };
        base.pow(Self::whole(exponent.above))
    }

    pub(super) fn to_f64(self) -> f64 {
        self.above as f64 / self.below as f64
    }
}

fn exact_root(value: i128, root: u32) -> Option<i128> {
    #[expect(clippy::cast_possible_truncation, reason = "a guess; the power decides")]
    let guess = (value as f64).powf(1.0 / f64::from(root)).round() as i128;
    (guess.checked_sub(1)?..=guess.checked_add(1)?).find(|r| r.checked_pow(root) == Some(value))
}

/// A complex number; NaN where undefined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Complex {
    pub(super) re: f64,
    pub(super) im: f64,
}

impl Complex {
    pub(super) const NAN: Self = Self { re: f64::NAN, im: f64::NAN };

    pub(super) fn real(re: f64) -> Self {
        Self { re, im: 0.0 }
    }

    pub(super) fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite()
    }

    pub(super) fn add(self, other: Self) -> Self {
        Self { re: self.re + other.re, im: self.im + other.im }
    }

    pub(super) fn mul(self, other: Self) -> Self {
        Self { re: self.re * other.re - self.im * other.im, im: self.re * other.im + self.im * other.re }
    }

    pub(super) fn neg(self) -> Self {
        Self { re: -self.re, im: -self.im }
    }

    pub(super) fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }

    pub(super) fn inverse(self) -> Self {
        let size = self.re * self.re + self.im * self.im;
        if size > 0.0 { Self { re: self.re / size, im: -self.im / size } } else { Self::NAN }
    }

    pub(super) fn exp(self) -> Self {
        let size = self.re.exp();
        if self.im.abs() > 0.0 { Self { re: size * self.im.cos(), im: size * self.im.sin() } } else { Self::real(size) }
    }

    pub(super) fn ln(self) -> Self {
        if self.abs() > 0.0 { Self { re: self.abs().ln(), im: self.im.atan2(self.re) } } else { Self::NAN }
    }

    pub(super) fn is_real(self) -> bool {
        self.im.abs() <= 1e-12 * self.re.abs()
    }

    pub(super) fn pow(self, power: Self) -> Self {
        if self.is_real() && power.is_real() {
            let whole = (power.re - power.re.round()).abs() < 1e-12;
            if self.re >= 0.0 || whole {
                let value = self.re.powf(if whole { power.re.round() } else { power.re });
                return if value.is_finite() { Self::real(value) } else { Self::NAN };
            }
        }
        self.ln().mul(power).exp()
    }

    /// Where the function is complex only beyond its real domain, undefined outside of it.
    pub(super) fn apply(self, name: &str) -> Self {
        let i = Self { re: 0.0, im: 1.0 };
        let (up, down) = (|| self.mul(i).exp(), || self.mul(i.neg()).exp());
        let half = Self::real(0.5);
        let sin = || up().add(down().neg()).mul(half).mul(i.neg());
        let cos = || up().add(down()).mul(half);
        let real = |f: fn(f64) -> f64| if self.is_real() { Self::real(f(self.re)) } else { Self::NAN };
        match name {
            "sin" => {
                if self.is_real() {
                    Self::real(self.re.sin())
                } else {
                    sin()
                }
            }
            "cos" => {
                if self.is_real() {
                    Self::real(self.re.cos())
                } else {
                    cos()
                }
            }
            "tan" => sin().mul(cos().inverse()),
            "cot" => cos().mul(sin().inverse()),
            "sec" => cos().inverse(),
            "csc" => sin().inverse(),
            "arcsin" => real(f64::asin),
            "arccos" => real(f64::acos),
            "arctan" => real(f64::atan),
            "sinh" => real(f64::sinh),
            "cosh" => real(f64::cosh),
            "tanh" => real(f64::tanh),
            "floor" => real(|x| (x + 1e-9).floor()),
            "ceil" => real(|x| (x - 1e-9).ceil()),
            "abs" => Self::real(self.abs()),
            "exp" => self.exp(),
            "ln" => self.ln(),
            "lg" => self.ln().mul(Self::real(std::f64::consts::LOG10_E)),
            _ => Self::NAN,
        }
    }

    /// Equal up to rounding errors, or up to a tolerance relative to the size (absolute from 0.001 to 1).
    pub(super) fn close(self, other: Self, tolerance: f64) -> bool {
        let size = self.abs().max(other.abs());
        let scale = if size >= 1e-3 && tolerance > 1e-8 { size.max(1.0) } else { size };
        self.is_finite() && other.is_finite() && self.add(other.neg()).abs() <= tolerance * scale
    }
}
