//! How many requests one endpoint is given at a time.
//!
//! Grows by one for each answer until the first sign of trouble, by one for each window's worth of answers after it, and only while
//! the window is full and latency holds. Shrinks by a factor that depends on the trouble, at most once in the time of an answer;
//! trouble without an answer in between says no more about load than its worst moment, so it counts as one cut once answers come.

use std::time::Duration;

use tokio::time::Instant;

/// Latencies up to this many times the quietest are not queueing: batching servers slow down that much and still do more in total.
const TOLERATED: f64 = 3.0;
/// Below this nobody queues noticeably.
const UNNOTICED: f64 = 0.05;
/// Answers averaged for one reading of the latency.
const READING: u32 = 16;

#[derive(Debug)]
pub(super) struct Window {
    limit: f64,
    most: f64,
    /// No trouble yet: grow fast.
    fresh: bool,
    last_cut: Option<Instant>,
    /// The limit at the last answer, and the smallest factor of a cut since.
    steady: f64,
    deepest: f64,
    /// Seconds for an answer and for a token, lowest reading so far.
    quiet: Option<f64>,
    sum: f64,
    answers: u32,
    /// The last reading.
    recent: f64,
    latency: f64,
}

impl Window {
    pub(super) fn new(start: usize) -> Self {
        Self {
            limit: start.max(1) as f64,
            most: f64::INFINITY,
            fresh: true,
            last_cut: None,
            steady: start.max(1) as f64,
            deepest: 1.0,
            quiet: None,
            sum: 0.0,
            answers: 0,
            recent: 0.0,
            latency: 0.1,
        }
    }

    /// Requests that may be under way.
    pub(super) fn limit(&self) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded, and saturates")]
        let limit = self.limit.min(self.most) as usize;
        limit.max(1)
    }

    /// Sets a ceiling that the server itself named.
    pub(super) fn cap(&mut self, most: usize) {
        self.most = most.max(1) as f64;
    }

    /// An answer came while `busy` requests were under way.
    pub(super) fn good(&mut self, latency: Duration, tokens: u32, busy: usize) {
        self.limit = self.limit.max(self.steady * self.deepest);
        let seconds = latency.as_secs_f64();
        self.latency += (seconds - self.latency) / 8.0;
        // long answers take long: what tells of queueing is the time for a token, with a few for the prompt
        self.sum += seconds / (f64::from(tokens) + 8.0);
        self.answers += 1;
        if self.answers == READING {
            self.recent = self.sum / f64::from(READING);
            self.quiet = Some(self.quiet.map_or(self.recent, |quiet| quiet.min(self.recent)));
            (self.sum, self.answers) = (0.0, 0);
        }
        let queueing = self.latency > UNNOTICED && self.quiet.is_some_and(|quiet| self.recent > quiet * TOLERATED);
        let full = busy + 1 >= self.limit();
        if full && !queueing && self.limit < self.most.min(65_536.0) {
            self.limit += if self.fresh { 1.0 } else { 1.0 / self.limit };
        }
        (self.steady, self.deepest) = (self.limit, 1.0);
    }

    fn cut(&mut self, now: Instant, factor: f64) {
        self.fresh = false;
        let pace = Duration::from_secs_f64(self.latency.clamp(0.05, 10.0));
        if self.last_cut.is_none_or(|last| now - last >= pace) {
            self.limit = (self.limit.min(self.most) * factor).max(1.0);
            self.deepest = self.deepest.min(factor);
            self.last_cut = Some(now);
        }
    }

    /// Too many requests: a bit fewer.
    pub(super) fn rate_limited(&mut self, now: Instant) {
        self.cut(now, 0.75);
    }

    /// The server can't keep up: half of them.
    pub(super) fn overloaded(&mut self, now: Instant) {
        self.cut(now, 0.5);
    }

    /// The server failed, which may have nothing to do with load.
    pub(super) fn failed(&mut self, now: Instant) {
        self.cut(now, 0.9);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(window: &mut Window, count: u32, milliseconds: u64) {
        for _ in 0..count {
            let busy = window.limit();
            window.good(Duration::from_millis(milliseconds), 32, busy);
        }
    }

    #[test]
    fn grows_fast_then_slowly_and_never_over_the_servers_own_cap() {
        let mut window = Window::new(4);
        answers(&mut window, 60, 100);
        assert_eq!(window.limit(), 64);
        window.rate_limited(Instant::now());
        assert_eq!(window.limit(), 48);
        answers(&mut window, 48, 100);
        assert_eq!(window.limit(), 48, "about one more for a window of answers");
        answers(&mut window, 5, 100);
        assert_eq!(window.limit(), 49);
        window.cap(8);
        assert_eq!(window.limit(), 8);
    }

    #[test]
    fn an_outage_counts_as_one_cut_and_trouble_among_answers_as_several() {
        let mut window = Window::new(32);
        let start = Instant::now();
        for step in 0..30 {
            window.failed(start + Duration::from_secs(20 * step));
            window.overloaded(start + Duration::from_secs(20 * step + 10));
        }
        assert_eq!(window.limit(), 1, "what is down is asked little");
        window.good(Duration::from_millis(100), 32, 1);
        assert_eq!(window.limit(), 16);
        for step in 40..43 {
            window.overloaded(start + Duration::from_secs(20 * step));
            window.good(Duration::from_millis(100), 32, 0);
        }
        assert_eq!(window.limit(), 2);
    }

    #[test]
    fn stops_growing_when_answers_queue() {
        let mut window = Window::new(8);
        answers(&mut window, 32, 100);
        let before = window.limit();
        answers(&mut window, 16, 2000);
        let queued = window.limit();
        answers(&mut window, 500, 2000);
        assert_eq!(window.limit(), queued);
        assert!(queued <= before + 17);
        answers(&mut window, 64, 100);
        assert!(window.limit() > queued);
    }

    #[test]
    fn an_idle_window_does_not_grow_and_one_burst_cuts_once() {
        let mut window = Window::new(16);
        for _ in 0..100 {
            window.good(Duration::from_millis(10), 1, 2);
        }
        assert_eq!(window.limit(), 16);
        let now = Instant::now();
        for _ in 0..10 {
            window.overloaded(now);
        }
        assert_eq!(window.limit(), 8);
        for step in 1..20 {
            window.failed(now + Duration::from_secs(20 * step));
        }
        assert!(window.limit() >= 1);
    }
}
