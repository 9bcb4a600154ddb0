//! The estimators for any other language: one JSON request a line, `{"fn": NAME, "inputs": {...}}`, one reply a line,
//! `{"result": ...}` or `{"error": "..."}`.

use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

use super::StatsError;
use args::Args;

mod args;
mod choice;
mod compare;
mod coverage;
mod more;
mod verifier;

/// An estimator by name.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its inputs and what it gives.
    pub signature: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    call: fn(&Args<'_>) -> Result<Value, StatsError>,
}

/// Every function, by section of the statistics guide.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    let sections = [coverage::FUNCTIONS, choice::FUNCTIONS, verifier::FUNCTIONS, compare::FUNCTIONS, more::FUNCTIONS];
    sections.into_iter().flatten()
}

/// Calls a function by name.
///
/// # Errors
/// An unknown name, or inputs that it cannot use.
pub fn call(name: &str, inputs: &Value) -> Result<Value, StatsError> {
    let Some(function) = functions().find(|f| f.name == name) else {
        let nearest = functions()
            .map(|f| (strsim::damerau_levenshtein(f.name, name), f.name))
            .min()
            .filter(|(distance, _)| *distance <= 4)
            .map(|(_, name)| name.to_owned());
        return Err(StatsError::Unknown { name: name.to_owned(), nearest });
    };
    let inputs = inputs.as_object().ok_or(StatsError::Input { name: "inputs".to_owned(), must: "an object" })?;
    (function.call)(&Args(inputs))
}

/// The reply to one request line, without a line break.
#[must_use]
pub fn reply(line: &str) -> String {
    let answer = || -> Result<Value, String> {
        let request: Value = serde_json::from_str(line).map_err(|e| format!("not JSON: {e}"))?;
        let name = request.get("fn").and_then(Value::as_str).ok_or("`fn` must be the name of a function")?;
        call(name, request.get("inputs").unwrap_or(&Value::Null)).map_err(|e| e.to_string())
    };
    // a fault of ours must not end the stream of somebody's notebook
    let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(answer));
    match answer.unwrap_or_else(|_| Err("the function failed on this input: a fault of nbest".to_owned())) {
        Ok(mut result) => {
            unsign_zeros(&mut result);
            json!({ "result": result })
        }
        Err(error) => json!({ "error": error }),
    }
    .to_string()
}

/// A sum of nothing is -0.0, which reads as if it meant something.
fn unsign_zeros(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_f64().is_some_and(|x| x.abs() <= 0.0 && x.is_sign_negative()) => {
            *value = json!(0.0);
        }
        Value::Array(list) => list.iter_mut().for_each(unsign_zeros),
        Value::Object(fields) => fields.values_mut().for_each(unsign_zeros),
        _ => {}
    }
}

/// Answers every line of `input` until it ends; blank lines are skipped. Each reply is flushed before the next line is read,
/// unless more input already waits.
///
/// # Errors
/// Whatever reading or writing raises.
pub fn serve(input: impl io::Read, output: &mut impl Write) -> io::Result<()> {
    let mut input = io::BufReader::with_capacity(1 << 16, input);
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return output.flush();
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        writeln!(output, "{}", reply(&text))?;
        // a caller that waits for the answer has sent nothing more
        if !input.buffer().contains(&b'\n') {
            output.flush()?;
        }
    }
}

#[cfg(test)]
mod tests;
