use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use super::*;

/// A service that takes its time and uses what it wants.
struct Service {
    /// Seconds for so many tokens written.
    latency: fn(f64) -> f64,
    /// Tokens that the answer to the k-th request has for each choice.
    writes: fn(u64) -> f64,
    choices: u32,
}

/// When each request was sent, in seconds, and what it used.
type Sent = Vec<(f64, f64)>;

/// Keeps `lanes` clients busy for so many minutes. Each prompt has 96 bytes and 24 tokens.
async fn drive(pace: Pace, lanes: u64, minutes: u64, service: Service) -> Sent {
    let (pace, start) = (Arc::new(pace), Instant::now());
    let end = start + Duration::from_mins(minutes);
    let mut clients = JoinSet::new();
    let number = Arc::new(AtomicU64::new(0));
    for _ in 0..lanes {
        let (pace, number) = (Arc::clone(&pace), Arc::clone(&number));
        let Service { latency, writes, choices } = service;
        clients.spawn(async move {
            let size = Size { prompt_bytes: 96, choices };
            let mut sent = Vec::new();
            loop {
                let turn = tokio::time::timeout_at(end, pace.turn(size)).await;
                let Some(booking) = turn.ok().filter(|_| Instant::now() < end) else { break };
                let written = writes(number.fetch_add(1, Ordering::Relaxed)) * f64::from(choices);
                sent.push((start.elapsed().as_secs_f64(), 24.0 + written));
                tokio::time::sleep(Duration::from_secs_f64(latency(written))).await;
                booking.settle(Used { read: 24.0, written, choices: choices as usize });
            }
            sent
        });
    }
    let mut sent: Sent = clients.join_all().await.into_iter().flatten().collect();
    sent.sort_by(|a, b| a.0.total_cmp(&b.0));
    sent
}

/// The most requests and tokens that any 60 s see.
fn worst(sent: &Sent) -> (usize, f64) {
    let windows = sent.iter().enumerate().map(|(first, (from, _))| {
        let inside = sent[first..].iter().take_while(|(at, _)| *at < from + 60.0);
        inside.fold((0, 0.0), |(count, sum), (_, used)| (count + 1, sum + used))
    });
    windows.fold((0, 0.0_f64), |most, window| (most.0.max(window.0), most.1.max(window.1)))
}

/// Tokens a minute from the given minute on.
fn rate(sent: &Sent, from: u32, to: u32) -> f64 {
    let inside = sent.iter().filter(|(at, _)| (f64::from(from) * 60.0..f64::from(to) * 60.0).contains(at));
    inside.map(|(_, used)| used).sum::<f64>() / f64::from(to - from)
}

fn tokens(per_minute: f64, most: Option<u32>) -> Pace {
    Pace::new(None, Some(per_minute), most)
}

const QUICK: fn(f64) -> f64 = |_| 0.02;
const SLOW: fn(f64) -> f64 = |_| 20.0;
/// Long answers take long, so that the short ones are known first.
const HONEST: fn(f64) -> f64 = |written| written * 0.02;

#[tokio::test(start_paused = true)]
async fn no_minute_has_more_requests_than_its_limit_and_nearly_as_many() {
    for (limit, lanes) in [(1.0, 64), (7.0, 64), (120.0, 120), (3000.0, 3000)] {
        let service = Service { latency: SLOW, writes: |_| 1.0, choices: 1 };
        let sent = drive(Pace::new(Some(limit), None, None), lanes, 4, service).await;
        assert!(worst(&sent).0 as f64 <= limit, "{:?} of {limit}", worst(&sent));
        assert!(sent.len() as f64 >= (4.0 * limit * 0.98).floor(), "{} at {limit}", sent.len());
        let first = sent.iter().filter(|(at, _)| *at < 1.0).count() as f64;
        assert!(first <= 2.0 * (limit / 60.0) + 1.0, "{first} in the first second of {limit}");
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_request_a_minute_is_one_in_two() {
    let service = Service { latency: QUICK, writes: |_| 1.0, choices: 1 };
    let sent = drive(Pace::new(Some(0.5), None, None), 3, 11, service).await;
    assert!(sent.len() == 6 && worst(&sent).0 == 1, "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn answers_of_unknown_size_keep_to_the_limit_from_the_first_minute_on() {
    for latency in [QUICK, SLOW, HONEST] {
        let sent = drive(tokens(30_000.0, None), 64, 6, Service { latency, writes: |_| 3000.0, choices: 1 }).await;
        assert!(worst(&sent).1 <= 30_000.0, "{:?} {sent:?}", worst(&sent));
        assert!(rate(&sent, 2, 6) >= 0.9 * 30_000.0, "{} {sent:?}", rate(&sent, 2, 6));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_far_below_their_bound_use_the_limit() {
    for latency in [QUICK, SLOW, HONEST] {
        let sent = drive(tokens(6000.0, Some(1000)), 64, 6, Service { latency, writes: |_| 100.0, choices: 1 }).await;
        assert!(worst(&sent).1 <= 6000.0, "{:?} {sent:?}", worst(&sent));
        assert!(rate(&sent, 2, 6) >= 0.95 * 6000.0, "{} {sent:?}", rate(&sent, 2, 6));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_of_all_sizes_go_over_it_by_a_few_at_most() {
    // nine short answers, then a long one
    let writes = |number: u64| if number % 10 == 3 { 2000.0 } else { 50.0 };
    for (latency, most) in [(QUICK, None), (SLOW, None), (SLOW, Some(4000)), (HONEST, None), (HONEST, Some(4000))] {
        let sent = drive(tokens(60_000.0, most), 128, 8, Service { latency, writes, choices: 1 }).await;
        assert!(worst(&sent).1 <= 60_000.0 + 4.0 * 2000.0, "{:?} {most:?}", worst(&sent));
        assert!(rate(&sent, 2, 8) >= 0.9 * 60_000.0, "{} {most:?}", rate(&sent, 2, 8));
    }
}

#[tokio::test(start_paused = true)]
async fn several_choices_count_each() {
    for most in [None, Some(500)] {
        let service = Service { latency: SLOW, writes: |_| 100.0, choices: 4 };
        let sent = drive(tokens(12_000.0, most), 64, 6, service).await;
        assert!(worst(&sent).1 <= 12_000.0, "{:?} with {most:?}", worst(&sent));
        assert!(rate(&sent, 2, 6) >= 0.9 * 12_000.0, "{} with {most:?}", rate(&sent, 2, 6));
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_above_the_limit_goes_alone_and_pays_its_debt() {
    for most in [None, Some(3000)] {
        let service = Service { latency: SLOW, writes: |_| 2976.0, choices: 1 };
        let sent = drive(tokens(1000.0, most), 8, 31, service).await;
        // 3,000 tokens are three minutes' worth
        assert!((10..=12).contains(&sent.len()), "{sent:?}");
        assert!(sent.windows(2).all(|pair| pair[1].0 - pair[0].0 > 150.0), "{sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_came_first_goes_first_and_who_leaves_holds_nobody_up() {
    let pace = Arc::new(Pace::new(Some(60.0), None, None));
    let start = Instant::now();
    let mut waiting = JoinSet::new();
    let mut handles = Vec::new();
    for place in 0..6 {
        let pace = Arc::clone(&pace);
        handles.push(waiting.spawn(async move {
            drop(pace.turn(Size::default()).await);
            (place, start.elapsed().as_secs())
        }));
        tokio::task::yield_now().await;
    }
    handles[1].abort();
    handles[3].abort();
    let mut order = Vec::new();
    while let Some(done) = waiting.join_next().await {
        order.extend(done);
    }
    assert_eq!(order, [(0, 0), (2, 1), (4, 2), (5, 3)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_turned_away_used_no_tokens_and_what_broke_off_did() {
    let size = Size { prompt_bytes: 0, choices: 1 };
    let second = |turned_away: bool| async move {
        let pace = tokens(600.0, Some(600));
        let start = Instant::now();
        let booking = pace.turn(size).await;
        if turned_away {
            booking.cancel();
        } else {
            drop(booking);
        }
        drop(pace.turn(size).await);
        start.elapsed().as_secs()
    };
    assert_eq!((second(true).await, second(false).await), (0, 60));
}

#[tokio::test(start_paused = true)]
async fn without_limits_nobody_waits() {
    let pace = Pace::new(None, None, None);
    let start = Instant::now();
    for _ in 0..1000 {
        pace.turn(Size { prompt_bytes: 1_000_000, choices: 9 }).await.settle(Used {
            read: 1e6,
            written: 1e9,
            choices: 9,
        });
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}
