//! From what a candidate sends to a verdict of the trusted driver, which runs the tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::child::{Line, Stop};
use super::prepared::{Predicted, TestsPlan};
use super::servers::{Driver, Fault};
use super::wire::{self, Node, Writer};
use super::worker::{Ahead, Broken, Judged, Talk, Worker, job};
use crate::domain::Status;

/// Live calls that are answered after a candidate's end before its driver is given up.
const LOOSE_ENDS: u32 = 1000;
/// A program that takes longer is looked at before all its results are in.
const SLOW: Duration = Duration::from_millis(20);
/// Driver runs before it is replaced.
const RUNS_MOST: u32 = 5000;

/// A longer frame of an exception, or of a reason, is not read.
const REASON_MOST: usize = 1 << 20;

/// What a candidate raised.
pub(super) struct Raised {
    class: String,
    text: String,
    line: Option<i64>,
}

impl Raised {
    pub(super) fn unknown(class: &str) -> Self {
        Self { class: class.to_owned(), text: String::new(), line: None }
    }

    /// The same with words in front that tell where.
    pub(super) fn at(self, place: &str) -> Self {
        Self { class: format!("{place}{}", self.class), ..self }
    }

    pub(super) fn is_memory(&self) -> bool {
        self.class.ends_with("MemoryError")
    }

    pub(super) fn shown(&self) -> String {
        let place = self.line.map(|l| format!(" (line {l} of the program)")).unwrap_or_default();
        let text = if self.text.is_empty() { String::new() } else { format!(": {}", self.text) };
        format!("{}{text}{place}", self.class)
    }

    /// Running out of memory, processes, descriptors or disk is a limit, everything else an error of the program.
    fn status(&self) -> Status {
        let used_up = ["[Errno 11]", "[Errno 12]", "[Errno 24]", "[Errno 27]", "[Errno 28]"];
        let spent = used_up.iter().any(|word| self.text.starts_with(word)) || self.text == "can't start new thread";
        if self.class == "MemoryError" || spent { Status::Limit } else { Status::Error }
    }
}

fn reason(data: &[u8]) -> Option<Node> {
    if data.len() > REASON_MOST { None } else { Node::read(data) }
}

/// Why a result cannot leave its process.
pub(super) fn unsupported(data: &[u8]) -> String {
    reason(data).map(|node| node.text().to_owned()).unwrap_or_default()
}

/// Reads the frame of an exception.
pub(super) fn exception(data: &[u8]) -> Option<Raised> {
    let items = reason(data)?.items();
    let [chain, text, line, _] = items.as_slice() else { return None };
    let Node::Items(chain) = chain else { return None };
    let Some(Node::Items(first)) = chain.first() else { return None };
    Some(Raised { class: first.get(1)?.text().to_owned(), text: text.text().to_owned(), line: line.int() })
}

pub(super) fn raised(data: &[u8], whence: &str) -> Judged {
    match exception(data) {
        Some(e) => Judged::new(e.status(), format!("{whence}{}", e.shown())),
        None => Judged::new(Status::Error, format!("{whence}an exception")),
    }
}

/// A frame that ends a candidate's tests whatever they are.
pub(super) fn end_of_tests(kind: u8, data: &[u8]) -> Judged {
    match kind {
        b'l' => raised(data, "while loading: "),
        b'o' => Judged::new(Status::Limit, "it printed too much"),
        _ => Judged::new(Status::Error, "it sent something strange"),
    }
}

impl Worker {
    pub(super) fn run_tests(
        &mut self,
        key: u64,
        plan: &TestsPlan,
        program: &str,
        ahead: Ahead,
        line: &mut Line,
    ) -> Result<Talk, Broken> {
        let predicted = plan.predicted();
        let nothing = Writer::default().list(0).0.clone();
        let (calls, count) = match ahead {
            Ahead::Predicted if predicted.count > 0 => (&predicted.encoded, predicted.count),
            _ => (&nothing, 0),
        };
        self.begin(line, &job(program, calls, true, self.shared.setup.limits.output_bytes))?;
        self.ahead = (count > 0).then(|| Arc::clone(&predicted));
        let mut results = Vec::with_capacity(count);
        let (begin, mut patience, mut looked_at) = (Instant::now(), SLOW, 0);
        loop {
            self.right = results.len();
            if results.len() > looked_at && (begin.elapsed() > patience || line.is_quiet(patience)) {
                looked_at = results.len();
                if let Some(judged) = self.look_ahead(key, plan, &predicted, &results)? {
                    return Ok(Talk::Judged(judged));
                }
                patience = begin.elapsed() * 2;
                continue;
            }
            match line.receive()? {
                (b'd', _) => break,
                (kind @ (b'v' | b'e' | b'V' | b'E' | b'x' | b'u'), data)
                    if results.len() < count && wire::check(&data) =>
                {
                    results.push((kind, data));
                }
                (kind, data) => return Ok(Talk::Judged(end_of_tests(kind, &data))),
            }
        }
        let order = run_order(key, plan, &results);
        let whole = count > 0 && results.len() == count;
        let digest = *blake3::hash(&order.0).as_bytes();
        if let (true, Some((status, detail))) = (whole, plan.known(&digest)) {
            return Ok(Talk::Judged(Judged::new(status, detail)));
        }
        if let Some(problem) = self.give_suite(key, plan, predicted.generation, &predicted.encoded)? {
            return Ok(Talk::Judged(Judged::new(Status::Unjudged, format!("the tests do not compile: {problem}"))));
        }
        let answer = self.drive(&order, Some(line))?;
        let Some(answer) = answer else {
            self.driver = None;
            return Ok(Talk::Judged(Judged::new(Status::Timeout, "the tests did not come to an end on its results")));
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(message) => {
                let detail = format!("its results cannot be handed to the tests: {message}");
                return Ok(Talk::Judged(Judged::new(Status::Error, detail)));
            }
        };
        let Told { status, detail, live, weak, calls, needed } = answer;
        plan.needs(needed);
        let status = match status.as_str() {
            "pass" => Status::Pass,
            "fail" => Status::Fail,
            "limit" => Status::Limit,
            "cannot" => {
                // where the reference came through, it is the program's doing
                let status = if predicted.count > 0 { Status::Error } else { Status::Unjudged };
                let detail = format!("the tests hand over {detail}, which cannot leave their process");
                return Ok(Talk::Judged(Judged::new(status, detail)));
            }
            "diverged" => return Ok(Talk::Diverged),
            _ => Status::Error,
        };
        // only a run without calls ahead shows which calls hand results on
        if live && count == 0 && (status == Status::Pass || predicted.count == 0) && calls.len() > predicted.count {
            plan.learn(calls);
        }
        if whole && !live && !weak {
            plan.keep(digest, status, &detail);
        }
        Ok(Talk::Judged(Judged { weak, ..Judged::new(status, detail) }))
    }

    /// The verdict, where a slow program's first results are wrong already: the tests would not have called it again.
    fn look_ahead(
        &mut self,
        key: u64,
        plan: &TestsPlan,
        predicted: &Predicted,
        results: &[Sent],
    ) -> Result<Option<Judged>, Broken> {
        if self.give_suite(key, plan, predicted.generation, &predicted.encoded)?.is_some() {
            return Ok(None);
        }
        match self.drive(&run_order(key, plan, results), None) {
            Ok(Some(Ok(told))) if told.status == "fail" && !told.live && !told.weak => {
                Ok(Some(Judged::new(Status::Fail, told.detail)))
            }
            // they want more of it
            Ok(Some(_)) | Err(Broken::Stop(_)) => Ok(None),
            Ok(None) => {
                self.driver = None;
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Sees to it that there is a driver and that it has the suite and its predictions; says why it cannot take the suite.
    pub(super) fn give_suite(
        &mut self,
        key: u64,
        plan: &TestsPlan,
        generation: u64,
        calls: &[u8],
    ) -> Result<Option<String>, Broken> {
        if self.driver.as_ref().is_some_and(|d| d.served >= RUNS_MOST) {
            self.driver = None;
        }
        let driver = match &mut self.driver {
            Some(driver) => driver,
            none => none.insert(Driver::start(&self.shared.setup)?),
        };
        let known = driver.suites.get(&key).copied();
        if known.is_none() {
            if let (b'F', why) = driver.ask(&plan.suite)? {
                return Ok(Some(Node::read(&why).map(|n| n.text().to_owned()).unwrap_or_default()));
            }
            driver.suites.insert(key, 0);
        }
        if generation > 0 && known != Some(generation) {
            let mut w = Writer::default();
            w.tuple(2).int(key).raw(calls);
            driver.ask(&w.frame(b'P'))?;
            driver.suites.insert(key, generation);
        }
        Ok(None)
    }

    /// Lets the driver run the tests and answers its live calls, where there is a line to the program; `None` when it found no end.
    fn drive(&mut self, order: &Writer, mut line: Option<&mut Line>) -> Result<Option<Result<Told, String>>, Broken> {
        let limit = self.shared.setup.limits.timeout;
        let Some(driver) = &mut self.driver else { return Ok(None) };
        driver.served += 1;
        driver.line.rewind(limit * 4 + Duration::from_secs(10));
        driver.line.send(&order.frame(b'T')).map_err(|_error| Fault::Driver)?;
        let mut stopped = None;
        let mut loose = 0;
        loop {
            let (kind, data) = match driver.line.receive() {
                Ok(frame) => frame,
                Err(Stop::Timeout) => return Ok(None),
                Err(_) => return Err(Fault::Driver.into()),
            };
            match (kind, stopped) {
                // a call, or what came of one that the program made
                (b'C' | b'v' | b'e' | b'x', None) => match passed_on(line.as_deref_mut(), kind, &data) {
                    Ok(frame) => driver.line.send(&frame).map_err(|_error| Fault::Driver)?,
                    Err(stop) => {
                        stopped = Some(stop);
                        driver.line.send(&gone()).map_err(|_error| Fault::Driver)?;
                    }
                },
                (b'C' | b'v' | b'e' | b'x', Some(stop)) => {
                    loose += 1;
                    if loose > LOOSE_ENDS {
                        self.driver = None;
                        return Err(stop.into());
                    }
                    driver.line.send(&gone()).map_err(|_error| Fault::Driver)?;
                }
                (_, Some(stop)) => return Err(stop.into()),
                (b'F', None) => {
                    driver.suites.clear();
                    return Ok(Some(Err(Node::read(&data).map(|n| n.text().to_owned()).unwrap_or_default())));
                }
                (_, None) => {
                    return Ok(Some(Told::read(&data).ok_or_else(|| "a strange answer".into())));
                }
            }
        }
    }
}

/// A frame of the program: its kind and payload.
type Sent = (u8, Vec<u8>);

/// The order to run a suite on these results.
fn run_order(key: u64, plan: &TestsPlan, results: &[Sent]) -> Writer {
    let mut order = Writer::default();
    order.tuple(3).int(key).list(results.len());
    for (kind, data) in results {
        order.tuple(2).bytes(&[*kind]).bytes(data);
    }
    order.int(plan.trust.0);
    order
}

/// What the driver says of a run.
struct Told {
    status: String,
    detail: String,
    live: bool,
    weak: bool,
    calls: Vec<Node>,
    needed: u64,
}

impl Told {
    fn read(data: &[u8]) -> Option<Self> {
        let items = Node::read(data)?.items();
        let [status, detail, live, weak, calls, needed] = <[Node; 6]>::try_from(items).ok()?;
        let needed = u64::try_from(needed.int()?).ok()?;
        let (live, weak) = (live.is_true(), weak.is_true());
        let (status, detail) = (status.text().to_owned(), detail.text().to_owned());
        Some(Self { status, detail, live, weak, calls: calls.items(), needed })
    }
}

/// Hands the candidate what the driver says; what comes back, a result or a call of its own, is checked before it is passed on.
fn passed_on(line: Option<&mut Line>, kind: u8, said: &[u8]) -> Result<Vec<u8>, Stop> {
    let line = line.ok_or(Stop::Closed)?;
    let mut w = Writer::default();
    line.send(&w.raw(said).frame(kind))?;
    match line.receive()? {
        (kind @ (b'v' | b'e' | b'V' | b'E' | b'x' | b'u' | b'k'), data) if wire::check(&data) => {
            Ok(Writer(data).frame(kind))
        }
        _ => Err(Stop::Flood),
    }
}

/// What a driver hears when the candidate is no more.
fn gone() -> Vec<u8> {
    let mut w = Writer::default();
    w.text("nothing: it has ended");
    w.frame(b'u')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_forges_as_an_exception_is_not_read_at_any_length() {
        let frame = |length: usize| {
            let mut w = Writer::default();
            w.tuple(4).list(1).tuple(2).text("builtins").text("ValueError").text(&"x".repeat(length)).int(3).list(0);
            w.0
        };
        assert_eq!(exception(&frame(1000)).map(|e| (e.class, e.line)), Some(("ValueError".into(), Some(3))));
        assert!(exception(&frame(REASON_MOST)).is_none());
        let mut w = Writer::default();
        assert_eq!(unsupported(&w.text("a socket").0), "a socket");
        assert_eq!(unsupported(&w.text(&"x".repeat(REASON_MOST)).0), "");
    }
}
