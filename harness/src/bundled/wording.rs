//! How the simulated model words a program: bare, in a fence, with prose, after a draft. The program stays the same program.

use super::choice::{Random, Style};
use super::{Entry, Kind};

/// Names that the bank's programs use for locals only, and what another sample may call them.
const RENAMES: [(&str, [&str; 2]); 6] = [
    ("out", ["result", "answer"]),
    ("total", ["acc", "running_total"]),
    ("best", ["best_so_far", "record"]),
    ("seen", ["visited", "already"]),
    ("cur", ["current", "now"]),
    ("prev", ["previous", "last_one"]),
];

const OPENINGS: [&str; 4] = [
    "Here is the function:",
    "Sure! This solves it:",
    "We go through the input once and keep what we need.",
    "One way to do it is the following.",
];

const CLOSINGS: [&str; 4] = [
    "It follows the examples of the docstring.",
    "The running time is fine for inputs of ordinary size.",
    "Let me know if you would like tests as well!",
    "Edge cases such as empty input are covered by the general case.",
];

const COMMENTS: [&str; 3] = ["# my solution", "# see the docstring for the rules", "# straightforward version"];

/// The answer's text. Without a generator: the plainest wording of all.
pub(super) fn say(entry: &Entry, code: &str, style: Style, random: Option<&mut Random>) -> String {
    let Some(random) = random else {
        return match style {
            Style::Chat => fence("python", code),
            Style::Continuation => continued(entry, code),
        };
    };
    let code = vary(code, random);
    match style {
        Style::Continuation => continued(entry, &code),
        Style::Chat => match random.below(20) {
            0..=4 => format!("{code}\n"),
            5..=10 => fence("python", &code),
            11..=15 => {
                let (opening, closing) = (OPENINGS[random.below(4)], CLOSINGS[random.below(4)]);
                format!("{opening}\n\n{}\n{closing}\n", fence("python", &code))
            }
            16 => fence("", &code),
            17 | 18 => {
                format!(
                    "The call looks like this:\n\n{}\nAnd the function:\n\n{}",
                    fence("python", &usage(entry)),
                    fence("python", &code)
                )
            }
            _ => {
                let wrong: Vec<_> = entry.programs.iter().filter(|program| program.kind == Kind::Wrong).collect();
                let draft = wrong[random.below(wrong.len())].code;
                format!(
                    "<think>\nA first idea:\n\n{}\nNot sure, think again.\n</think>\n\n{}",
                    fence("python", draft),
                    fence("python", &code)
                )
            }
        },
    }
}

/// What a model says when it is too hot: shuffled pieces of a program.
pub(super) fn derail(code: &str, random: &mut Random) -> String {
    let words: Vec<&str> = code.split_whitespace().collect();
    let mut text = String::from("def ( ");
    for _ in 0..words.len().min(60) {
        text.push_str(words[random.below(words.len())]);
        text.push_str([" ", " ", "\n", " } "][random.below(4)]);
    }
    text
}

fn fence(language: &str, code: &str) -> String {
    format!("```{language}\n{code}\n```\n")
}

/// An example call, which is no program.
fn usage(entry: &Entry) -> String {
    let examples = entry.problem.prompt.lines().map(str::trim).filter_map(|line| line.strip_prefix(">>> "));
    examples.map(|call| format!("print({call})")).next().unwrap_or_default()
}

/// As a base model goes on after the docstring: the body alone where the program starts with the function itself.
fn continued(entry: &Entry, code: &str) -> String {
    match code.split_once('\n') {
        Some((head, body)) if head.starts_with(&format!("def {}(", entry.name())) && head.ends_with(':') => {
            format!("{body}\n")
        }
        _ => format!("\n\n{code}\n"),
    }
}

/// Another spelling of the same program; often the same spelling.
fn vary(code: &str, random: &mut Random) -> String {
    let mut varied = code.to_owned();
    if let n @ 0..=1 = random.below(4) {
        for (from, to) in RENAMES {
            if words(code).any(|word| word == from) && !words(code).any(|word| word == to[n]) {
                varied = rename(&varied, from, to[n]);
            }
        }
    }
    if let n @ 0..=2 = random.below(9) {
        varied = format!("{}\n{varied}", COMMENTS[n]);
    }
    if random.below(6) == 0 {
        varied.push('\n');
    }
    varied
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
}

/// Whole words only, and no attributes.
fn rename(code: &str, from: &str, to: &str) -> String {
    let mut text = String::with_capacity(code.len() + 16);
    let mut rest = code;
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        let whole = !before.ends_with(|c| in_word(c) || c == '.') && !after.starts_with(in_word);
        text.push_str(before);
        text.push_str(if whole { to } else { from });
        rest = after;
    }
    text.push_str(rest);
    text
}
