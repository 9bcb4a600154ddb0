//! One program against many calls, each judged on its own: the matrix that agreement is computed from.

use std::time::Duration;

use super::expected::decode_sent;
use super::prepared::{Call, encode_calls};
use super::servers::Fault;
use super::worker::{Broken, Place, Worker, every_call};
use crate::value::{Dialect, Value};

/// How often a program that hangs in a call is started again behind it.
const HANGS_MOST: usize = 3;
/// What starting a process may take on a busy machine.
const STARTING: Duration = Duration::from_millis(250);
/// How often a broken machine is tried again.
const TRIES: u32 = 3;
const SIGSYS: i64 = 31;

/// What a generated test wants of its call.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// Equal to this.
    Equal(Value),
    /// True or false as a condition.
    Truth(bool),
}

/// Calls with what each should give.
#[derive(Debug)]
pub(crate) struct Batch {
    calls: Vec<Call>,
    encoded: Vec<u8>,
    wanted: Vec<Wanted>,
    /// Processor time of each call.
    each: Duration,
}

impl Batch {
    /// Calls of one function: arguments as Python literals, a tuple each.
    pub(crate) fn new(function: &str, tests: &[(Vec<Value>, Wanted)], each: Duration) -> Self {
        let calls: Vec<Call> = tests.iter().map(|(arguments, _)| Call::new(function, arguments.clone())).collect();
        let wanted = tests.iter().map(|(_, wanted)| wanted.clone()).collect();
        Self { encoded: encode_calls(&calls), calls, wanted, each }
    }
}

/// Reads a Python literal.
pub(crate) fn literal(text: &str) -> Option<Value> {
    Value::parse(text.trim(), Dialect::Python).ok()
}

/// Python's truth of a value.
fn truth(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Bool(b) => *b,
        Value::Float(x) => *x != 0.0,
        other => {
            !matches!(other.short_repr(8).as_str(), "0" | "''" | "[]" | "()" | "{}" | "set()" | "b''" | "0j" | "-0.0")
        }
    }
}

impl Wanted {
    fn is(&self, got: &Value) -> bool {
        match self {
            Self::Equal(value) => got.equals(value),
            Self::Truth(wanted) => truth(got) == *wanted,
        }
    }
}

impl Worker {
    /// Whether the program passes each test; `None` where the machine failed.
    pub(super) fn outcomes(&mut self, program: &str, batch: &Batch) -> Option<Vec<bool>> {
        let mut tries = 0;
        loop {
            match self.outcomes_once(program, batch) {
                Ok(passed) => return Some(passed),
                Err(fault) => {
                    self.restart();
                    tries += 1;
                    tracing::warn!(error = %fault, tries, "the verifier's own processes failed");
                    if tries >= TRIES {
                        return None;
                    }
                }
            }
        }
    }

    fn outcomes_once(&mut self, program: &str, batch: &Batch) -> Result<Vec<bool>, Fault> {
        let setup = &self.shared.setup;
        let (all, output, each) = (setup.limits.timeout, setup.limits.output_bytes, batch.each);
        let mut passed: Vec<bool> = Vec::with_capacity(batch.calls.len());
        let (mut place, mut hangs, mut spent) = (Place::Forked, 0, Duration::ZERO);
        while passed.len() < batch.calls.len() && hangs < HANGS_MOST && spent < all {
            let careful = hangs > 0;
            let rest;
            let calls = if passed.is_empty() {
                &batch.encoded
            } else {
                rest = encode_calls(&batch.calls[passed.len()..]);
                &rest
            };
            // loading has three times the time of a call, and starting a process takes its time too
            let mut line = self.open(place, each * 4 + STARTING)?;
            let order = every_call(program, calls, each, careful, output);
            let mut over = match self.begin(&mut line, &order) {
                Ok(()) => false,
                Err(Broken::Stop(_)) => true,
                Err(Broken::Fault(fault)) => return Err(fault),
            };
            let mut whole = false;
            while !over && passed.len() < batch.calls.len() {
                let received = line.receive();
                spent += line.spent();
                match received {
                    Ok((kind @ (b'v' | b'e'), data)) => {
                        let value = decode_sent(kind == b'e', &data);
                        let wanted = &batch.wanted[passed.len()];
                        passed.push(value.is_some_and(|value| !value.has_opaque() && wanted.is(&value)));
                    }
                    Ok((b'x' | b'u', _)) => passed.push(false),
                    // it does not load, printed too much, or hung too often: nothing that follows can pass
                    Ok(_) => whole = true,
                    Err(_) => over = true,
                }
                over |= whole || spent >= all;
                // its own clock ends a call; what that cannot interrupt is ended from here
                line.rewind(each * 3 + STARTING);
            }
            if whole || passed.len() == batch.calls.len() {
                self.let_go(line);
                break;
            }
            let end = self.close(place, line)?;
            if place == Place::Forked && end.signal == Some(SIGSYS) {
                place = Place::Alone;
                continue;
            }
            hangs += 1;
            // the first time, results may have been under way: only a careful run knows the call
            if careful {
                passed.push(false);
            }
        }
        passed.resize(batch.calls.len(), false);
        Ok(passed)
    }
}
