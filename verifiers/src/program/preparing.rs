//! What is worked out once per problem, by running the reference solution where there is one.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::child::{Line, Stop};
use super::expected::{Expected, Spill};
use super::judge::{Raised, exception};
use super::prepared::{Call, CallsPlan, Plan, Prepared, Slot, TestsPlan, Trust, choose, encode_calls};
use super::servers::Fault;
use super::worker::{Ahead, Attempt, Judged, Place, SIGSYS, Worker, job};
use crate::domain::{Problem, Status, TestSuite};
use crate::value::{Dialect, Rule, Value};

/// The reference solution's time limit for all its calls.
const REFERENCE_LIMIT: Duration = Duration::from_mins(1);
/// The most bytes that it may return for all its calls.
const REFERENCE_MOST: usize = 2 << 30;

impl Worker {
    /// Works a problem out, by its reference solution where there is one; or why nothing can be judged by it.
    pub(super) fn prepare(&mut self, slot: &Slot) -> Result<Result<Prepared, String>, Fault> {
        let problem = &*slot.problem;
        let suite = match choose(problem, slot.tests.as_deref()) {
            Ok(suite) => suite,
            Err(message) => return Ok(Err(message)),
        };
        let key = self.shared.keys.fetch_add(1, Ordering::Relaxed);
        let base = self.shared.setup.limits.timeout;
        match suite {
            TestSuite::Functional { function, cases } => {
                let plan = Plan::Calls(CallsPlan::functional(function, cases));
                Ok(Ok(Prepared { key, plan, limit: base, roomy: false }))
            }
            TestSuite::Calls { inputs, atol } => self.prepare_calls(problem, key, inputs, *atol),
            TestSuite::Check { .. } | TestSuite::Script { .. } => self.prepare_tests(problem, suite, key),
            TestSuite::StdinStdout { .. } => Ok(Err("tests of the kind stdin-stdout are not for python-tests".into())),
        }
    }

    fn prepare_calls(
        &mut self,
        problem: &Problem,
        key: u64,
        inputs: &[String],
        atol: f64,
    ) -> Result<Result<Prepared, String>, Fault> {
        let base = self.shared.setup.limits.timeout;
        let (Some(reference), Some(entry)) = (&problem.reference, &problem.entry_point) else {
            return Ok(Err(format!(
                "problem {} has no reference solution or no function's name to compare with",
                problem.id
            )));
        };
        let mut calls = Vec::with_capacity(inputs.len());
        for (number, input) in inputs.iter().enumerate() {
            match Value::parse(input, Dialect::Python) {
                Ok(Value::List(arguments) | Value::Tuple(arguments)) => calls.push(Call::new(entry, arguments)),
                Ok(_) => return Ok(Err(format!("input {number} of problem {} is no list of arguments", problem.id))),
                Err(e) => return Ok(Err(format!("input {number} of problem {}: {e}", problem.id))),
            }
        }
        let encoded = encode_calls(&calls);
        let mut place = Place::Forked;
        let outcome = loop {
            let mut line = self.open(place, REFERENCE_LIMIT)?;
            let results = collect(&mut line, reference, &encoded, calls.len());
            let spent = line.spent();
            let end = self.close(place, line)?;
            place = match results {
                Ok(Ok(results)) => {
                    let plan = CallsPlan::with_results(calls, results, Rule::of(&problem.id.0, entry), atol);
                    let limit = base.max(spent * 4);
                    let roomy = place == Place::Roomy;
                    break plan.map(|plan| Prepared { key, plan: Plan::Calls(plan), limit, roomy });
                }
                Ok(Err(raised)) if raised.is_memory() && place != Place::Roomy => Place::Roomy,
                Ok(Err(raised)) => break Err(raised.shown()),
                Err(_) if place == Place::Forked && end.signal == Some(SIGSYS) => Place::Alone,
                Err(Stop::Flood) => {
                    break Err("it returns more than can be compared: 32 MiB a call, 2 GiB in all".to_owned());
                }
                Err(stop) => break Err(format!("{stop:?} (exit {:?}, signal {:?})", end.exit, end.signal)),
            };
        };
        Ok(outcome.map_err(|e| format!("the reference solution of problem {} is of no use: {e}", problem.id)))
    }

    fn prepare_tests(
        &mut self,
        problem: &Problem,
        suite: &TestSuite,
        key: u64,
    ) -> Result<Result<Prepared, String>, Fault> {
        let base = self.shared.setup.limits.timeout;
        let Some(mut plan) = TestsPlan::new(key, problem, suite) else {
            return Ok(Err("tests of an unknown kind".into()));
        };
        let Some(reference) = &problem.reference else {
            return Ok(Ok(Prepared { key, plan: Plan::Tests(plan), limit: base, roomy: false }));
        };
        let (mut limit, mut roomy) = (base, false);
        // objects of the program are trusted as far as the reference solution needs it
        for trust in [Trust::FREE, Trust::FREE.and(Trust::MIXED)] {
            plan.trust = trust;
            let (judged, spent, place) = match self.try_reference(key, &plan, reference)? {
                Ok(tried) => tried,
                Err(problem) => return Ok(Err(problem)),
            };
            let needed = plan.needed();
            roomy = place == Place::Roomy;
            if judged.status == Status::Pass {
                limit = base.max(spent * 4);
                let used = [(Trust::FREE, needed), (Trust::SWALLOWS, needed), (Trust::MIXED, trust)];
                let used = used.into_iter().filter(|(one, of)| of.has(*one));
                plan.trust = used.fold(Trust::KNOWN, |sum, (one, _)| sum.and(one));
                break;
            }
            plan.trust = Trust::UNKNOWN;
            if !needed.has(Trust::MIXED) {
                limit = base.max(spent * 4);
                break;
            }
        }
        Ok(Ok(Prepared { key, plan: Plan::Tests(plan), limit, roomy }))
    }

    /// Judges the reference solution: the verdict, its time and where it ran, or why there can be no verdict on anything.
    fn try_reference(
        &mut self,
        key: u64,
        plan: &TestsPlan,
        reference: &str,
    ) -> Result<Result<(Judged, Duration, Place), String>, Fault> {
        let mut place = Place::Forked;
        loop {
            let mut line = self.open(place, REFERENCE_LIMIT)?;
            let talk = self.run_tests(key, plan, reference, Ahead::Nothing, &mut line);
            let spent = line.spent();
            place = match self.conclude(talk, place, line)? {
                Attempt::NeedsMore => Place::Alone,
                Attempt::Judged(judged) if judged.status == Status::Unjudged => return Ok(Err(judged.detail)),
                Attempt::Judged(judged) if judged.status == Status::Limit && place != Place::Roomy => Place::Roomy,
                Attempt::Judged(judged) | Attempt::Late(_, judged) => return Ok(Ok((judged, spent, place))),
                Attempt::Diverged => return Ok(Ok((Judged::new(Status::Error, ""), Duration::ZERO, Place::Forked))),
            };
        }
    }
}

/// The reference's results of all calls.
fn collect(line: &mut Line, program: &str, calls: &[u8], count: usize) -> Result<Result<Vec<Expected>, Raised>, Stop> {
    line.allow(REFERENCE_MOST);
    let mut spill = Spill::default();
    line.send(&job(program, calls, false, u64::from(u32::MAX)))?;
    let mut results = Vec::with_capacity(count);
    while results.len() < count {
        match line.receive()? {
            (b'v', data) => results.push(spill.keep(false, data)),
            (b'e', data) => results.push(spill.keep(true, data)),
            (_, data) => {
                let raised = exception(&data).unwrap_or_else(|| Raised::unknown("it stopped"));
                return Ok(Err(raised.at(&format!("call {}: ", results.len() + 1))));
            }
        }
    }
    Ok(Ok(results))
}
