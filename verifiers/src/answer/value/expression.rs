//! A number or an expression with letters: exactly as a fraction, or by its values at fixed points.

use std::fmt::Write as _;

use crate::answer::number::{Complex, Ratio};
use crate::answer::parse::Node;

/// Points at which letters get values.
const POINTS: usize = 3;
/// Two ways to compute the same number differ by less than this, relative to its size.
const ROUNDING: f64 = 1e-10;

/// A number, or an expression by its values.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::answer) struct Expression {
    /// The number itself where it is a fraction.
    exact: Option<Ratio>,
    /// Its values at the points; all equal where there are no letters.
    points: [Complex; POINTS],
    /// Whether a decimal number is in it: then a tolerance applies.
    decimal: bool,
    percent: bool,
    pub(super) letters: bool,
    unit: Option<String>,
}

fn letter_at(name: &str, point: usize) -> Complex {
    match name {
        "pi" => return Complex::real(std::f64::consts::PI),
        "e" => return Complex::real(std::f64::consts::E),
        "i" => return Complex { re: 0.0, im: 1.0 },
        "infty" | "emptyset" => return Complex::NAN,
        _ => {}
    }
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ (point as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^= hash >> 32;
    Complex::real(0.37 + 2.1 * f64::from((hash & 0xffff_ffff) as u32) / f64::from(u32::MAX))
}

/// The exact value, where it is a fraction of moderate size.
pub(super) fn exact(node: &Node) -> Option<Ratio> {
    match node {
        Node::Number { value, .. } => Some(*value),
        // the standard library panics on any other base
        Node::Based { digits, base } if (2..=36).contains(base) => {
            i128::from_str_radix(digits, *base).ok().map(Ratio::whole)
        }
        Node::Neg(inner) => exact(inner)?.neg(),
        Node::Add(a, b) => exact(a)?.add(exact(b)?),
        Node::Mul(a, b) => exact(a)?.mul(exact(b)?),
        Node::Div(a, b) => exact(a)?.mul(exact(b)?.inverse()?),
        Node::Pow(a, b) => exact(a)?.pow(exact(b)?),
        Node::Percent(inner) | Node::Degree(inner) | Node::Unit(inner, _) => exact(inner),
        Node::Factorial(inner) => {
            let n = exact(inner)?;
            (n.below == 1 && (0..=33).contains(&n.above)).then(|| Ratio::whole((1..=n.above).product()))
        }
        Node::Function { name, arguments } if name == "abs" => {
            exact(arguments.first()?).map(|value| Ratio { above: value.above.abs(), below: value.below })
        }
        _ => None,
    }
}

fn at(node: &Node, point: usize) -> Complex {
    match node {
        Node::Number { value, .. } => Complex::real(value.to_f64()),
        Node::Digits(digits) => Complex::real(digits.parse().unwrap_or(f64::NAN)),
        Node::Based { .. } => exact(node).map_or(Complex::NAN, |value| Complex::real(value.to_f64())),
        Node::Symbol(name) => letter_at(name, point),
        Node::Neg(inner) => at(inner, point).neg(),
        Node::Add(a, b) => at(a, point).add(at(b, point)),
        Node::Mul(a, b) => at(a, point).mul(at(b, point)),
        Node::Div(a, b) => at(a, point).mul(at(b, point).inverse()),
        Node::Pow(a, b) => {
            // real roots of negative numbers stay real
            if let Some(root) = exact(b)
                && root.below % 2 == 1
                && root.below > 1
            {
                let base = at(a, point);
                if base.is_real() && base.re < 0.0 {
                    let size = Complex::real(-base.re).pow(Complex::real(root.to_f64()));
                    return if root.above % 2 == 0 { size } else { size.neg() };
                }
            }
            at(a, point).pow(at(b, point))
        }
        Node::Percent(inner) | Node::Degree(inner) | Node::Unit(inner, _) => at(inner, point),
        Node::Factorial(inner) => {
            let n = at(inner, point);
            let whole = n.is_real() && n.re >= 0.0 && n.re <= 170.0 && (n.re - n.re.round()).abs() < 1e-9;
            if whole {
                let mut product = 1.0;
                let mut k = 2.0;
                while k <= n.re + 0.5 {
                    product *= k;
                    k += 1.0;
                }
                Complex::real(product)
            } else if n.is_finite() && n.re < 20.0 && n.re > 0.0 {
                // letters: any fixed smooth function will do
                n.mul(Complex::real(1.7)).apply("sin").add(Complex::real(3.1)).mul(n)
            } else {
                Complex::NAN
            }
        }
        Node::Function { name, arguments } => function_at(name, arguments, point),
        _ => Complex::NAN,
    }
}

fn function_at(name: &str, arguments: &[Node], point: usize) -> Complex {
    let radians = |node: &Node| match node {
        Node::Degree(inner) => at(inner, point).mul(Complex::real(std::f64::consts::PI / 180.0)),
        node => at(node, point),
    };
    let values: Vec<Complex> = arguments.iter().map(radians).collect();
    let [first, rest @ ..] = &values[..] else { return Complex::NAN };
    match (name, rest) {
        ("log", []) => first.apply("ln"),
        ("log", [base]) => first.apply("ln").mul(base.apply("ln").inverse()),
        ("binom", [k]) if first.is_real() && k.is_real() && k.re >= 0.0 && k.re <= 300.0 && first.re >= k.re => {
            let mut value = 1.0;
            let mut step = 0.0;
            while step + 0.5 < k.re {
                value *= (first.re - step) / (step + 1.0);
                step += 1.0;
            }
            Complex::real(value)
        }
        ("min" | "max", _) => {
            values.iter().skip(1).fold(*first, |a, b| if (a.re < b.re) == (name == "min") { a } else { *b })
        }
        (
            "sin" | "cos" | "tan" | "cot" | "sec" | "csc" | "arcsin" | "arccos" | "arctan" | "sinh" | "cosh" | "tanh"
            | "ln" | "lg" | "exp" | "abs" | "floor" | "ceil",
            [],
        ) => first.apply(name),
        // an unknown function: a fixed mixture of its name and arguments
        _ => values.iter().fold(letter_at(name, point), |mixed, value| {
            mixed
                .mul(Complex::real(1.3))
                .add(value.mul(Complex::real(0.7)).apply("sin"))
                .add(value.mul(Complex::real(0.11)))
        }),
    }
}

/// Whether a decimal, a letter stands anywhere in it.
pub(super) fn traits(node: &Node, decimal: &mut bool, letters: &mut bool, words: &mut bool) {
    match node {
        Node::Number { decimal: true, .. } => *decimal = true,
        Node::Symbol(name) if !matches!(name.as_str(), "pi" | "e" | "i") => *letters = true,
        Node::Neg(a) | Node::Percent(a) | Node::Degree(a) | Node::Factorial(a) | Node::Unit(a, _) => {
            traits(a, decimal, letters, words);
        }
        Node::Add(a, b) | Node::Mul(a, b) | Node::Div(a, b) | Node::Pow(a, b) => {
            traits(a, decimal, letters, words);
            traits(b, decimal, letters, words);
        }
        Node::Function { name, arguments } => {
            *letters |= name.len() == 1;
            for argument in arguments {
                traits(argument, decimal, letters, words);
            }
        }
        Node::Number { .. } | Node::Based { .. } | Node::Symbol(_) => {}
        _ => *words = true,
    }
}

impl Expression {
    /// `None` where it has no finite value.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let (mut decimal, mut letters, mut words) = (false, false, false);
        traits(node, &mut decimal, &mut letters, &mut words);
        if words {
            return None;
        }
        let mut percent = false;
        let mut unit = None;
        let mut inner = node;
        loop {
            inner = match inner {
                Node::Percent(value) => {
                    percent = true;
                    value
                }
                Node::Unit(value, name) => {
                    unit = Some(name.to_lowercase());
                    value
                }
                Node::Neg(value) if matches!(**value, Node::Percent(_)) => {
                    percent = true;
                    break;
                }
                _ => break,
            };
        }
        let fraction = if letters { None } else { exact(node) };
        let points = match fraction {
            Some(value) => [Complex::real(value.to_f64()); POINTS],
            None if letters => std::array::from_fn(|point| at(node, point)),
            None => [at(node, 0); POINTS],
        };
        points.iter().all(|value| value.is_finite()).then_some(Self {
            exact: fraction,
            points,
            decimal,
            percent,
            letters,
            unit,
        })
    }

    pub(super) fn same(&self, other: &Self, tolerance: f64) -> bool {
        if let (Some(a), Some(b)) = (&self.unit, &other.unit)
            && a != b
            && scale(a) != scale(b)
        {
            return false;
        }
        let close = |factor: f64| {
            let fits = if self.decimal || other.decimal { tolerance.max(ROUNDING) } else { ROUNDING };
            self.points.iter().zip(&other.points).all(|(a, b)| a.mul(Complex::real(factor)).close(*b, fits))
        };
        if let (Some(a), Some(b)) = (self.exact, other.exact)
            && !self.decimal
            && !other.decimal
        {
            return a == b || self.percent_of(other).is_some_and(close);
        }
        close(1.0) || self.percent_of(other).is_some_and(close)
    }

    /// 28 % is 28 for those who leave the sign out, and 0.28 for those who divide.
    fn percent_of(&self, other: &Self) -> Option<f64> {
        match (self.percent, other.percent) {
            (true, false) => Some(0.01),
            (false, true) => Some(100.0),
            _ => None,
        }
    }

    pub(super) fn key(&self, out: &mut String) {
        if let Some(value) = self.exact {
            let _ = if value.below == 1 {
                write!(out, "{}", value.above)
            } else {
                write!(out, "{}/{}", value.above, value.below)
            };
            return;
        }
        let points = if self.letters { &self.points[..] } else { &self.points[..1] };
        for (place, value) in points.iter().enumerate() {
            let tiny = value.abs() * 1e-12;
            let digits = |x: f64| if x.abs() <= tiny { "0".to_owned() } else { format!("{x:.8e}") };
            out.push_str(if place == 0 { "~" } else { "," });
            out.push_str(&digits(value.re));
            if value.im.abs() > tiny {
                out.push('i');
                out.push_str(&digits(value.im));
            }
        }
    }
}

/// Units of one kind and size are one unit.
fn scale(unit: &str) -> &str {
    match unit {
        "centimeters" | "centimeter" | "cm" => "cm",
        "meters" | "meter" | "m" => "m",
        "millimeters" | "millimeter" | "mm" => "mm",
        "kilometers" | "kilometer" | "km" => "km",
        "inches" | "inch" => "in",
        "feet" | "foot" | "ft" => "ft",
        "minutes" | "minute" => "min",
        "hours" | "hour" | "hr" | "hrs" => "hr",
        "seconds" | "second" | "sec" => "sec",
        "grams" | "gram" => "g",
        "kilograms" | "kilogram" | "kg" => "kg",
        // anything else may be another word for the same thing
        _ => "",
    }
}

/// 2x + 4y = 6 is x + 2y = 3.
pub(super) fn proportional(a: &Expression, b: &Expression) -> bool {
    if !a.letters || !b.letters {
        return false;
    }
    let ratio = a.points[0].mul(b.points[0].inverse());
    ratio.is_finite() && ratio.abs() > 1e-6 && a.points.iter().zip(&b.points).all(|(x, y)| x.close(y.mul(ratio), 1e-9))
}
