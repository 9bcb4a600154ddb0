//! Integers of any size: only what comparing, carrying and printing needs.

use std::fmt;

/// An integer of any size. Equal numbers have one representation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Int(Repr);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small(i64),
    /// Outside `i64`; limbs of 32 bits, lowest first, the last not zero.
    Big {
        negative: bool,
        limbs: Vec<u32>,
    },
}

impl From<i64> for Int {
    fn from(value: i64) -> Self {
        Self(Repr::Small(value))
    }
}

impl From<u64> for Int {
    fn from(value: u64) -> Self {
        let (low, high) = (value & 0xffff_ffff, value >> 32);
        Self::from_limbs(false, vec![u32::try_from(low).unwrap_or(0), u32::try_from(high).unwrap_or(0)])
    }
}

impl Int {
    /// From limbs of 32 bits, lowest first.
    pub(super) fn from_limbs(negative: bool, mut limbs: Vec<u32>) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        if limbs.len() <= 2 {
            let magnitude = limbs.iter().rev().fold(0_u64, |acc, &limb| acc << 32 | u64::from(limb));
            let signed = if negative { -i128::from(magnitude) } else { i128::from(magnitude) };
            if let Ok(small) = i64::try_from(signed) {
                return Self(Repr::Small(small));
            }
        }
        Self(Repr::Big { negative, limbs })
    }

    /// The value where it fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Small(value) => Some(*value),
            Repr::Big { .. } => None,
        }
    }

    /// Whether it is negative, and its magnitude's limbs.
    pub(super) fn limbs(&self) -> (bool, Vec<u32>) {
        match &self.0 {
            Repr::Small(value) => {
                let magnitude = value.unsigned_abs();
                let low = u32::try_from(magnitude & 0xffff_ffff).unwrap_or(0);
                (*value < 0, vec![low, u32::try_from(magnitude >> 32).unwrap_or(0)])
            }
            Repr::Big { negative, limbs } => (*negative, limbs.clone()),
        }
    }

    /// The number a float stands for, where it is whole.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() || value.fract() != 0.0 {
            return None;
        }
        let bits = value.to_bits();
        let exponent = i64::try_from(bits >> 52 & 0x7ff).ok()?;
        let fraction = bits & ((1 << 52) - 1);
        let mantissa = if exponent == 0 { fraction } else { fraction | 1 << 52 };
        let shift = exponent.max(1) - 1075;
        if shift <= 0 {
            let whole = u32::try_from(-shift).ok().and_then(|s| mantissa.checked_shr(s)).unwrap_or(0);
            let whole = i64::try_from(whole).ok()?;
            return Some(Self::from(if value < 0.0 { -whole } else { whole }));
        }
        let shift = usize::try_from(shift).ok()?;
        let mut limbs = vec![0_u32; shift / 32];
        let mut rest = u128::from(mantissa) << (shift % 32);
        while rest > 0 {
            limbs.push(u32::try_from(rest & 0xffff_ffff).unwrap_or(0));
            rest >>= 32;
        }
        Some(Self::from_limbs(value < 0.0, limbs))
    }

    /// From decimal digits with an optional sign and underscores; `None` where it is no number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        if let Ok(small) = text.parse::<i64>() {
            return Some(Self::from(small));
        }
        let mut limbs: Vec<u32> = Vec::with_capacity(digits.len() / 9 + 1);
        for chunk in digits.as_bytes().chunks(9) {
            let mut carry = chunk.iter().fold(0_u64, |acc, b| acc * 10 + u64::from(b - b'0'));
            let scale = 10_u64.pow(u32::try_from(chunk.len()).ok()?);
            for limb in &mut limbs {
                let wide = u64::from(*limb) * scale + carry;
                *limb = u32::try_from(wide & 0xffff_ffff).unwrap_or(0);
                carry = wide >> 32;
            }
            if carry > 0 {
                limbs.push(u32::try_from(carry).ok()?);
            }
        }
        Some(Self::from_limbs(negative, limbs))
    }

    /// Whether it is above zero.
    pub(super) fn is_positive(&self) -> bool {
        match &self.0 {
            Repr::Small(value) => *value > 0,
            Repr::Big { negative, .. } => !negative,
        }
    }

    /// The power of two that it is, if it is one.
    pub(super) fn power_of_two(&self) -> Option<u32> {
        let (negative, limbs) = self.limbs();
        let ones: u32 = limbs.iter().map(|limb| limb.count_ones()).sum();
        let (place, one) = limbs.iter().enumerate().find(|(_, limb)| **limb != 0)?;
        let zeros = u32::try_from(place).ok()?.checked_mul(32)? + one.trailing_zeros();
        (!negative && ones == 1).then_some(zeros)
    }

    /// Bits of the magnitude, rounded up to a whole limb.
    pub(super) fn rough_bits(&self) -> usize {
        match &self.0 {
            Repr::Small(_) => 64,
            Repr::Big { limbs, .. } => limbs.len() * 32,
        }
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (negative, mut limbs) = match &self.0 {
            Repr::Small(value) => return write!(f, "{value}"),
            Repr::Big { negative, limbs } => (*negative, limbs.clone()),
        };
        let mut chunks = Vec::new();
        while !limbs.is_empty() {
            let mut rest = 0_u64;
            for limb in limbs.iter_mut().rev() {
                let wide = rest << 32 | u64::from(*limb);
                *limb = u32::try_from(wide / 1_000_000_000).unwrap_or(0);
                rest = wide % 1_000_000_000;
            }
            chunks.push(rest);
            while limbs.last() == Some(&0) {
                limbs.pop();
            }
        }
        if negative {
            f.write_str("-")?;
        }
        write!(f, "{}", chunks.pop().unwrap_or(0))?;
        chunks.iter().rev().try_for_each(|chunk| write!(f, "{chunk:09}"))
    }
}
