//! Calls with known results: what a candidate answers is compared here.

use super::child::{Line, Stop};
use super::expected::{as_list, decode};
use super::judge::{end_of_tests, raised, unsupported};
use super::prepared::{CallsPlan, encode_calls};
use super::servers::Fault;
use super::worker::{Broken, Judged, REFERENCE_LIMIT, Talk, Worker, job};
use crate::domain::Status;
use crate::value::{DecodeError, Value};

/// Values are shown in this many characters.
const SHOWN: usize = 120;

impl Worker {
    pub(super) fn compare_calls(&mut self, plan: &CallsPlan, program: &str, line: &mut Line) -> Result<Talk, Broken> {
        line.allow(plan.reply_most());
        self.begin(line, &job(program, &plan.first, false, self.shared.setup.limits.output_bytes))?;
        for (number, (call, expected)) in plan.calls.iter().zip(&plan.expected).enumerate() {
            self.right = number;
            if number == plan.first_count {
                // most programs fail among the first calls: only the others are given the rest
                line.send(&plan.rest)?;
                let (kind, data) = line.receive()?;
                if kind != b'd' {
                    return Ok(Talk::Judged(end_of_tests(kind, &data)));
                }
            }
            let (kind, data) = line.receive()?;
            let escaped = match kind {
                b'v' => false,
                b'e' => true,
                b'x' | b'u' => {
                    let what = format!("{} raised ", shown_call(&call.name, &call.arguments()));
                    let judged = if kind == b'x' {
                        raised(&data, &what)
                    } else {
                        let why = unsupported(&data);
                        Judged::new(
                            Status::Error,
                            format!("{} returned {why}", shown_call(&call.name, &call.arguments())),
                        )
                    };
                    return Ok(Talk::Judged(judged));
                }
                other => return Ok(Talk::Judged(end_of_tests(other, &data))),
            };
            if expected.is_same(escaped, &data) {
                continue;
            }
            if plan.rules.equal && escaped {
                // Python knows more kinds of equality than are known here
                return Ok(Talk::Diverged);
            }
            let wanted = if expected.is_hash() { self.again(plan, number)? } else { expected.value() };
            if let Some(judged) = mismatch(plan, number, wanted, escaped, &data) {
                return Ok(Talk::Judged(judged));
            }
        }
        self.right = plan.calls.len();
        Ok(Talk::Judged(Judged::new(Status::Pass, "")))
    }

    /// The reference's result of one call, of which only the hash was kept; `None` where it is no plain data.
    fn again(&mut self, plan: &CallsPlan, number: usize) -> Result<Option<Value>, Fault> {
        // most references answer each call alike, whatever was called before it
        for first in [number, 0] {
            if let Ok((kind @ (b'v' | b'e'), data)) = self.last_answer(plan, first, number)?
                && plan.expected[number].is_from(kind == b'e', &data)
            {
                return Ok(decode(kind == b'e', &data));
            }
        }
        let why = "it gives another result than before".to_owned();
        Err(Fault::Process { what: "the reference solution, run again", why })
    }

    /// What the reference answers to the last of some calls in a row.
    fn last_answer(
        &mut self,
        plan: &CallsPlan,
        first: usize,
        last: usize,
    ) -> Result<Result<(u8, Vec<u8>), Stop>, Fault> {
        let mut line = self.open(plan.place, REFERENCE_LIMIT)?;
        line.allow(plan.reply_most());
        let calls = encode_calls(&plan.calls[first..=last]);
        let mut answer = || {
            line.send(&job(&plan.reference, &calls, false, u64::from(u32::MAX)))?;
            (first..last).try_for_each(|_| line.receive().map(drop))?;
            line.receive()
        };
        let answer = answer();
        self.let_go(line);
        Ok(answer)
    }
}

/// The verdict, where a result is not the wanted one.
fn mismatch(plan: &CallsPlan, number: usize, wanted: Option<Value>, escaped: bool, data: &[u8]) -> Option<Judged> {
    let call = &plan.calls[number];
    let arguments = call.arguments();
    let fail = |detail| Some(Judged::new(Status::Fail, detail));
    let mut got = match plan.expected[number].read_sent(escaped, data) {
        Ok(got) => got,
        Err(DecodeError::TooMany { .. }) => return Some(Judged::new(Status::Limit, "its results are too large")),
        Err(_) => return fail(format!("{} returned no plain data", shown_call(&call.name, &arguments))),
    };
    if plan.rules.loose_tuples {
        got = as_list(got);
    }
    let mut comparison = plan.expected[number].comparison;
    let right = wanted.as_ref().is_some_and(|wanted| comparison.matches(&arguments, wanted, &got));
    if right || plan.expected[number].is_also(&got) {
        return None;
    }
    let wanted = wanted.map_or_else(|| "the reference's result".to_owned(), |v| v.short_repr(SHOWN));
    fail(format!("{}: expected {wanted}, got {}", shown_call(&call.name, &arguments), got.short_repr(SHOWN)))
}

fn shown_call(name: &str, arguments: &[Value]) -> String {
    let shown: Vec<String> = arguments.iter().map(|a| a.short_repr(SHOWN)).collect();
    format!("{name}({})", shown.join(", "))
}
