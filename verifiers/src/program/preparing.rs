//! What is worked out once per problem, by running the reference solution where there is one.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::cache::Slot;
use super::child::{Line, Stop};
use super::expected::Expected;
use super::judge::{Raised, exception};
use super::prepared::{Asserted, Call, CallsPlan, Plan, Prepared, TestsPlan, Trust, choose, encode_calls};
use super::references::Showed;
use super::servers::Fault;
use super::wire::{Node, Writer};
use super::worker::{Ahead, Attempt, Judged, Place, REFERENCE_LIMIT, SIGSYS, Worker, job};
use crate::domain::{Problem, Status, TestSuite};
use crate::value::{Comparison, Dialect, Rule, Value};

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
        let comparison = Comparison::new(Rule::of(&problem.id.0, entry), atol);
        let name = self.shared.references.as_ref().and_then(|kept| {
            let rule = [problem.id.0.as_bytes(), entry.as_bytes(), &atol.to_le_bytes()];
            kept.name(&[reference], &[b"calls", reference.as_bytes(), &encoded, &rule.concat()])
        });
        let ready = |results, spent: Duration, place| {
            let plan = Plan::Calls(CallsPlan::with_results(calls.clone(), results, atol, reference, place));
            Prepared { key, plan, limit: base.max(spent * 4), roomy: place == Place::Roomy }
        };
        if let Some(showed) = self.kept(name.as_deref())
            && let Some(results) = read_results(&showed.body, calls.len(), comparison)
        {
            return Ok(Ok(ready(results, showed.spent, showed.place)));
        }
        let mut place = Place::Forked;
        let outcome = loop {
            let mut line = self.open(place, REFERENCE_LIMIT)?;
            let results = collect(&mut line, reference, &encoded, &calls, comparison);
            let spent = line.spent();
            let end = self.close(place, line)?;
            place = match results {
                Ok(Ok(results)) => {
                    self.keep(name.as_deref(), spent, place, || write_results(&results));
                    break Ok(ready(results, spent, place));
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
        let name = self.shared.references.as_ref().and_then(|kept| {
            let mut code = code_of(suite);
            code.push(reference);
            let suite = serde_json::to_vec(suite).unwrap_or_default();
            let entry = problem.entry_point.as_deref().unwrap_or_default();
            kept.name(&code, &[b"tests", reference.as_bytes(), entry.as_bytes(), &suite])
        });
        if let Some(showed) = self.kept(name.as_deref())
            && let Some((trust, calls, asserted)) = read_tests(&showed.body)
        {
            plan.trust = trust;
            plan.learn(calls);
            plan.asserted = asserted_plan(&asserted);
            let (limit, roomy) = (base.max(showed.spent * 4), showed.place == Place::Roomy);
            return Ok(Ok(Prepared { key, plan: Plan::Tests(plan), limit, roomy }));
        }
        let (mut took, mut ran, mut asserted) = (Duration::ZERO, Place::Forked, Vec::new());
        // objects of the program are trusted as far as the reference solution needs it
        let (free, derived) = (Trust::FREE, Trust::FREE.and(Trust::DERIVED));
        let mut missed = free;
        for trust in [free, free.and(Trust::MIXED), derived, derived.and(Trust::MIXED)] {
            if !missed.has(trust) {
                continue;
            }
            plan.trust = trust;
            let (judged, spent, place) = match self.try_reference(key, &plan, reference)? {
                Ok(tried) => tried,
                Err(problem) => return Ok(Err(problem)),
            };
            let needed = plan.needed();
            (ran, took, missed) = (place, spent, missed.and(needed));
            plan.doubt = (judged.status != Status::Pass).then(|| judged.detail.clone());
            if judged.status == Status::Pass {
                let used =
                    [(Trust::FREE, needed), (Trust::SWALLOWS, needed), (Trust::MIXED, trust), (Trust::DERIVED, trust)];
                let used = used.into_iter().filter(|(one, of)| of.has(*one));
                plan.trust = used.fold(Trust::KNOWN, |sum, (one, _)| sum.and(one));
                if plan.trust == Trust::KNOWN {
                    asserted = self.ask_asserted(key, &plan)?;
                }
                break;
            }
            plan.trust = Trust::UNKNOWN;
        }
        plan.asserted = Node::read(&asserted).and_then(|node| asserted_plan(&node.items()));
        if let Some(asserts) = &plan.asserted
            && !self.passes(asserts, reference, ran)?
        {
            (asserted, plan.asserted) = (Vec::new(), None);
        }
        // a failure may be the machine's
        if plan.trust.has(Trust::KNOWN) {
            self.keep(name.as_deref(), took, ran, || write_tests(plan.trust, &plan.predicted().encoded, &asserted));
        }
        let (limit, roomy) = (base.max(took * 4), ran == Place::Roomy);
        Ok(Ok(Prepared { key, plan: Plan::Tests(plan), limit, roomy }))
    }

    /// What the tests assert, where they do nothing else: marshal data of [`Asserted`]; else nothing.
    fn ask_asserted(&mut self, key: u64, plan: &TestsPlan) -> Result<Vec<u8>, Fault> {
        let predicted = plan.predicted();
        let given = self.give_suite(key, plan, predicted.generation, &predicted.encoded);
        let Some(driver) = self.driver.as_mut().filter(|_| matches!(given, Ok(None))) else { return Ok(Vec::new()) };
        let mut w = Writer::default();
        match driver.ask(&w.int(key).frame(b'A'))? {
            (b'D', asserted) => Ok(asserted),
            _ => Ok(Vec::new()),
        }
    }

    /// Whether the reference solution passes.
    fn passes(&mut self, plan: &CallsPlan, reference: &str, place: Place) -> Result<bool, Fault> {
        let mut line = self.open(place, REFERENCE_LIMIT)?;
        let talk = self.compare_calls(plan, reference, &mut line);
        let attempt = self.conclude(talk, place, line)?;
        Ok(matches!(attempt, Attempt::Judged(judged) if judged.status == Status::Pass))
    }

    fn kept(&self, name: Option<&str>) -> Option<Showed> {
        self.shared.references.as_ref()?.get(name?)
    }

    fn keep(&self, name: Option<&str>, spent: Duration, place: Place, body: impl FnOnce() -> Vec<u8>) {
        if let (Some(references), Some(name)) = (&self.shared.references, name) {
            references.put(name, &Showed { spent, place, body: body() });
        }
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

/// The code of tests.
fn code_of(suite: &TestSuite) -> Vec<&str> {
    match suite {
        TestSuite::Check { code, preamble } => vec![code, preamble],
        TestSuite::Script { setup, statements } => {
            std::iter::once(setup).chain(statements).map(String::as_str).collect()
        }
        TestSuite::Calls { .. } | TestSuite::Functional { .. } | TestSuite::StdinStdout { .. } => Vec::new(),
    }
}

/// The reference's results of all calls; or what it raised, or why a result is of no use.
fn collect(
    line: &mut Line,
    program: &str,
    encoded: &[u8],
    calls: &[Call],
    mut comparison: Comparison,
) -> Result<Result<Vec<Expected>, Raised>, Stop> {
    line.allow(REFERENCE_MOST);
    line.send(&job(program, encoded, false, u64::from(u32::MAX)))?;
    let mut results = Vec::with_capacity(calls.len());
    for (number, call) in calls.iter().enumerate() {
        let raised = match line.receive()? {
            (kind @ (b'v' | b'e'), data) => {
                match Expected::returned(kind == b'e', data, &call.arguments(), &mut comparison) {
                    Ok(result) => {
                        results.push(result);
                        continue;
                    }
                    Err(why) => Raised::unknown(&why),
                }
            }
            (_, data) => exception(&data).unwrap_or_else(|| Raised::unknown("it stopped")),
        };
        return Ok(Err(raised.at(&format!("call {}: ", number + 1))));
    }
    Ok(Ok(results))
}

/// Results as they are kept.
fn write_results(results: &[Expected]) -> Vec<u8> {
    let mut w = Writer::default();
    w.list(results.len());
    results.iter().for_each(|result| result.write(&mut w));
    w.0
}

fn read_results(body: &[u8], count: usize, comparison: Comparison) -> Option<Vec<Expected>> {
    let results: Option<Vec<Expected>> =
        Node::read(body)?.items().into_iter().map(|node| Expected::read(node, comparison)).collect();
    results.filter(|results| results.len() == count)
}

/// How far objects are trusted, the calls that the tests make, and what they assert, as they are kept.
fn write_tests(trust: Trust, calls: &[u8], asserted: &[u8]) -> Vec<u8> {
    let mut w = Writer::default();
    w.tuple(3).int(trust.0);
    for part in [calls, asserted] {
        if part.is_empty() {
            w.list(0)
        } else {
            w.raw(part)
        };
    }
    w.0
}

fn read_tests(body: &[u8]) -> Option<(Trust, Vec<Node>, Vec<Node>)> {
    let [trust, calls, asserted] = <[Node; 3]>::try_from(Node::read(body)?.items()).ok()?;
    Some((Trust(u64::try_from(trust.int()?).ok()?), calls.items(), asserted.items()))
}

/// Calls with the results that tests assert, where they assert any.
fn asserted_plan(asserted: &[Node]) -> Option<CallsPlan> {
    let asserted: Vec<Asserted> = asserted.iter().map(Asserted::from_node).collect::<Option<_>>()?;
    (!asserted.is_empty()).then(|| CallsPlan::asserted(asserted))
}
