//! Requests and tokens per minute.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Two budgets that refill evenly.
#[derive(Debug)]
pub(super) struct Pace {
    budgets: Mutex<Budgets>,
}

#[derive(Debug)]
struct Budgets {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    per_second: f64,
    most: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// Full at first with a second's worth, so that no minute sees more than its budget and that.
    fn new(per_minute: f64, now: Instant) -> Self {
        let per_second = (per_minute / 60.0).max(1e-6);
        let most = per_second.max(1.0);
        Self { per_second, most, level: most, at: now }
    }

    /// What was given back may lie above the brim; what flows in may not.
    fn refill(&mut self, now: Instant) {
        let refilled = self.level + now.saturating_duration_since(self.at).as_secs_f64() * self.per_second;
        self.level = refilled.min(self.most.max(self.level));
        self.at = self.at.max(now);
    }

    /// Gives back what a request did not use (or takes what it used beyond).
    fn give_back(&mut self, amount: f64, now: Instant) {
        self.refill(now);
        self.level += amount;
    }

    /// Takes `cost` out and says how long to wait until that is covered.
    fn take(&mut self, cost: f64, now: Instant) -> Duration {
        self.refill(now);
        self.level -= cost;
        // what costs more than the bucket holds waits for a full bucket, not for ever
        let missing = -self.level;
        Duration::try_from_secs_f64((missing / self.per_second).max(0.0)).unwrap_or(Duration::ZERO)
    }
}

impl Pace {
    pub(super) fn new(requests_per_minute: Option<f64>, tokens_per_minute: Option<f64>) -> Self {
        let now = Instant::now();
        let bucket = |rate: Option<f64>| rate.filter(|rate| *rate > 0.0).map(|rate| Bucket::new(rate, now));
        Self {
            budgets: Mutex::new(Budgets { requests: bucket(requests_per_minute), tokens: bucket(tokens_per_minute) }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Budgets> {
        self.budgets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Books a request of about so many tokens and waits for its turn.
    pub(super) async fn wait(&self, tokens: f64) {
        let pause = {
            let mut budgets = self.lock();
            let now = Instant::now();
            let requests = budgets.requests.as_mut().map_or(Duration::ZERO, |bucket| bucket.take(1.0, now));
            let tokens = budgets.tokens.as_mut().map_or(Duration::ZERO, |bucket| bucket.take(tokens, now));
            requests.max(tokens)
        };
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }

    /// Corrects an estimate once the truth is known.
    pub(super) fn settle(&self, estimated: f64, used: f64) {
        if let Some(bucket) = self.lock().tokens.as_mut() {
            bucket.give_back(estimated - used, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `step` as often as asked, waiting on a clock of its own; gives the times of all turns.
    fn turns(bucket: &mut Bucket, start: Instant, count: u32, cost: f64, used: f64) -> Vec<Duration> {
        let mut now = start;
        let mut sent = Vec::new();
        for _ in 0..count {
            now += bucket.take(cost, now);
            sent.push(now - start);
            bucket.give_back(cost - used, now);
        }
        sent
    }

    #[test]
    fn no_minute_sees_more_than_its_budget() {
        let start = Instant::now();
        let sent = turns(&mut Bucket::new(120.0, start), start, 360, 1.0, 1.0);
        for window in sent.windows(123) {
            assert!(window[122] >= window[0] + Duration::from_mins(1));
        }
        assert!((175..=181).contains(&sent[359].as_secs()), "{:?}", sent[359]);
    }

    #[test]
    fn waiting_requests_queue_one_behind_the_other() {
        let now = Instant::now();
        let mut bucket = Bucket::new(60.0, now);
        let waits: Vec<_> = (0..5).map(|_| bucket.take(1.0, now).as_secs()).collect();
        assert_eq!(waits, [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn tokens_are_booked_by_estimate_and_settled() {
        let start = Instant::now();
        let sent = turns(&mut Bucket::new(6000.0, start), start, 60, 1000.0, 100.0);
        assert!((45..=75).contains(&sent[59].as_secs()), "{:?}", sent[59]);
        let free = Pace::new(None, None);
        for _ in 0..1000 {
            free.wait(1e9).await;
            free.settle(1e9, 1.0);
        }
    }
}
