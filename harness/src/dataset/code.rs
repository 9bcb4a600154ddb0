//! Sets whose problems are functions to write: HumanEval, EvalPlus, MBPP.

use std::collections::BTreeMap;

use verifiers::domain::{Problem, ProblemId, TestSuite};
use verifiers::value::Value;

use super::Fault;
use super::record::{GROUP, ID, PROMPT, Record};
use super::restore::restore;

/// A problem without tests.
pub(super) fn bare(id: String, prompt: String, record: &Record) -> Problem {
    Problem {
        id: ProblemId(id),
        prompt,
        entry_point: record.text(&["entry_point"]).filter(|name| !name.is_empty()),
        reference: None,
        tests: BTreeMap::new(),
        answer: None,
        group: record.text(GROUP),
        fields: serde_json::Map::new(),
    }
}

/// `task_id, prompt, entry_point, canonical_solution, test`.
pub(super) fn human_eval(record: &Record) -> Result<Problem, Fault> {
    let prompt = record.need_str(&["prompt"])?;
    let mut problem = bare(record.need(ID)?, prompt.clone(), record);
    problem.entry_point = Some(record.need_str(&["entry_point"])?);
    problem.reference = whole(record, &prompt);
    let code = record.need_str(&["test"])?;
    problem.tests.insert("check".to_owned(), TestSuite::Check { code, preamble: prompt });
    Ok(problem)
}

fn whole(record: &Record, prompt: &str) -> Option<String> {
    match record.get(&["canonical_solution"]) {
        Some(Value::Str(solution)) => Some(format!("{prompt}{solution}")),
        _ => record.text(&["reference"]),
    }
}

/// HumanEval's fields with `base_input, plus_input, atol`. Suite `plus` holds the base inputs too.
pub(super) fn evalplus(record: &Record) -> Result<Problem, Fault> {
    let prompt = record.need_str(&["prompt"])?;
    let id = record.need(ID)?;
    let mut problem = bare(id.clone(), prompt.clone(), record);
    problem.entry_point = Some(record.need_str(&["entry_point"])?);
    problem.reference = whole(record, &prompt);
    if problem.reference.is_none() {
        return Err(record.missing(&["canonical_solution"]));
    }
    let atol = match record.get(&["atol"]) {
        None => 0.0,
        Some(Value::Float(atol)) => *atol,
        Some(Value::Int(int)) => int.to_i64().map_or(f64::NAN, |small| small as f64),
        Some(_) => f64::NAN,
    };
    if !(0.0..1e9).contains(&atol) {
        return Err(Fault::new("field \"atol\" must be a number from 0", "it is the absolute tolerance for floats"));
    }
    let base = inputs(record, "base_input", &id)?;
    if record.get(&["plus_input"]).is_some() {
        let plus = base.iter().cloned().chain(inputs(record, "plus_input", &id)?).collect();
        problem.tests.insert("plus".to_owned(), TestSuite::Calls { inputs: plus, atol });
    }
    problem.tests.insert("base".to_owned(), TestSuite::Calls { inputs: base, atol });
    if let Some(Value::Str(code)) = record.get(&["test"]) {
        problem.tests.insert("check".to_owned(), TestSuite::Check { code: code.clone(), preamble: prompt });
    }
    Ok(problem)
}

fn inputs(record: &Record, name: &str, id: &str) -> Result<Vec<String>, Fault> {
    let calls = record.need_list(name)?.iter().enumerate();
    calls
        .map(|(i, call)| match call {
            Value::List(arguments) => Ok(Value::List(restore(id, arguments.clone())).literal()),
            other => Err(Fault::new(
                format!("{name}[{i}] must be the list of a call's arguments, not {}", other.short_repr(40)),
                "see EvalPlus's format",
            )),
        })
        .collect()
}

/// `task_id, text | prompt, code, test_list, test_setup_code | test_imports, challenge_test_list`.
pub(super) fn mbpp(record: &Record) -> Result<Problem, Fault> {
    let tests = record.texts("test_list")?;
    if tests.is_empty() {
        return Err(record.missing(&["test_list"]));
    }
    let text = record.need_str(PROMPT)?;
    // the tests tell the function's name: without them nobody can know it
    let prompt = format!("{text}\nYour code should pass these tests:\n\n{}\n", tests.join("\n"));
    let mut problem = bare(record.need(ID)?, prompt, record);
    problem.reference = record.text(&["code", "reference", "canonical_solution"]);
    if problem.entry_point.is_none() {
        problem.entry_point = called(problem.reference.as_deref().unwrap_or_default(), &tests[0]);
    }
    let mut setup = record.texts("test_imports")?;
    setup.extend(record.texts("test_setup_code")?);
    let setup = setup.join("\n");
    let challenge = record.texts("challenge_test_list")?;
    if !challenge.is_empty() {
        let statements = tests.iter().cloned().chain(challenge).collect();
        problem.tests.insert("challenge".to_owned(), TestSuite::Script { setup: setup.clone(), statements });
    }
    problem.tests.insert("tests".to_owned(), TestSuite::Script { setup, statements: tests });
    Ok(problem)
}

/// The function or class of the program that the test names; else the first name that the test calls.
pub(super) fn called(program: &str, test: &str) -> Option<String> {
    let mut names = program.lines().filter_map(|line| {
        let rest = line.strip_prefix("def ").or_else(|| line.strip_prefix("class "))?;
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        Some(&rest[..end]).filter(|name| !name.is_empty())
    });
    let used = |name: &&str| {
        test.match_indices(*name).any(|(at, _)| {
            let before = test[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
                && test[at + name.len()..].trim_start().starts_with('(')
        })
    };
    if let Some(name) = names.rfind(used) {
        return Some(name.to_owned());
    }
    let statement = test.trim_start().strip_prefix("assert")?;
    let open = statement.trim_start().trim_start_matches(['(', ' ']);
    let end = open.find('(')?;
    let name = open[..end].trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (is_name && !["set", "sorted", "list", "tuple", "len", "abs", "round", "not", "isinstance"].contains(&name))
        .then(|| name.to_owned())
}
