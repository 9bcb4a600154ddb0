//! Sets whose answers are text, and sets of one's own.

use verifiers::domain::{Problem, TestSuite};
use verifiers::value::Value;

use super::code::{bare, called};
use super::record::{ID, PROMPT, Record};
use super::{Fault, competition};

fn numbered(record: &Record, set: &str, index: usize) -> String {
    record.text(ID).unwrap_or_else(|| format!("{set}/{index}"))
}

/// `question`, `answer` with the number after `####`.
pub(super) fn gsm8k(record: &Record, index: usize) -> Result<Problem, Fault> {
    let full = record.need(&["answer"])?;
    let mut problem = bare(numbered(record, "gsm8k", index), record.need_str(PROMPT)?, record);
    let answer = full.rsplit_once("####").map_or(full.as_str(), |(_, answer)| answer);
    let answer: String = answer.trim().chars().filter(|c| !matches!(c, ',' | '$')).collect();
    problem.answer = Some(answer.trim_end_matches('.').to_owned());
    Ok(problem)
}

/// `problem`, `answer` or a `solution` with the answer in its last `\boxed{}`.
pub(super) fn math(record: &Record, index: usize) -> Result<Problem, Fault> {
    let mut problem = bare(numbered(record, "math", index), record.need_str(PROMPT)?, record);
    let solution = record.text(&["solution", "reference"]);
    problem.answer = record.text(&["answer"]).or_else(|| solution.as_deref().and_then(boxed));
    if problem.answer.is_none() {
        return Err(Fault::new("no answer", "an \"answer\", or a \"solution\" with \\boxed{...}, is expected"));
    }
    Ok(problem)
}

/// What stands in the last `\boxed{}`, with braces balanced.
fn boxed(text: &str) -> Option<String> {
    let start = text.rfind("\\boxed{")? + "\\boxed{".len();
    let mut depth = 1;
    for (at, c) in text[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(text[start..start + at].trim().to_owned());
        }
    }
    None
}

/// Whatever is there under known or mapped names: `prompt`, and tests or an `answer` or neither.
pub(super) fn jsonl(record: &Record, index: usize) -> Result<Problem, Fault> {
    let prompt = record.need_str(PROMPT)?;
    let mut problem = bare(numbered(record, "problem", index), prompt.clone(), record);
    problem.answer = record.text(&["answer", "final_answer", "gt_answer", "target"]);
    problem.reference = match record.get(&["canonical_solution"]) {
        Some(Value::Str(rest)) => Some(format!("{prompt}{rest}")),
        _ => record.text(&["reference", "solution", "code"]),
    };
    if let Some(Value::Str(code)) = record.get(&["test"]) {
        let suite = if code.contains("def check(") {
            TestSuite::Check { code: code.clone(), preamble: prompt }
        } else {
            TestSuite::Script { setup: String::new(), statements: vec![code.clone()] }
        };
        let name = if matches!(suite, TestSuite::Check { .. }) { "check" } else { "tests" };
        problem.tests.insert(name.to_owned(), suite);
    }
    let statements = record.texts("test_list")?;
    if let Some(first) = statements.first() {
        if problem.entry_point.is_none() {
            problem.entry_point = called(problem.reference.as_deref().unwrap_or_default(), first);
        }
        let setup = record.texts("test_setup_code")?.join("\n");
        problem.tests.insert("tests".to_owned(), TestSuite::Script { setup, statements });
    }
    if let Some(tests) = record.get(&["input_output", "test_cases", "tests"])
        && let Some(suite) = competition::input_output(tests)?
    {
        problem.tests.insert("tests".to_owned(), competition::with_time_limit(suite, record));
    }
    Ok(problem)
}
