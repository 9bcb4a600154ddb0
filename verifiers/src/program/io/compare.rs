//! Outputs of programs: line by line, word by word.

use std::fmt;

/// The first difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Counted from 1 among the lines that are not blank.
    line: usize,
    expected: Option<String>,
    got: Option<String>,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &Option<String>| match text {
            None => "no more output".to_owned(),
            Some(text) if text.chars().count() > 80 => format!("{:?}...", text.chars().take(80).collect::<String>()),
            Some(text) => format!("{text:?}"),
        };
        write!(f, "line {}: expected {}, got {}", self.line, shown(&self.expected), shown(&self.got))
    }
}

/// Compares an output with the right one; `None` where it is accepted.
///
/// Blank lines and spaces at the ends do not count; the lines must be as many, and their words equal: as text, or as decimal
/// numbers where one of them is written with a point or an exponent (`1.50` is `1.5`), or within `tolerance`, absolute or
/// relative, where one is given.
#[must_use]
pub fn compare(expected: &str, got: &str, tolerance: Option<f64>) -> Option<Mismatch> {
    let mut right = expected.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut written = got.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in 1.. {
        match (right.next(), written.next()) {
            (None, None) => return None,
            (Some(a), Some(b)) if same_line(a, b, tolerance) => {}
            (expected, got) => {
                return Some(Mismatch { line, expected: expected.map(str::to_owned), got: got.map(str::to_owned) });
            }
        }
    }
    None
}

fn same_line(a: &str, b: &str, tolerance: Option<f64>) -> bool {
    if a == b {
        return true;
    }
    let (mut a, mut b) = (a.split_whitespace(), b.split_whitespace());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return true,
            (Some(x), Some(y)) if same_word(x, y, tolerance) => {}
            _ => return false,
        }
    }
}

fn same_word(expected: &str, got: &str, tolerance: Option<f64>) -> bool {
    if expected == got {
        return true;
    }
    let (Some(x), Some(y)) = (Decimal::parse(expected), Decimal::parse(got)) else { return false };
    if let Some(tolerance) = tolerance
        && let (Ok(x), Ok(y)) = (expected.parse::<f64>(), got.parse::<f64>())
        && x.is_finite()
        && y.is_finite()
    {
        return (x - y).abs() <= tolerance * x.abs().max(1.0);
    }
    // 007 is not 7 where both are written as whole numbers: it may be text
    (x.pointed || y.pointed) && x.digits == y.digits && x.scale == y.scale && x.negative == y.negative
}

/// A decimal number: digits without zeros at the ends, and the power of ten of the last.
struct Decimal<'a> {
    negative: bool,
    digits: std::borrow::Cow<'a, str>,
    scale: i64,
    pointed: bool,
}

impl<'a> Decimal<'a> {
    fn parse(word: &'a str) -> Option<Self> {
        let (negative, rest) = match word.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, word.strip_prefix('+').unwrap_or(word)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent.parse::<i32>().ok()?)),
            None => (rest, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digit = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !digit(whole) || !digit(fraction) {
            return None;
        }
        let digits: std::borrow::Cow<'a, str> =
            if fraction.is_empty() { whole.into() } else { format!("{whole}{fraction}").into() };
        let tail = digits.len() - digits.trim_end_matches('0').len();
        let trimmed = digits.trim_matches('0').to_owned();
        let zero = trimmed.is_empty();
        let scale =
            i64::from(exponent.unwrap_or(0)) - i64::try_from(fraction.len()).ok()? + i64::try_from(tail).ok()?;
        Some(Self {
            negative: negative && !zero,
            digits: trimmed.into(),
            scale: if zero { 0 } else { scale },
            pointed: exponent.is_some() || mantissa.contains('.'),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_lines() {
        let same = [
            ("1 2\n3\n", "1  2 \r\n\n3"),
            ("1.50", "1.5"),
            ("100.0", "1e2"),
            ("0.0", "-0"),
            ("", "\n\n"),
            ("YES", "YES"),
            ("0.1", ".1"),
        ];
        for (a, b) in same {
            assert_eq!(compare(a, b, None), None, "{a:?} {b:?}");
            assert_eq!(compare(b, a, None), None, "{a:?} {b:?}");
        }
        let different = [
            ("1 2", "1\n2"),
            ("007", "7"),
            ("1", "2"),
            ("1", ""),
            ("1", "1\n1"),
            ("YES", "yes"),
            ("1.0", "1.0000001"),
            ("12", "1 2"),
            ("1.5", "-1.5"),
            ("10", "1.0"),
            ("nan", "inf"),
        ];
        for (a, b) in different {
            assert!(compare(a, b, None).is_some(), "{a:?} {b:?}");
        }
    }

    #[test]
    fn tolerance_is_absolute_or_relative() {
        assert_eq!(compare("1.0", "1.0000001", Some(1e-6)), None);
        assert_eq!(compare("1000000.0", "1000000.5", Some(1e-6)), None);
        assert!(compare("1.0", "1.00001", Some(1e-6)).is_some());
        assert!(compare("abc", "abd", Some(1e9)).is_some());
        assert!(compare("1.0", "nan", Some(1e9)).is_some());
    }

    #[test]
    fn the_difference_is_told() {
        let text = compare("a\nb", "a\nc\n", None).unwrap().to_string();
        assert_eq!(text, "line 2: expected \"b\", got \"c\"");
        assert!(compare("a", "", None).unwrap().to_string().ends_with("got no more output"));
    }
}
