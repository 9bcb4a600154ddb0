//! Requests and tokens per minute.
//!
//! Requests stand in line, and the first one goes when both budgets have room for it. It counts with what it is expected to use,
//! which is learnt from answers, until it is settled with what it used. Short answers come first: those that come before the
//! answers to earlier requests are kept back, or else what is learnt and given back would leave the long ones out.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

mod budget;
#[cfg(test)]
mod tests;

use budget::Budget;

/// What a choice is expected to write as long as nothing is known.
const UNKNOWN: f64 = 512.0;
/// Answers over which means are taken.
const MEMORY: u32 = 1024;
/// Answers after which they are relied on.
const ENOUGH: u32 = 64;
/// Before that, requests that may rely on what one answer used. Beyond them a request counts with all that it may use;
const TRUST: usize = 2;
/// where there is no such limit, one goes from time to time.
const TRICKLE: Duration = Duration::from_secs(10);

/// How large a request is, as far as that is known before it is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Size {
    pub(super) prompt_bytes: usize,
    pub(super) choices: u32,
}

/// What an answer used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Used {
    pub(super) read: f64,
    pub(super) written: f64,
    pub(super) choices: usize,
}

/// Two budgets and the line before them.
#[derive(Debug)]
pub(super) struct Pace {
    line: Semaphore,
    settled: Notify,
    /// `None`: no limits.
    state: Option<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    requests: Option<Budget>,
    tokens: Option<Budget>,
    /// The most tokens that a choice may have, where there is a limit.
    most: Option<f64>,
    /// What counts with an expectation, in the order of sending, and the booking's number of the first.
    expected: VecDeque<Expected>,
    first: u64,
    last_sent: Option<Instant>,
    answers: u32,
    /// Means of what answers used, and the variance of the first of them.
    written_a_choice: f64,
    variance: f64,
    read_a_byte: f64,
}

#[derive(Debug)]
struct Expected {
    size: Size,
    tokens: f64,
    end: Option<End>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
enum End {
    Answered(Used),
    TurnedAway,
    /// It may have used what was expected.
    BrokenOff,
}

impl State {
    /// Tokens that a request counts with, and when it may go if nothing is settled until then.
    fn ready(&mut self, size: Size, now: Instant) -> (f64, Instant) {
        let requests = self.requests.as_mut().map_or(now, |budget| budget.ready(1.0, now));
        let Some(budget) = &mut self.tokens else { return (0.0, requests) };
        let known = self.answers >= ENOUGH || self.expected.len() <= TRUST * self.answers as usize;
        // a standard error more than the mean: what counts too little is found out when it is too late
        let cautious = self.written_a_choice + (self.variance / f64::from(self.answers.clamp(1, MEMORY))).sqrt();
        let (written, patience) = match (known, self.most) {
            (true, _) => (cautious, None),
            (false, Some(most)) => (most, None),
            (false, None) => (cautious, self.last_sent.map(|sent| sent + TRICKLE)),
        };
        let tokens = size.prompt_bytes as f64 * self.read_a_byte + written * f64::from(size.choices);
        (tokens, budget.ready(tokens, now).max(requests).max(patience.unwrap_or(now)))
    }

    /// Books a request; the number of its tokens.
    fn book(&mut self, size: Size, tokens: f64, now: Instant) -> Option<u64> {
        if let Some(budget) = &mut self.requests {
            budget.book(1.0, now);
        }
        self.last_sent = Some(now);
        let number = self.tokens.as_mut()?.book(tokens, now);
        self.expected.push_back(Expected { size, tokens, end: None });
        Some(number)
    }

    fn settle(&mut self, number: u64, end: End, now: Instant) {
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some(expected) = place.and_then(|place| self.expected.get_mut(place)) {
            expected.end = Some(end);
        }
        while let Some(&Expected { size, tokens, end: Some(end) }) = self.expected.front() {
            let more = match end {
                End::Answered(used) => {
                    self.learn(size, used);
                    used.read + used.written - tokens
                }
                End::TurnedAway => -tokens,
                End::BrokenOff => 0.0,
            };
            if let Some(budget) = &mut self.tokens {
                budget.correct(self.first, more, now);
            }
            self.expected.pop_front();
            self.first += 1;
        }
    }

    fn learn(&mut self, size: Size, used: Used) {
        self.answers = self.answers.saturating_add(1);
        let weight = 1.0 / f64::from(self.answers.min(MEMORY));
        let written = used.written / used.choices.max(1) as f64;
        let before = if self.answers == 1 { written } else { self.written_a_choice };
        self.written_a_choice += (written - self.written_a_choice) * weight;
        self.variance += ((written - before) * (written - self.written_a_choice) - self.variance) * weight;
        self.read_a_byte += (used.read / (size.prompt_bytes.max(1) as f64) - self.read_a_byte) * weight;
    }
}

impl Pace {
    /// `most`: the most tokens that a choice may have, where there is a limit.
    pub(super) fn new(requests_per_minute: Option<f64>, tokens_per_minute: Option<f64>, most: Option<u32>) -> Self {
        let now = Instant::now();
        let budget = |rate: Option<f64>| rate.filter(|rate| *rate > 0.0).map(|rate| Budget::new(rate, now));
        let (requests, tokens) = (budget(requests_per_minute), budget(tokens_per_minute));
        let most = most.map(f64::from);
        let state = State {
            most,
            expected: VecDeque::new(),
            first: 0,
            last_sent: None,
            answers: 0,
            written_a_choice: most.unwrap_or(UNKNOWN),
            variance: 0.0,
            read_a_byte: 0.25,
            requests,
            tokens,
        };
        let limited = state.requests.is_some() || state.tokens.is_some();
        Self { line: Semaphore::new(1), settled: Notify::new(), state: limited.then(|| Mutex::new(state)) }
    }

    fn lock(&self) -> Option<MutexGuard<'_, State>> {
        self.state.as_ref().map(|state| state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for the turn of a request that waits for nothing else.
    pub(super) async fn turn(&self, size: Size) -> Booking<'_> {
        let _first = self.stand_in_line().await;
        loop {
            self.room(size).await;
            if let Some(booking) = self.book(size) {
                return booking;
            }
        }
    }

    /// Waits to be the first in line; the others wait for the end of what is given. `None`: there is no line.
    pub(super) async fn stand_in_line(&self) -> Option<SemaphorePermit<'_>> {
        self.state.as_ref()?;
        // it is never closed
        self.line.acquire().await.ok()
    }

    /// Waits until there is room for a request; only for the first in line.
    pub(super) async fn room(&self, size: Size) {
        loop {
            let ready = {
                let Some(mut state) = self.lock() else { return };
                let now = Instant::now();
                let (_, ready) = state.ready(size, now);
                if ready <= now {
                    return;
                }
                ready
            };
            tokio::select! {
                () = tokio::time::sleep_until(ready) => {}
                () = self.settled.notified() => {}
            }
        }
    }

    /// Books a request that is sent now; `None`: there is no room any more.
    pub(super) fn book(&self, size: Size) -> Option<Booking<'_>> {
        let mut booking = Booking { pace: self, number: None };
        if let Some(mut state) = self.lock() {
            let now = Instant::now();
            let (tokens, ready) = state.ready(size, now);
            if ready > now {
                return None;
            }
            booking.number = state.book(size, tokens, now);
        }
        Some(booking)
    }

    fn settle(&self, number: u64, end: End) {
        if let Some(mut state) = self.lock() {
            state.settle(number, end, Instant::now());
        }
        self.settled.notify_one();
    }
}

/// A request under way. Dropped without a word, it has used what was expected.
#[derive(Debug)]
pub(super) struct Booking<'a> {
    pace: &'a Pace,
    number: Option<u64>,
}

impl Booking<'_> {
    /// It was answered.
    pub(super) fn settle(self, used: Used) {
        self.end(End::Answered(used));
    }

    /// It was turned away.
    pub(super) fn cancel(self) {
        self.end(End::TurnedAway);
    }

    fn end(mut self, end: End) {
        if let Some(number) = self.number.take() {
            self.pace.settle(number, end);
        }
    }
}

impl Drop for Booking<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number.take() {
            self.pace.settle(number, End::BrokenOff);
        }
    }
}
