//! When to try again: what servers say about it, and the pause where they say nothing.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::HeaderMap;

/// The longest pause that a server's word is taken for.
pub const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// The pause that an answer asks for: `retry-after-ms`, `retry-after` (seconds or a date), then the reset times of spent budgets.
#[must_use]
pub fn requested_pause(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let milliseconds = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()).map(|ms| ms / 1000.0);
    let asked = milliseconds
        .and_then(seconds)
        .or_else(|| text("retry-after").and_then(|value| retry_after(value, now)))
        .or_else(|| spent_budget_reset(headers, || now));
    asked.map(|pause| pause.min(LONGEST_PAUSE))
}

fn seconds(value: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(value.max(0.0)).ok()
}

fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        return seconds(number);
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(until(date, now))
}

fn until(date: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// The time until the latest reset among the budgets whose remainder is zero. The clock is read only where there is one.
#[must_use]
pub fn spent_budget_reset(headers: &HeaderMap, now: impl Fn() -> Timestamp) -> Option<Duration> {
    let mut longest = None;
    for (name, value) in headers {
        let name = name.as_str();
        if !name.contains("ratelimit") {
            continue;
        }
        let reset = if name.starts_with("anthropic-ratelimit-") && name.ends_with("-remaining") {
            name.replace("-remaining", "-reset")
        } else if name.contains("ratelimit-remaining") {
            name.replace("ratelimit-remaining", "ratelimit-reset")
        } else {
            continue;
        };
        let spent = value.to_str().ok().and_then(|v| v.trim().parse::<f64>().ok()).is_some_and(|left| left <= 0.0);
        if !spent {
            continue;
        }
        let pause = headers.get(&reset).and_then(|v| v.to_str().ok()).and_then(|v| reset_time(v.trim(), now()));
        longest = longest.max(pause);
    }
    longest.map(|pause: Duration| pause.min(LONGEST_PAUSE))
}

/// A reset as servers write it: `1s`, `6m0s`, `250ms`, `2m59.56s`, seconds, a Unix time, or RFC 3339.
#[must_use]
pub fn reset_time(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(number) = value.parse::<f64>() {
        // a number that large is a point in time, not a span
        let second = now.as_second() as f64;
        return if number > 1e12 {
            seconds(number / 1000.0 - second)
        } else if number > 1e9 {
            seconds(number - second)
        } else {
            seconds(number)
        };
    }
    if let Ok(date) = value.parse::<Timestamp>() {
        return Some(until(date, now));
    }
    let mut total = 0.0;
    let mut rest = value;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number = rest[..digits].parse::<f64>().ok()?;
        let tail = &rest[digits..];
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        total += number
            * match &tail[..letters] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86400.0,
                _ => return None,
            };
        rest = &tail[letters..];
    }
    if value.is_empty() { None } else { seconds(total) }
}

/// The pause before attempt `attempt + 1` (counted from 1) where the server asked for none: exponential from `base`, at most
/// `most`, with `jitter` in [0, 1) spreading it over its upper half.
#[must_use]
pub fn backoff(attempt: u32, base: Duration, most: Duration, jitter: f64) -> Duration {
    let doubled = base.saturating_mul(1_u32 << attempt.saturating_sub(1).min(16)).min(most);
    doubled.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

/// A `Retry-After` date, for servers.
#[must_use]
pub fn http_date(at: Timestamp) -> Option<String> {
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn pause(pairs: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect();
        requested_pause(&headers, now())
    }

    #[test]
    fn every_way_of_saying_retry_after() {
        let ms = |n| Some(Duration::from_millis(n));
        assert_eq!(pause(&[("retry-after", "2")]), ms(2000));
        assert_eq!(pause(&[("retry-after", "0.25")]), ms(250));
        assert_eq!(pause(&[("retry-after", "Mon, 23 Nov 2026 12:00:07 GMT")]), ms(7000));
        assert_eq!(pause(&[("retry-after", "Mon, 23 Nov 2026 11:00:07 GMT")]), ms(0));
        assert_eq!(pause(&[("retry-after", "9"), ("retry-after-ms", "120")]), ms(120));
        assert_eq!(pause(&[("retry-after", "soon")]), None);
        assert_eq!(pause(&[("retry-after", "999999")]), Some(LONGEST_PAUSE));
        assert_eq!(pause(&[("retry-after", "-3")]), ms(0));
        assert_eq!(pause(&[("retry-after", "nan")]), ms(0));
        assert_eq!(pause(&[]), None);
    }

    #[test]
    fn resets_count_only_for_spent_budgets() {
        let openai = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "1.5s"),
            ("x-ratelimit-remaining-tokens", "900"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ];
        assert_eq!(pause(&openai), Some(Duration::from_millis(1500)));
        let anthropic = [
            ("anthropic-ratelimit-output-tokens-remaining", "0"),
            ("anthropic-ratelimit-output-tokens-reset", "2026-11-23T12:00:30Z"),
        ];
        assert_eq!(pause(&anthropic), Some(Duration::from_secs(30)));
    }

    #[test]
    fn reset_times_as_seen_in_the_wild() {
        let seconds = |text| reset_time(text, now()).map(|d| d.as_secs_f64());
        assert_eq!(seconds("1s"), Some(1.0));
        assert_eq!(seconds("6m0s"), Some(360.0));
        assert_eq!(seconds("250ms"), Some(0.25));
        assert_eq!(seconds("2m59.56s"), Some(179.56));
        assert_eq!(seconds("1h2m"), Some(3720.0));
        assert_eq!(seconds("12"), Some(12.0));
        let soon = (now().as_second() + 5).to_string();
        assert_eq!(reset_time(&soon, now()), Some(Duration::from_secs(5)));
        assert_eq!(seconds("5 parsecs"), None);
        assert_eq!(seconds(""), None);
    }

    #[test]
    fn backoff_doubles_is_capped_and_jittered() {
        let base = Duration::from_millis(500);
        let most = Duration::from_secs(30);
        assert_eq!(backoff(1, base, most, 1.0), base);
        assert_eq!(backoff(3, base, most, 1.0), base * 4);
        assert_eq!(backoff(3, base, most, 0.0), base * 2);
        assert_eq!(backoff(60, base, most, 1.0), most);
    }

    #[test]
    fn a_date_survives_the_round_trip() {
        let date = http_date(now()).unwrap();
        assert_eq!(retry_after(&date, now()), Some(Duration::ZERO));
    }
}
