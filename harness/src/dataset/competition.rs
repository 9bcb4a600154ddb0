//! Programming contests: LiveCodeBench, APPS, CodeContests. Text in and text out, or calls with results.

use base64::Engine as _;
use flate2::read::ZlibDecoder;
use std::io::Read as _;
use verifiers::domain::{FunctionalCase, IoCase, Problem, TestSuite};
use verifiers::value::{Dialect, Value};

use super::code::bare;
use super::record::{ID, PROMPT, Record, to_json};
use super::{Fault, pickle};
use verifiers::counted;

/// What private tests may grow to when they are unpacked.
const UNPACKED: u64 = 1 << 30;
/// The longest time limit of a problem's own, seconds.
const TIME_MOST: f64 = 60.0;

/// `question_content, starter_code, public_test_cases, private_test_cases, metadata`. Suites `public`, and `tests` with both.
pub(super) fn livecodebench(record: &Record) -> Result<Problem, Fault> {
    let starter = record.text(&["starter_code"]).unwrap_or_default();
    let prompt = with_starter(record.need_str(&["prompt", "question_content", "question"])?, &starter);
    let mut problem = bare(record.need(ID)?, prompt, record);
    let metadata = match record.get(&["metadata"]) {
        Some(Value::Str(text)) => Value::parse(text, Dialect::Json).ok(),
        other => other.cloned(),
    };
    problem.entry_point = metadata.as_ref().and_then(|metadata| field(metadata, "func_name")).and_then(as_text);
    let function = problem.entry_point.clone();
    let public = cases(record, "public_test_cases")?;
    let all: Vec<Value> = public.iter().cloned().chain(cases(record, "private_test_cases")?).collect();
    for (name, cases) in [("public", public), ("tests", all)] {
        if !cases.is_empty() {
            problem.tests.insert(name.to_owned(), typed(&cases, function.as_deref())?);
        }
    }
    Ok(problem)
}

fn with_starter(question: String, starter: &str) -> String {
    if starter.trim().is_empty() {
        question
    } else {
        format!("{question}\n\nStart from this code:\n\n```python\n{}\n```\n", starter.trim_end())
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Dict(_, pairs) => {
            pairs.iter().find(|(key, _)| matches!(key, Value::Str(text) if text == name)).map(|(_, value)| value)
        }
        _ => None,
    }
}

/// A list of cases: as it is, as JSON text, or as base64 of zlib of a pickled JSON text, which is read and never unpickled.
fn cases(record: &Record, name: &str) -> Result<Vec<Value>, Fault> {
    let broken = |what: &str| {
        Fault::new(format!("{name}: {what}"), "JSON text, or base64 of zlib of a pickled JSON text, is expected")
    };
    let text = match record.get(&[name]) {
        None => return Ok(Vec::new()),
        Some(Value::List(items)) => return Ok(items.clone()),
        Some(Value::Str(text)) => text,
        Some(_) => return Err(broken("neither text nor a list")),
    };
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let unpacked;
    let text = if text.trim_start().starts_with('[') {
        text.as_str()
    } else {
        let packed = base64::engine::general_purpose::STANDARD
            .decode(text.trim())
            .map_err(|error| broken(&format!("broken base64 ({error})")))?;
        let mut bytes = Vec::new();
        let mut decoder = ZlibDecoder::new(packed.as_slice()).take(UNPACKED);
        decoder.read_to_end(&mut bytes).map_err(|error| broken(&format!("broken zlib data ({error})")))?;
        unpacked = pickle::text(&bytes).map_err(&broken)?;
        &unpacked
    };
    match Value::parse(text, Dialect::Json) {
        Ok(Value::List(items)) => Ok(items),
        Ok(_) => Err(broken("no list")),
        Err(error) => Err(broken(&format!("broken JSON: {error}"))),
    }
}

/// Cases of `{"input", "output", "testtype"}`; `"outputs"` instead of `"output"` lists all that are accepted.
fn typed(cases: &[Value], function: Option<&str>) -> Result<TestSuite, Fault> {
    let functional =
        cases.iter().all(|case| matches!(field(case, "testtype"), Some(Value::Str(kind)) if kind == "functional"));
    let broken =
        |i: usize| Fault::new(format!("test {i} has no texts \"input\" and \"output\""), "see LiveCodeBench's format");
    let pairs = cases.iter().enumerate().map(|(i, case)| {
        match (field(case, "input"), field(case, "output"), field(case, "outputs")) {
            (Some(input), Some(output), None) => Ok((input.clone(), vec![output.clone()])),
            (Some(input), None, Some(Value::List(outputs))) if !outputs.is_empty() => {
                Ok((input.clone(), outputs.clone()))
            }
            _ => Err(broken(i)),
        }
    });
    let mut pairs = pairs.collect::<Result<Vec<_>, _>>()?;
    let function = match (functional, function) {
        (true, None) => {
            return Err(Fault::new("functional tests without a function's name", "metadata must have \"func_name\""));
        }
        (true, function) => function,
        (false, _) => None,
    };
    if function.is_some() {
        pairs.iter_mut().for_each(|(_, outputs)| *outputs = outputs.iter().map(result).collect());
    }
    suite(pairs, function)
}

/// A problem's own time limit for a case, where it has one: `timeout` or `time_limit`, as seconds, as text that begins with them, or as
/// `{seconds, nanos}`. Of more than a minute, a minute.
pub(super) fn with_time_limit(suite: TestSuite, record: &Record) -> TestSuite {
    let number = |value: &Value| match value {
        Value::Str(text) => text.split_whitespace().next()?.trim_end_matches('s').parse().ok(),
        Value::Int(_) | Value::Float(_) => value.literal().parse::<f64>().ok(),
        _ => None,
    };
    let limit = record.get(&["timeout", "time_limit"]).and_then(|value| match value {
        Value::Dict(..) => {
            let part = |name| field(value, name).and_then(number).unwrap_or_default();
            Some(part("seconds") + part("nanos") / 1e9)
        }
        other => number(other),
    });
    match suite {
        TestSuite::StdinStdout { cases, .. } => TestSuite::StdinStdout {
            cases,
            time_limit: limit.filter(|seconds| *seconds > 0.0).map(|seconds| seconds.min(TIME_MOST)),
        },
        other => other,
    }
}

/// `question, input_output {inputs, outputs, fn_name}, solutions, starter_code`.
pub(super) fn apps(record: &Record, index: usize) -> Result<Problem, Fault> {
    let starter = record.text(&["starter_code"]).unwrap_or_default();
    let prompt = with_starter(record.text(PROMPT).unwrap_or_default(), &starter);
    let id = record.text(ID).unwrap_or_else(|| format!("apps/{index}"));
    let mut problem = bare(id, prompt, record);
    let tests = record.get(&["input_output"]).ok_or_else(|| record.missing(&["input_output"]))?;
    let suite =
        input_output(tests)?.ok_or_else(|| Fault::new("no test cases", "input_output needs inputs and outputs"))?;
    if let TestSuite::Functional { function, .. } = &suite {
        problem.entry_point = Some(function.clone());
    }
    problem.tests.insert("tests".to_owned(), with_time_limit(suite, record));
    let solutions = match record.get(&["solutions"]) {
        Some(Value::Str(text)) => Value::parse(text, Dialect::Json).ok(),
        other => other.cloned(),
    };
    if let Some(Value::List(programs)) = solutions {
        problem.reference = programs.first().and_then(as_text);
    }
    Ok(problem)
}

/// `{inputs, outputs, fn_name}` (APPS) or `{input, output}` (CodeContests), as an object or as JSON text, or a list of
/// `{input, output}` or `{input, outputs}`. `None` where there are no cases.
///
/// An output of APPS that is a list has the lines of one output. Results of its functions are mostly wrapped in a list: where all
/// are lists of one, the result is accepted with the list and without it, as by its evaluator. That one also accepts the first item
/// of a longer list; here it is wrong.
///
/// Source: Hendrycks 2021, arXiv:2105.09938, its `testing_util.py`.
pub(super) fn input_output(tests: &Value) -> Result<Option<TestSuite>, Fault> {
    let broken =
        |what: &str| Fault::new(format!("tests: {what}"), "an object with \"inputs\" and \"outputs\" is expected");
    let parsed;
    let tests = match tests {
        Value::Str(text) if text.trim().is_empty() => return Ok(None),
        Value::Str(text) => {
            parsed = Value::parse(text, Dialect::Json).map_err(|error| broken(&format!("broken JSON: {error}")))?;
            &parsed
        }
        other => other,
    };
    if let Value::List(cases) = tests {
        return if cases.is_empty() { Ok(None) } else { typed(cases, None).map(Some) };
    }
    let list = |names: [&str; 2]| names.iter().find_map(|name| field(tests, name));
    let (Some(Value::List(inputs)), Some(Value::List(outputs))) =
        (list(["inputs", "input"]), list(["outputs", "output"]))
    else {
        return Err(broken("no lists \"inputs\" and \"outputs\""));
    };
    if inputs.len() != outputs.len() {
        return Err(broken(&format!("{} and {}", counted(inputs.len(), "input"), counted(outputs.len(), "output"))));
    }
    if inputs.is_empty() {
        return Ok(None);
    }
    let function = field(tests, "fn_name").and_then(as_text);
    let wrapped = function.is_some() && outputs.iter().all(|o| matches!(o, Value::List(items) if items.len() == 1));
    let accepted = |(input, output): (&Value, &Value)| match (input, output) {
        (_, Value::List(items)) if wrapped => vec![items[0].clone(), output.clone()],
        // arguments that are no JSON text go with results that are none
        (Value::List(_), Value::Str(_)) if function.is_some() => vec![output.clone(), result(output)],
        _ if function.is_some() => vec![result(output)],
        _ => vec![output.clone()],
    };
    let pairs = inputs.iter().zip(outputs).map(|pair| (pair.0.clone(), accepted(pair)));
    suite(pairs.collect(), function.as_deref()).map(Some)
}

/// A result that is written as JSON text; text that is no JSON is the result itself.
fn result(output: &Value) -> Value {
    match output {
        Value::Str(text) => Value::parse(text, Dialect::Json).unwrap_or_else(|_| output.clone()),
        other => other.clone(),
    }
}

/// Inputs, each with the outputs (of functions: the results) that are accepted.
fn suite(pairs: Vec<(Value, Vec<Value>)>, function: Option<&str>) -> Result<TestSuite, Fault> {
    let Some(function) = function else {
        let cases = pairs
            .into_iter()
            .map(|(input, outputs)| IoCase { input: lines(&input), outputs: outputs.iter().map(lines).collect() });
        return Ok(TestSuite::StdinStdout { cases: cases.collect(), time_limit: None });
    };
    let broken = |text: &str, error| {
        Fault::new(
            format!("test value {:?}: {error}", text.chars().take(40).collect::<String>()),
            "JSON, one value a line, is expected",
        )
    };
    let parse = |text: &str| Value::parse(text, Dialect::Json).map_err(|error| broken(text, error));
    let cases = pairs.into_iter().map(|(input, outputs)| {
        let arguments = match &input {
            Value::Str(text) => {
                text.lines().filter(|line| !line.trim().is_empty()).map(parse).collect::<Result<_, _>>()?
            }
            Value::List(items) => items.clone(),
            other => vec![other.clone()],
        };
        let mut accepted = outputs.iter().map(to_json);
        let expected = accepted.next().unwrap_or_default();
        let arguments = arguments.iter().map(to_json).collect();
        Ok(FunctionalCase { arguments, expected, also: accepted.collect() })
    });
    Ok(TestSuite::Functional { function: function.to_owned(), cases: cases.collect::<Result<_, Fault>>()? })
}

/// Text, or a list of lines.
fn lines(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        Value::List(items) => items.iter().map(lines).collect::<Vec<_>>().join("\n"),
        other => other.literal(),
    }
}
