//! What is worked out once per problem: the calls, the right results, the time that the reference takes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::expected::{Expected, decode};
use super::wire::{Node, Writer};
use super::worker::{Judged, Place};
use crate::domain::{Problem, Status, TestSuite};
use crate::value::{Comparison, Rule, Value};

/// The most verdicts of the test driver that are kept for one problem.
const KEPT_MOST: usize = 4096;

/// One call: function, arguments as marshal data, and whether they hold escapes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) data: Vec<u8>,
    pub(super) escaped: bool,
}

impl Call {
    /// A call with positional arguments.
    pub(super) fn new(name: &str, arguments: Vec<Value>) -> Self {
        let encoded =
            Value::Tuple(vec![Value::Tuple(arguments), Value::Dict(crate::value::DictKind::Plain, Vec::new())])
                .encode();
        let (flag, data) = encoded.split_first().map_or((0, Vec::new()), |(f, d)| (*f, d.to_vec()));
        Self { name: name.to_owned(), data, escaped: flag == 1 }
    }

    /// The positional arguments.
    pub(super) fn arguments(&self) -> Vec<Value> {
        match decode(self.escaped, &self.data) {
            Some(Value::Tuple(mut both)) if !both.is_empty() => match both.swap_remove(0) {
                Value::Tuple(arguments) => arguments,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn from_node(node: Node) -> Option<Self> {
        match node.items().as_slice() {
            [name, data, escaped] => {
                Some(Self { name: name.text().to_owned(), data: data.bytes().to_vec(), escaped: escaped.is_true() })
            }
            _ => None,
        }
    }
}

/// A call and its right result, as tests assert it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asserted {
    pub(super) call: Call,
    expected: Expected,
}

impl Asserted {
    /// Reads (function, arguments, escaped, result, escaped).
    pub(super) fn from_node(node: &Node) -> Option<Self> {
        let Node::Items(items) = node else { return None };
        let [name, data, escaped, result, other] = items.as_slice() else { return None };
        let call = Call { name: name.text().to_owned(), data: data.bytes().to_vec(), escaped: escaped.is_true() };
        let mut comparison = Comparison::new(Rule::Equal, 0.0);
        let (other, result) = (other.is_true(), result.bytes().to_vec());
        let expected = Expected::returned(other, result, &call.arguments(), &mut comparison).ok()?;
        Some(Self { call, expected }).filter(|one| !one.expected.is_hash())
    }
}

/// Calls as the candidates' runtime reads them.
pub(super) fn encode_calls(calls: &[Call]) -> Vec<u8> {
    let mut w = Writer::default();
    w.list(calls.len());
    for call in calls {
        w.tuple(3).text(&call.name).bytes(&call.data).bool(call.escaped);
    }
    w.0
}

/// The most calls that go with the program: those of a large suite in two parts, those of asserts at once.
const FIRST_MOST: usize = 6;
const ASSERTED_FIRST_MOST: usize = 32;
/// The most bytes of their arguments.
const FIRST_BYTES_MOST: usize = 8192;

/// Calls that are compared here.
pub(super) struct CallsPlan {
    pub(super) calls: Vec<Call>,
    /// The calls that go with the program, and how many.
    pub(super) first: Vec<u8>,
    pub(super) first_count: usize,
    /// The frame with the others.
    pub(super) rest: Vec<u8>,
    pub(super) expected: Vec<Expected>,
    pub(super) rules: Rules,
    /// The reference solution, where it gave the results, and where it runs.
    pub(super) reference: String,
    pub(super) place: Place,
}

/// What holds for all calls of a plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rules {
    /// A tuple counts as a list (LiveCodeBench, APPS: the results came from JSON).
    pub(super) loose_tuples: bool,
    /// Tests that compare with `==`: nothing but plain data is judged here, the rest by the tests themselves.
    pub(super) equal: bool,
    /// The data set's tolerance.
    atol: f64,
}

impl CallsPlan {
    /// Known results, from JSON.
    pub(super) fn functional(function: &str, cases: &[crate::domain::FunctionalCase]) -> Self {
        let calls: Vec<Call> =
            cases.iter().map(|c| Call::new(function, c.arguments.iter().map(Value::from_json).collect())).collect();
        let values = |also: &[serde_json::Value]| also.iter().map(Value::from_json).collect();
        let expected = cases.iter().map(|c| Expected::known(Value::from_json(&c.expected), values(&c.also)));
        Self::new(calls, expected.collect(), Rules { loose_tuples: true, equal: false, atol: 0.0 }, "", Place::Forked)
    }

    fn new(calls: Vec<Call>, expected: Vec<Expected>, rules: Rules, reference: &str, place: Place) -> Self {
        let mut bytes = 0;
        let fits = |call: &&Call| {
            bytes += call.data.len();
            bytes <= FIRST_BYTES_MOST
        };
        let most = if rules.equal { ASSERTED_FIRST_MOST } else { FIRST_MOST };
        let first_count = calls.iter().take(most).take_while(fits).count().max(1).min(calls.len());
        let (first, rest) = calls.split_at(first_count);
        let (first, rest) = (encode_calls(first), Writer(encode_calls(rest)).frame(b'M'));
        Self { calls, first, first_count, rest, expected, rules, reference: reference.to_owned(), place }
    }

    /// Results that tests assert.
    pub(super) fn asserted(asserted: Vec<Asserted>) -> Self {
        let (calls, expected) = asserted.into_iter().map(|one| (one.call, one.expected)).unzip();
        Self::new(calls, expected, Rules { loose_tuples: false, equal: true, atol: 0.0 }, "", Place::Forked)
    }

    /// Results that the reference gave.
    pub(super) fn with_results(
        calls: Vec<Call>,
        expected: Vec<Expected>,
        atol: f64,
        reference: &str,
        place: Place,
    ) -> Self {
        Self::new(calls, expected, Rules { loose_tuples: false, equal: false, atol }, reference, place)
    }

    /// The most bytes that a program may need to answer: long results may be written in longer ways.
    pub(super) fn reply_most(&self) -> usize {
        self.expected.iter().map(Expected::length).sum::<usize>() * 2
    }
}

/// The calls that a run of the tests makes, as far as known.
#[derive(Debug, Default)]
pub(super) struct Predicted {
    pub(super) generation: u64,
    pub(super) count: usize,
    pub(super) encoded: Vec<u8>,
    /// The first of them, by which suites are compared.
    pub(super) first: Vec<Call>,
}

/// So many of the predicted calls are kept to compare suites by.
const COMPARED_MOST: usize = 64;

/// How far the tests may trust objects that stay with a program, by what the reference solution showed; as the driver reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trust(pub(super) u64);

impl Trust {
    /// Nothing is known: what an object's methods say makes a verdict weak.
    pub(super) const UNKNOWN: Self = Self(0);
    /// Methods of objects may be called.
    pub(super) const FREE: Self = Self(1);
    /// Operators between an object and a value of the tests may be asked; the verdict is weak.
    pub(super) const MIXED: Self = Self(2);
    /// The reference solution passed its tests: what it did without, nobody needs.
    pub(super) const KNOWN: Self = Self(4);
    /// The end of a `with` may swallow an exception.
    pub(super) const SWALLOWS: Self = Self(8);
    /// Instances of classes derived from builtin ones are objects, not values only.
    pub(super) const DERIVED: Self = Self(16);

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Tests that the driver runs.
pub(super) struct TestsPlan {
    /// The order that gives the suite to a driver.
    pub(super) suite: Vec<u8>,
    pub(super) trust: Trust,
    /// What the last run needed, of [`Trust::FREE`], [`Trust::MIXED`] and the like.
    needed: AtomicU64,
    /// Why the reference solution does not pass, where it does not: then they may be judged wrongly here.
    pub(super) doubt: Option<String>,
    /// Where they only assert results, those: most programs are judged without running the tests.
    pub(super) asserted: Option<CallsPlan>,
    predicted: Mutex<Arc<Predicted>>,
    kept: Mutex<HashMap<[u8; 32], (Status, String)>>,
}

/// The most calls, and bytes of calls, that are sent ahead.
const AHEAD_MOST: (usize, usize) = (20_000, 8 << 20);

impl TestsPlan {
    pub(super) fn new(key: u64, problem: &Problem, suite: &TestSuite) -> Option<Self> {
        let entry = problem.entry_point.as_deref().unwrap_or_default();
        let mut w = Writer::default();
        w.tuple(3).int(key);
        match suite {
            TestSuite::Check { code, preamble } => {
                w.text("check").tuple(3).text(entry).text(preamble).text(code);
            }
            TestSuite::Script { setup, statements } => {
                w.text("script").tuple(4).text(entry).text(setup).strings(statements.iter().map(String::as_str));
                w.text(problem.reference.as_deref().unwrap_or_default());
            }
            _ => return None,
        }
        Some(Self {
            suite: w.frame(b'S'),
            trust: Trust::UNKNOWN,
            needed: AtomicU64::new(0),
            doubt: None,
            asserted: None,
            predicted: Mutex::default(),
            kept: Mutex::default(),
        })
    }

    pub(super) fn needs(&self, needed: u64) {
        self.needed.store(needed, Ordering::Relaxed);
    }

    pub(super) fn needed(&self) -> Trust {
        Trust(self.needed.load(Ordering::Relaxed))
    }

    pub(super) fn predicted(&self) -> Arc<Predicted> {
        Arc::clone(&self.predicted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over the calls that a run made.
    pub(super) fn learn(&self, calls: Vec<Node>) {
        let calls: Vec<Call> = calls.into_iter().map_while(Call::from_node).take(AHEAD_MOST.0).collect();
        let encoded = encode_calls(&calls);
        if encoded.len() > AHEAD_MOST.1 || calls.is_empty() {
            return;
        }
        let mut predicted = self.predicted.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = predicted.generation + 1;
        let count = calls.len();
        let first = calls.into_iter().take(COMPARED_MOST).collect();
        *predicted = Arc::new(Predicted { generation, count, encoded, first });
    }

    /// What the driver said of exactly these results before.
    pub(super) fn known(&self, results: &[u8; 32]) -> Option<(Status, String)> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(results).cloned()
    }

    pub(super) fn keep(&self, results: [u8; 32], status: Status, detail: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MOST {
            kept.clear();
        }
        kept.insert(results, (status, detail.to_owned()));
    }
}

/// How a suite is judged.
pub(super) enum Plan {
    /// Compared here.
    Calls(CallsPlan),
    /// Run by the driver.
    Tests(TestsPlan),
}

impl Plan {
    /// A verdict with what speaks against it.
    pub(super) fn doubted(&self, mut judged: Judged) -> Judged {
        if let (Self::Tests(TestsPlan { doubt: Some(why), .. }), Status::Fail | Status::Error) = (self, judged.status) {
            judged.detail = format!("{} (the reference solution does not pass either: {why})", judged.detail);
        }
        judged
    }
}

/// A problem, ready to be judged.
pub(super) struct Prepared {
    /// Names the suite to the drivers.
    pub(super) key: u64,
    pub(super) plan: Plan,
    /// Time for one sample.
    pub(super) limit: Duration,
    /// Whether a program needs more memory than the limit, as the reference solution does.
    pub(super) roomy: bool,
}

/// How many calls a suite is known to make beforehand.
pub(super) fn calls_of(suite: &TestSuite) -> usize {
    match suite {
        TestSuite::Calls { inputs, .. } => inputs.len(),
        TestSuite::Functional { cases, .. } => cases.len(),
        _ => 0,
    }
}

/// The suite that is judged: the one that is asked for, else the data set's own choice.
pub(super) fn choose<'a>(problem: &'a Problem, asked: Option<&str>) -> Result<&'a TestSuite, String> {
    let found = match asked {
        Some(name) => problem.tests.get(name),
        None => ["check", "base", "tests"].iter().find_map(|n| problem.tests.get(*n)),
    };
    let found = found
        .or_else(|| if asked.is_none() && problem.tests.len() == 1 { problem.tests.values().next() } else { None });
    match found {
        Some(TestSuite::StdinStdout { .. }) => Err("its tests are of the kind stdin-stdout, not python-tests".into()),
        Some(suite) => Ok(suite),
        None => {
            let names: Vec<&str> = problem.tests.keys().map(String::as_str).collect();
            let have = if names.is_empty() { "no tests".to_owned() } else { format!("tests {}", names.join(", ")) };
            Err(format!("problem {} has {have}, not `{}`", problem.id, asked.unwrap_or("check, base or tests")))
        }
    }
}
