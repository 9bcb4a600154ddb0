//! Numbers of things in words.

use std::fmt::Display;

/// `1 problem`, `2 problems`. `word` is the singular of one that takes an s.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(n: N, word: &str) -> String {
    let end = if n == N::from(1) { "" } else { "s" };
    format!("{n} {word}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_none_is_not() {
        assert_eq!([0_usize, 1, 2].map(|n| counted(n, "line")), ["0 lines", "1 line", "2 lines"]);
        assert_eq!(counted(1_u64, "verdict"), "1 verdict");
    }
}
