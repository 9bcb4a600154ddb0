//! Fractions and decimals: exact numbers, most of which no float stands for.

use num_bigint::BigInt;
use num_integer::Integer as _;

use super::Int;

/// The most digits of a number that are worked with; longer ones equal those that are written alike.
const DIGITS_MOST: usize = 400;

/// A `Fraction` or `Decimal`.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact {
    form: Form,
    number: Real,
}

/// How Python writes it.
#[derive(Debug, Clone, PartialEq)]
enum Form {
    Fraction(Int, Int),
    Decimal(String),
}

/// A real number; equal ones are alike.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Real {
    Whole(Int),
    /// A float's, and not whole.
    Float(f64),
    /// Numerator and denominator, reduced; no float's.
    Ratio(Int, Int),
    /// Whether it is negative, its digits without zeros at the ends, and their power of ten: out of reach.
    Far(bool, String, i64),
}

impl Exact {
    /// `None`: no fraction.
    pub(super) fn fraction(numerator: Int, denominator: Int) -> Option<Self> {
        if !denominator.is_positive() {
            return None;
        }
        let long = numerator.rough_bits().max(denominator.rough_bits()) > 4 * DIGITS_MOST;
        let number = if long {
            Real::Ratio(numerator.clone(), denominator.clone())
        } else {
            real(big(&numerator)?, big(&denominator)?)?
        };
        Some(Self { form: Form::Fraction(numerator, denominator), number })
    }

    /// From what Python prints: `1.50`, `-0`, `1E+5`, `Infinity`, `NaN`. `None`: no decimal number.
    pub(super) fn decimal(text: String) -> Option<Self> {
        let number = decimal(&text)?;
        Some(Self { form: Form::Decimal(text), number })
    }

    pub(super) fn number(&self) -> &Real {
        &self.number
    }

    /// The class.
    pub(super) fn type_name(&self) -> &'static str {
        match self.form {
            Form::Fraction(..) => "Fraction",
            Form::Decimal(_) => "Decimal",
        }
    }

    /// A fraction's numerator and denominator.
    pub(super) fn parts(&self) -> Result<(&Int, &Int), &str> {
        match &self.form {
            Form::Fraction(numerator, denominator) => Ok((numerator, denominator)),
            Form::Decimal(text) => Err(text),
        }
    }
}

fn big(int: &Int) -> Option<BigInt> {
    int.to_string().parse().ok()
}

fn int(big: &BigInt) -> Option<Int> {
    Int::parse(&big.to_string())
}

fn real(numerator: BigInt, denominator: BigInt) -> Option<Real> {
    let common = numerator.gcd(&denominator);
    let (numerator, denominator) = (int(&(numerator / &common))?, int(&(denominator / common))?);
    Some(if denominator == Int::from(1_i64) {
        Real::Whole(numerator)
    } else {
        match float(&numerator, &denominator) {
            Some(float) => Real::Float(float),
            None => Real::Ratio(numerator, denominator),
        }
    })
}

/// The float that is exactly this reduced fraction.
fn float(numerator: &Int, denominator: &Int) -> Option<f64> {
    let places = denominator.power_of_two().filter(|places| *places <= 1074)?;
    let numerator = numerator.to_i64().filter(|n| n.unsigned_abs() < 1 << 53)?;
    // in two steps: half of the smallest float's places is still a float's
    let half = 2_f64.powi(i32::try_from(places / 2).ok()?);
    let rest = 2_f64.powi(i32::try_from(places - places / 2).ok()?);
    Some(numerator as f64 / half / rest)
}

fn decimal(text: &str) -> Option<Real> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if unsigned == "Infinity" {
        return Some(Real::Float(if negative { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    if unsigned.trim_start_matches('s').strip_prefix("NaN").is_some() {
        return Some(Real::Float(f64::NAN));
    }
    let (mantissa, power) = match unsigned.split_once('E') {
        Some((mantissa, power)) => (mantissa, power.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let trimmed = digits.trim_end_matches('0');
    let moved = i64::try_from(digits.len() - trimmed.len()).ok()? - i64::try_from(fraction.len()).ok()?;
    let (trimmed, power) = (trimmed.trim_start_matches('0'), power.checked_add(moved)?);
    if trimmed.is_empty() {
        return Some(Real::Whole(Int::from(0_i64)));
    }
    let zeros = usize::try_from(power.unsigned_abs()).ok().filter(|zeros| zeros + trimmed.len() <= DIGITS_MOST);
    let Some(zeros) = zeros else { return Some(Real::Far(negative, trimmed.to_owned(), power)) };
    let sign = if negative { "-" } else { "" };
    if power >= 0 {
        return Int::parse(&format!("{sign}{trimmed}{}", "0".repeat(zeros))).map(Real::Whole);
    }
    real(format!("{sign}{trimmed}").parse().ok()?, BigInt::from(10).pow(u32::try_from(zeros).ok()?))
}
