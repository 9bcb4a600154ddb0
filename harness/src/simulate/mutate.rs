//! Wrong programs made of right ones: small changes at seeded places.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// What is written instead of what, in code (not in strings or comments).
const SWAPS: [(&str, &str); 22] = [
    (" + ", " - "),
    (" - ", " + "),
    (" * ", " + "),
    (" // ", " * "),
    (" % ", " // "),
    (" < ", " <= "),
    (" <= ", " < "),
    (" > ", " >= "),
    (" >= ", " > "),
    (" == ", " != "),
    (" != ", " == "),
    (" and ", " or "),
    (" or ", " and "),
    (" not in ", " in "),
    ("True", "False"),
    ("False", "True"),
    ("max(", "min("),
    ("min(", "max("),
    ("range(", "range(1, "),
    ("sorted(", "list("),
    ("return ", "return not "),
    ("len(", "-len("),
];

/// A program that differs from this one in one to three places; where nothing can be swapped, one that gives nothing back.
pub(super) fn mutate(program: &str, random: &mut ChaCha8Rng) -> String {
    let mut text = program.to_owned();
    let changes = 1 + below(random, 3);
    for _ in 0..changes {
        let code = code_mask(&text);
        let mut places: Vec<(usize, usize, &str)> = Vec::new();
        for (from, to) in SWAPS {
            places.extend(text.match_indices(from).filter(|(at, _)| code[*at]).map(|(at, _)| (at, from.len(), to)));
        }
        if places.is_empty() {
            break;
        }
        let (at, length, to) = places[below(random, places.len())];
        text.replace_range(at..at + length, to);
    }
    if text == program {
        text = program.replace("return ", "return None and ");
    }
    if text == program {
        text.push_str("\nraise ValueError('unfinished')\n");
    }
    text
}

fn below(random: &mut ChaCha8Rng, bound: usize) -> usize {
    let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
    usize::try_from(random.next_u64() % bound).unwrap_or(0)
}

/// For each byte, whether it is code: outside strings and comments.
fn code_mask(text: &str) -> Vec<bool> {
    let bytes = text.as_bytes();
    let mut mask = vec![true; bytes.len()];
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = if rest.starts_with(b"\"\"\"") || rest.starts_with(b"'''") {
            let close = rest[3..].windows(3).position(|window| window == &rest[..3]);
            at + close.map_or(rest.len(), |place| place + 6)
        } else if rest[0] == b'"' || rest[0] == b'\'' {
            let mut end = 1;
            while end < rest.len() && rest[end] != rest[0] && rest[end] != b'\n' {
                end += if rest[end] == b'\\' { 2 } else { 1 };
            }
            at + (end + 1).min(rest.len())
        } else if rest[0] == b'#' {
            at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
        } else {
            at += 1;
            continue;
        };
        mask[at..end].fill(false);
        at = end;
    }
    mask
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const PROGRAM: &str = "def f(a, b):\n    \"\"\"a + b and 'more' + \"\"\"\n    # a + b\n    s = ' + '\n    return a + b if a < b else len(s)\n";

    #[test]
    fn mutants_differ_in_code_only() {
        for seed in 0..200 {
            let mutant = mutate(PROGRAM, &mut ChaCha8Rng::seed_from_u64(seed));
            assert_ne!(mutant, PROGRAM);
            assert!(
                mutant.starts_with("def f(a, b):\n    \"\"\"a + b and 'more' + \"\"\"\n    # a + b\n    s = ' + '\n")
            );
        }
    }

    #[test]
    fn what_has_no_operator_is_broken_too() {
        for program in ["def f():\n    return 1\n", "x=1\n", ""] {
            assert_ne!(mutate(program, &mut ChaCha8Rng::seed_from_u64(1)), program);
        }
    }
}
