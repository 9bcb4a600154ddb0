//! What may be used a minute.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// A minute, and a little for clocks and networks that are not ours.
const WINDOW: Duration = Duration::from_millis(60_100);

/// Refills evenly and holds a second's worth, so that a minute's worth does not go at once; besides, no minute sees more than
/// what it may.
#[derive(Debug)]
pub(super) struct Budget {
    per_minute: f64,
    level: f64,
    at: Instant,
    /// What was booked in the last minute, the oldest first, and its sum.
    log: VecDeque<(Instant, f64)>,
    sum: f64,
    /// The number of the first booking in `log`.
    first: u64,
}

impl Budget {
    pub(super) fn new(per_minute: f64, now: Instant) -> Self {
        let per_minute = per_minute.max(1e-3);
        Self { per_minute, level: per_minute / 60.0, at: now, log: VecDeque::new(), sum: 0.0, first: 0 }
    }

    /// What was given back may lie above the brim; what flows in may not.
    fn refill(&mut self, now: Instant) {
        let per_second = self.per_minute / 60.0;
        let refilled = self.level + now.saturating_duration_since(self.at).as_secs_f64() * per_second;
        self.level = refilled.min(per_second.max(self.level));
        self.at = self.at.max(now);
        while self.log.front().is_some_and(|(at, _)| *at + WINDOW <= now) {
            self.sum -= self.log.pop_front().map_or(0.0, |(_, cost)| cost);
            self.first += 1;
        }
        if self.log.is_empty() {
            self.sum = 0.0;
        }
    }

    /// When so much may be booked if nothing is settled until then; not after `now`: at once.
    pub(super) fn ready(&mut self, cost: f64, now: Instant) -> Instant {
        self.refill(now);
        // what costs more than a second's worth waits for that, not for ever, and leaves a debt
        let missing = cost.min(self.per_minute / 60.0) - self.level - 1e-9;
        let pause = Duration::try_from_secs_f64(missing.max(0.0) / (self.per_minute / 60.0));
        let filled = now + pause.unwrap_or(Duration::from_hours(1));
        // what costs more than a minute's worth waits for an empty minute
        let mut sum = self.sum;
        let mut fits = now;
        for (at, booked) in &self.log {
            if sum + cost <= self.per_minute + 1e-6 {
                break;
            }
            sum -= booked;
            fits = *at + WINDOW;
        }
        filled.max(fits)
    }

    /// Takes so much out; the booking's number.
    pub(super) fn book(&mut self, cost: f64, now: Instant) -> u64 {
        self.refill(now);
        self.level -= cost;
        self.sum += cost;
        self.log.push_back((now, cost));
        self.first + self.log.len() as u64 - 1
    }

    /// Takes so much more out for a booking; less than nothing gives back.
    pub(super) fn correct(&mut self, number: u64, more: f64, now: Instant) {
        self.refill(now);
        self.level -= more;
        let place = number.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some((_, cost)) = place.and_then(|place| self.log.get_mut(place)) {
            *cost += more;
            self.sum += more;
        }
    }
}
