//! The bundled problems: what `nbest demo` samples and judges, with a bank of answers that the simulated model draws from.
//!
//! Each file of `harness/bundled` holds one problem in `# %%` cells: a prompt in HumanEval's style, a reference, weak tests
//! (the selector `weak`), thorough tests (the oracle `oracle`) and programs of every kind that models write. A test runs all of
//! them, so the kind that a file declares is a fact.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use verifiers::domain::{Problem, ProblemId, TestSuite};

mod choice;
mod files;
mod wording;

pub use choice::{Answer, Style};

/// What becomes of a bank's program under the problem's own tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Passes the thorough tests.
    Right,
    /// Passes the weak tests only: the selector's false positive.
    WeakOnly,
    /// Runs to the end and fails the weak tests.
    Wrong,
    /// Raises on the weak tests.
    Crash,
    /// Never ends on the weak tests.
    Hang,
    /// Is no Python program.
    Unparsable,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Right, Self::WeakOnly, Self::Wrong, Self::Crash, Self::Hang, Self::Unparsable];

    /// The word of the files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::WeakOnly => "weak-only",
            Self::Wrong => "wrong",
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::Unparsable => "unparsable",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A program of the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// What becomes of it.
    pub kind: Kind,
    /// The whole program, without Markdown.
    pub code: &'static str,
}

/// A bundled problem with the simulated model's knowledge of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The problem as any data set gives it; suites `weak` and `oracle`.
    pub problem: Problem,
    /// P(right) of one sample at temperature 0.8, in (0, 1).
    pub skill: f64,
    /// Share of the wrong samples that pass the weak tests, in (0, 1).
    pub trap: f64,
    /// The programs; the first is the reference.
    pub programs: Vec<Program>,
}

static BANK: LazyLock<Vec<Entry>> =
    LazyLock::new(|| files::FILES.iter().map(|(name, text)| parse(name, text)).collect());

/// Every bundled problem with its bank, easy ones first.
#[must_use]
pub fn bank() -> &'static [Entry] {
    &BANK
}

/// The bundled problems as a data set.
#[must_use]
pub fn problems() -> Vec<Problem> {
    bank().iter().map(|entry| entry.problem.clone()).collect()
}

/// The entry whose function a prompt asks for, whatever template is around it.
#[must_use]
pub fn find(prompt: &str) -> Option<&'static Entry> {
    bank().iter().find(|entry| {
        let name = entry.name();
        prompt
            .match_indices(name)
            .any(|(at, _)| prompt[..at].ends_with("def ") && prompt[at + name.len()..].starts_with('('))
    })
}

impl Entry {
    /// The function that is asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        self.problem.entry_point.as_deref().unwrap_or_default()
    }
}

/// The files are part of the program and a test reads every one, so what is wrong with one is a bug, not an error.
fn parse(name: &'static str, text: &'static str) -> Entry {
    let mut cells = text.split("# %% ").skip(1).map(|cell| {
        let (head, body) = cell.split_once('\n').unwrap_or((cell, ""));
        (head.trim(), body.trim_end())
    });
    let (head, _) = cells.next().unwrap_or(("", ""));
    let words: Vec<&str> = head.split_whitespace().collect();
    let [group, skill, trap] = words[..] else { panic!("{name}: the first cell is not `group skill trap`") };
    let number = |word: &str| word.parse::<f64>().unwrap_or_else(|_| panic!("{name}: {word} is no number"));
    let mut sections = BTreeMap::new();
    let mut programs = Vec::new();
    for (head, body) in cells {
        if head == "reference" {
            sections.insert(head, body);
            programs.push(Program { kind: Kind::Right, code: body });
        } else if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.as_str() == head) {
            programs.push(Program { kind, code: body });
        } else {
            sections.insert(head, body);
        }
    }
    let section = |key: &str| *sections.get(key).unwrap_or_else(|| panic!("{name}: no cell {key}"));
    let prompt = format!("{}\n", section("prompt"));
    let suite = |key: &str| TestSuite::Check { code: format!("{}\n", section(key)), preamble: prompt.clone() };
    let problem = Problem {
        id: ProblemId(format!("bundled/{name}")),
        entry_point: Some(name.to_owned()),
        reference: Some(format!("{}\n", section("reference"))),
        tests: BTreeMap::from([("weak".to_owned(), suite("weak")), ("oracle".to_owned(), suite("oracle"))]),
        answer: None,
        group: Some(group.to_owned()),
        fields: serde_json::Map::new(),
        prompt,
    };
    Entry { problem, skill: number(skill), trap: number(trap), programs }
}

#[cfg(test)]
mod tests;
