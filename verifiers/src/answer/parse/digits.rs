//! Numbers: thousands, decimals, repeated digits, exponents, bases.

use super::{Node, Parsed, Parser};
use crate::answer::normal::argument;
use crate::answer::number::Ratio;

impl Parser<'_> {
    pub(super) fn number(&mut self) -> Parsed {
        self.space();
        let mut digits = String::new();
        let bytes = self.rest.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let mut at = 0;
        while digit(at) {
            at += 1;
        }
        digits.push_str(&self.rest[..at]);
        // thousands: groups of exactly three after one to three digits, by a comma or a space
        if (1..=3).contains(&at) && !self.rest.starts_with('0') {
            let separator = bytes.get(at).copied();
            if matches!(separator, Some(b',' | b' ')) {
                while bytes.get(at).copied() == separator && (1..=3).all(|k| digit(at + k)) && !digit(at + 4) {
                    digits.push_str(&self.rest[at + 1..at + 4]);
                    at += 4;
                }
            }
        }
        let mut places = 0_u32;
        let mut repeated = None;
        if bytes.get(at) == Some(&b'.') && (digit(at + 1) || self.rest[at + 1..].starts_with("\\overline") || at > 0) {
            at += 1;
            let start = at;
            while digit(at) {
                at += 1;
            }
            digits.push_str(&self.rest[start..at]);
            places = u32::try_from(at - start).ok()?;
            if let Some(tail) = self.rest[at..].strip_prefix("\\overline") {
                let (inner, rest) = argument(tail);
                if inner.is_empty() || !inner.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                repeated = Some(inner.to_owned());
                at = self.rest.len() - rest.len();
            }
        }
        if digits.is_empty() && repeated.is_none() {
            return None;
        }
        let mut exponent = 0_i32;
        let tail = &self.rest[at..];
        if let Some(power) = tail.strip_prefix(['e', 'E']) {
            let signs = usize::from(power.starts_with(['+', '-']));
            let length = power[signs..].bytes().take_while(u8::is_ascii_digit).count();
            if (1..=3).contains(&length) && !power[signs + length..].starts_with(|c: char| c.is_alphabetic()) {
                exponent = power[..signs + length].trim_start_matches('+').parse().ok()?;
                at += 1 + signs + length;
            }
        }
        self.rest = &self.rest[at..];
        let decimal = places > 0 && repeated.is_none();
        if places == 0
            && repeated.is_none()
            && exponent == 0
            && let Some(tail) = self.rest.strip_prefix('_')
        {
            let (inner, rest) = argument(tail);
            let base = inner.trim().trim_start_matches("\\text{").trim_end_matches('}').trim().parse::<u32>().ok()?;
            self.rest = rest;
            return Some(Node::Based { digits, base });
        }
        Self::value(&digits, places, repeated.as_deref(), exponent)
            .map(|value| Node::Number { value, decimal })
            .or_else(|| {
                (places == 0 && exponent == 0 && repeated.is_none())
                    .then(|| Node::Digits(digits.trim_start_matches('0').to_owned()))
            })
    }

    fn value(digits: &str, places: u32, repeated: Option<&str>, exponent: i32) -> Option<Ratio> {
        let whole: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let mut value = Ratio::new(whole, 10_i128.checked_pow(places)?)?;
        if let Some(repeated) = repeated {
            let nines = 10_i128.checked_pow(u32::try_from(repeated.len()).ok()?)?.checked_sub(1)?;
            value = value.add(Ratio::new(repeated.parse().ok()?, nines.checked_mul(10_i128.checked_pow(places)?)?)?)?;
        }
        value.mul(Ratio::whole(10).pow(Ratio::whole(i128::from(exponent)))?)
    }
}
