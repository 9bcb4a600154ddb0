//! Who may ask which endpoint when: load balancing, concurrency that adapts, pauses, and circuits that open.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::window::Window;

/// Failures in a row, of any kind, after which an endpoint is left alone for a while.
const FAILURES_TO_OPEN: u32 = 10;
/// The same for connections that can't be made.
const REFUSALS_TO_OPEN: u32 = 3;
const FIRST_BREAK: Duration = Duration::from_millis(500);
const LONGEST_BREAK: Duration = Duration::from_secs(10);
/// Pauses longer than this are told.
const TELLING_PAUSE: Duration = Duration::from_secs(5);
/// An endpoint that never answered is given up sooner.
const FIRST_CONTACT: Duration = Duration::from_secs(10);
/// Requests that an endpoint gets one by one as long as none was answered: each may find a parameter that is refused.
const TRIALS: u32 = 16;
/// What is under way for so long is being answered: refusals come at once.
const TRIAL_TIME: Duration = Duration::from_secs(2);

/// How a request ended, as far as the endpoint's health goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Health {
    /// An answer. Its latency, and how many tokens were written.
    Good { latency: Duration, tokens: u32 },
    /// The server is well; the request was not.
    Neutral,
    /// 429, and for how long.
    RateLimited(Option<Duration>),
    /// 503 or 529.
    Overloaded(Option<Duration>),
    /// Another 5xx, a broken connection, a timeout.
    Failing(String),
    /// No connection.
    Unreachable(String),
}

/// All endpoints were down for too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Down {
    pub(super) seconds: u64,
    pub(super) message: String,
}

/// Shared by all requests of a model.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    down_after: Duration,
}

#[derive(Debug)]
struct State {
    slots: Vec<Slot>,
    max: usize,
    waiters: VecDeque<oneshot::Sender<Permit>>,
    /// Where the last search began, so that ties go around.
    turn: usize,
}

#[derive(Debug)]
struct Slot {
    name: String,
    window: Window,
    in_flight: usize,
    paused_until: Option<Instant>,
    rate_limited_in_a_row: u32,
    failures_in_a_row: u32,
    refusals_in_a_row: u32,
    /// Since when nothing but failures came; with the last of them.
    failing: Option<(Instant, String)>,
    /// The length of the present break, while the circuit is open.
    open: Option<Duration>,
    answered: bool,
    /// How many more requests go one by one, and when the last of them went.
    trials: u32,
    tried_at: Option<Instant>,
}

/// The right to send one request to one endpoint.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Arc<Gate>,
    pub(super) endpoint: usize,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        state.slots[self.endpoint].in_flight -= 1;
        drop(state);
        self.gate.dispatch();
    }
}

impl Slot {
    fn new(name: String, start: usize) -> Self {
        Self {
            name,
            window: Window::new(start),
            in_flight: 0,
            paused_until: None,
            rate_limited_in_a_row: 0,
            failures_in_a_row: 0,
            refusals_in_a_row: 0,
            failing: None,
            open: None,
            answered: false,
            trials: TRIALS,
            tried_at: None,
        }
    }

    /// When the request that is being tried counts as answered, as long as there is one.
    fn trial_ends(&self, now: Instant) -> Option<Instant> {
        let end = self.tried_at? + TRIAL_TIME;
        (self.in_flight > 0 && end > now).then_some(end)
    }

    /// How many requests may be under way.
    fn limit(&self, now: Instant) -> usize {
        if self.open.is_some() || self.trial_ends(now).is_some() { 1 } else { self.window.limit() }
    }

    fn free(&self, now: Instant) -> bool {
        self.in_flight < self.limit(now) && self.paused_until.is_none_or(|until| until <= now)
    }

    fn take(&mut self, now: Instant) {
        if self.in_flight == 0 {
            self.tried_at = (self.trials > 0).then_some(now);
            self.trials = self.trials.saturating_sub(1);
        }
        self.in_flight += 1;
    }

    fn pause(&mut self, now: Instant, pause: Duration) {
        self.paused_until = self.paused_until.max(Some(now + pause));
    }

    /// Notes a failure and opens the circuit where there were too many.
    fn fail(&mut self, now: Instant, message: &str) {
        let since = self.failing.take().map_or(now, |(since, _)| since);
        self.failing = Some((since, message.to_owned()));
        let next = match self.open {
            Some(length) => (length * 2).min(LONGEST_BREAK),
            None if self.failures_in_a_row >= FAILURES_TO_OPEN || self.refusals_in_a_row >= REFUSALS_TO_OPEN => {
                tracing::info!(endpoint = self.name, message, "the endpoint is down; waiting for it to come back");
                FIRST_BREAK
            }
            None => return,
        };
        // of the requests that were under way when it went down, only the first sets the break
        if self.paused_until.is_none_or(|until| until <= now) {
            self.open = Some(next);
            self.pause(now, next);
        }
    }

    fn recover(&mut self) {
        if self.open.take().is_some() {
            tracing::info!(endpoint = self.name, "the endpoint is back");
        }
        self.answered = true;
        self.failing = None;
        self.failures_in_a_row = 0;
        self.refusals_in_a_row = 0;
        self.rate_limited_in_a_row = 0;
    }

    fn note(&mut self, now: Instant, health: &Health) {
        match health {
            Health::Good { latency, tokens } => {
                self.recover();
                (self.trials, self.tried_at) = (0, None);
                let busy = self.in_flight;
                self.window.good(*latency, *tokens, busy);
            }
            Health::Neutral => self.recover(),
            Health::RateLimited(pause) => {
                self.failing = None;
                self.answered = true;
                self.rate_limited_in_a_row += 1;
                self.window.rate_limited(now);
                // one refusal among answers concerns its own request; two in a row concern all
                if let Some(pause) = pause.filter(|_| self.rate_limited_in_a_row > 1) {
                    self.pause(now, pause);
                }
            }
            Health::Overloaded(pause) => {
                // it is up and says so: requests back off by themselves for as long as they may
                self.window.overloaded(now);
                self.open = None;
                self.failing = None;
                self.refusals_in_a_row = 0;
                if let Some(pause) = pause {
                    self.pause(now, *pause);
                }
            }
            Health::Failing(message) => {
                self.window.failed(now);
                self.failures_in_a_row += 1;
                self.fail(now, message);
            }
            Health::Unreachable(message) => {
                self.window.failed(now);
                self.refusals_in_a_row += 1;
                self.fail(now, message);
            }
        }
    }
}

impl Gate {
    /// One slot for each endpoint; at most `max` requests under way over all of them.
    pub(super) fn new(names: &[String], max: usize, down_after: Duration) -> Self {
        let start = max.clamp(1, 32).div_ceil(names.len().max(1));
        let slots = names.iter().map(|name| Slot::new(name.clone(), start)).collect();
        Self { state: Mutex::new(State { slots, max: max.max(1), waiters: VecDeque::new(), turn: 0 }), down_after }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place. `avoid` is an endpoint that just failed: another is taken where one is free.
    ///
    /// # Errors
    /// Every endpoint is down for longer than allowed.
    pub(super) async fn acquire(self: &Arc<Self>, avoid: Option<usize>) -> Result<Permit, Down> {
        let mut receiver = {
            let mut state = self.lock();
            self.check_down(&state, Instant::now())?;
            if state.waiters.is_empty()
                && let Some(endpoint) = state.take(Instant::now(), avoid)
            {
                return Ok(Permit { gate: Arc::clone(self), endpoint });
            }
            let (sender, receiver) = oneshot::channel();
            state.waiters.push_back(sender);
            receiver
        };
        loop {
            self.dispatch();
            let wake = self.next_wake();
            tokio::select! {
                permit = &mut receiver => {
                    // the sender is only ever dropped together with the gate, which `self` keeps alive
                    return permit.map_err(|_closed| Down { seconds: 0, message: "the client is closed".to_owned() });
                }
                () = tokio::time::sleep_until(wake) => self.check_down(&self.lock(), Instant::now())?,
            }
        }
    }

    fn check_down(&self, state: &State, now: Instant) -> Result<(), Down> {
        let mut shortest: Option<(Duration, &str)> = None;
        for slot in &state.slots {
            let Some((since, message)) = slot.failing.as_ref().filter(|_| slot.open.is_some()) else { return Ok(()) };
            let patience = if slot.answered { self.down_after } else { self.down_after.min(FIRST_CONTACT) };
            let time = now - *since;
            if time < patience {
                return Ok(());
            }
            if shortest.is_none_or(|(known, _)| time < known) {
                shortest = Some((time, message));
            }
        }
        shortest.map_or(Ok(()), |(time, message)| Err(Down { seconds: time.as_secs(), message: message.to_owned() }))
    }

    /// When waiting may end by the clock alone.
    fn next_wake(&self) -> Instant {
        let state = self.lock();
        let now = Instant::now();
        let pauses = state.slots.iter().filter_map(|slot| slot.paused_until).filter(|until| *until > now);
        let trials = state.slots.iter().filter_map(|slot| slot.trial_ends(now));
        pauses.chain(trials).min().unwrap_or(now + Duration::from_secs(1)).min(now + Duration::from_secs(1))
    }

    /// Hands free places to those who wait.
    fn dispatch(self: &Arc<Self>) {
        loop {
            let mut state = self.lock();
            while state.waiters.front().is_some_and(oneshot::Sender::is_closed) {
                state.waiters.pop_front();
            }
            if state.waiters.is_empty() {
                return;
            }
            let Some(endpoint) = state.take(Instant::now(), None) else { return };
            let waiter = state.waiters.pop_front();
            drop(state);
            let permit = Permit { gate: Arc::clone(self), endpoint };
            // who left in between gives the place back by dropping it
            if let Some(waiter) = waiter {
                drop(waiter.send(permit));
            }
        }
    }

    /// Notes how a request went. Call it before the permit is dropped.
    pub(super) fn note(&self, permit: &Permit, health: &Health) {
        let now = Instant::now();
        self.lock().slots[permit.endpoint].note(now, health);
    }

    /// Leaves an endpoint alone for a while: its budget is spent.
    pub(super) fn pause(&self, permit: &Permit, pause: Duration) {
        self.lock().slots[permit.endpoint].pause(Instant::now(), pause);
    }

    /// Sets the ceiling over all endpoints.
    pub(super) fn set_max(self: &Arc<Self>, max: usize) {
        self.lock().max = max.max(1);
        self.dispatch();
    }

    /// Caps one endpoint, whatever its latency says.
    pub(super) fn cap(&self, endpoint: usize, most: usize) {
        self.lock().slots[endpoint].window.cap(most);
    }

    /// Which endpoint is down or holds requests back for long, and why; the same words as long as it lasts.
    pub(super) fn trouble(&self) -> Option<String> {
        let now = Instant::now();
        let state = self.lock();
        state.slots.iter().find_map(|slot| {
            if slot.open.is_some() {
                let (_, message) = slot.failing.as_ref()?;
                return Some(format!("{} is down ({message}); waiting for it to come back", slot.name));
            }
            let pause = slot.paused_until?.saturating_duration_since(now);
            (pause > TELLING_PAUSE).then(|| format!("{} asked for a pause; waiting", slot.name))
        })
    }

    /// Requests under way, and how many may be.
    pub(super) fn load(&self) -> (usize, usize) {
        let (state, now) = (self.lock(), Instant::now());
        let in_flight = state.slots.iter().map(|slot| slot.in_flight).sum();
        let limit: usize = state.slots.iter().map(|slot| slot.limit(now)).sum();
        (in_flight, limit.min(state.max))
    }
}

impl State {
    /// The endpoint with the fewest requests under way that is free. Windows only cap: shares that followed them would keep an
    /// endpoint that was in trouble small, since its window grows only when it is full.
    fn take(&mut self, now: Instant, avoid: Option<usize>) -> Option<usize> {
        let in_flight: usize = self.slots.iter().map(|slot| slot.in_flight).sum();
        if in_flight >= self.max {
            return None;
        }
        let count = self.slots.len();
        self.turn = (self.turn + 1) % count;
        let order = (0..count).map(|step| (self.turn + step) % count);
        let free = order.filter(|&index| self.slots[index].free(now));
        let best = free.min_by_key(|&index| (Some(index) == avoid, self.slots[index].in_flight))?;
        self.slots[best].take(now);
        Some(best)
    }
}

#[cfg(test)]
mod tests;
