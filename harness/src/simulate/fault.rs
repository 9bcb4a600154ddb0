//! How a simulated endpoint is slow, fails, and differs from others.

use std::str::FromStr;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal};

/// The time an answer takes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Latency {
    /// None.
    #[default]
    None,
    /// Always the same.
    Fixed(Duration),
    /// Log-normal: median, and the standard deviation of its logarithm.
    LogNormal(Duration, f64),
}

impl FromStr for Latency {
    type Err = String;

    /// `50ms`, `1.5s`, or `lognormal:200ms,0.5` (median and sigma).
    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is no latency: write 50ms, 1.5s, or lognormal:200ms,0.5");
        let duration = |text: &str| {
            let (number, scale) = match text.trim().strip_suffix("ms") {
                Some(number) => (number, 0.001),
                None => (text.trim().strip_suffix('s').ok_or_else(form)?, 1.0),
            };
            let number: f64 = number.trim().parse().ok().ok_or_else(form)?;
            Duration::try_from_secs_f64(number * scale).ok().ok_or_else(form)
        };
        match text.strip_prefix("lognormal:") {
            Some(rest) => {
                let (median, sigma) = rest.split_once(',').ok_or_else(form)?;
                let sigma: f64 = sigma.trim().parse().ok().ok_or_else(form)?;
                if !(0.0..=10.0).contains(&sigma) {
                    return Err(form());
                }
                Ok(Self::LogNormal(duration(median)?, sigma))
            }
            None if text == "0" => Ok(Self::None),
            None => duration(text).map(Self::Fixed),
        }
    }
}

/// Failures, each with its probability for one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// Time until the answer.
    pub latency: Latency,
    /// 429 with `Retry-After`.
    pub rate_limited: f64,
    /// What `Retry-After` says.
    pub retry_after: Duration,
    /// 500.
    pub server_error: f64,
    /// 529.
    pub overloaded: f64,
    /// The connection is closed before the answer.
    pub dropped: f64,
    /// The connection is closed in the middle of the answer.
    pub truncated: f64,
    /// The text is cut in half with finish_reason `length`; decided by the choice's seed.
    pub length: f64,
    /// The text is empty; decided by the choice's seed.
    pub empty: f64,
    /// Fixes the draws.
    pub seed: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            latency: Latency::None,
            rate_limited: 0.0,
            retry_after: Duration::from_secs(1),
            server_error: 0.0,
            overloaded: 0.0,
            dropped: 0.0,
            truncated: 0.0,
            length: 0.0,
            empty: 0.0,
            seed: 0,
        }
    }
}

/// Ways in which real servers differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "switches that do not exclude each other")]
pub struct Quirks {
    /// The key that is required.
    pub api_key: Option<String>,
    /// `n` above this is refused with 400.
    pub n_limit: Option<u32>,
    /// `n` is passed over: always one choice.
    pub n_ignored: bool,
    /// The seed is passed over: every answer to a prompt is the same.
    pub seed_ignored: bool,
    /// Fields that are refused with 400 as OpenAI does.
    pub refused: Vec<String>,
    /// Choices come in reverse.
    pub reversed: bool,
    /// The usage counts the first choice only, as llama.cpp's does.
    pub usage_of_one: bool,
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Answer,
    RateLimited,
    ServerError,
    Overloaded,
    Dropped,
    Truncated,
}

impl Faults {
    /// The fate and the latency of the request with this number.
    pub(super) fn draw(&self, number: u64) -> (Fate, Duration) {
        let total = self.rate_limited + self.server_error + self.overloaded + self.dropped + self.truncated;
        if total <= 0.0 && !matches!(self.latency, Latency::LogNormal(..)) {
            return (Fate::Answer, self.latency.at(0.5));
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(number);
        let latency = self.latency.at(unit(&mut random));
        let mut left = unit(&mut random);
        let fates = [
            (self.rate_limited, Fate::RateLimited),
            (self.server_error, Fate::ServerError),
            (self.overloaded, Fate::Overloaded),
            (self.dropped, Fate::Dropped),
            (self.truncated, Fate::Truncated),
        ];
        for (probability, fate) in fates {
            left -= probability;
            if left < 0.0 {
                return (fate, latency);
            }
        }
        (Fate::Answer, latency)
    }

    /// Whether the choice with this seed is cut, and whether it is empty.
    pub(super) fn spoil(&self, seed: u64) -> (bool, bool) {
        if self.length <= 0.0 && self.empty <= 0.0 {
            return (false, false);
        }
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ 0x5eed_0bad);
        random.set_stream(seed);
        (unit(&mut random) < self.length, unit(&mut random) < self.empty)
    }
}

impl Latency {
    fn at(self, quantile: f64) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Fixed(time) => time,
            Self::LogNormal(median, sigma) => {
                let deviation = Normal::standard().inverse_cdf(quantile.clamp(1e-9, 1.0 - 1e-9));
                median.mul_f64((sigma * deviation).exp())
            }
        }
    }
}

/// Uniform in [0, 1).
pub(super) fn unit(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_read_as_they_are_written() {
        assert_eq!("50ms".parse(), Ok(Latency::Fixed(Duration::from_millis(50))));
        assert_eq!("1.5s".parse(), Ok(Latency::Fixed(Duration::from_millis(1500))));
        assert_eq!("lognormal:200ms,0.5".parse(), Ok(Latency::LogNormal(Duration::from_millis(200), 0.5)));
        assert_eq!("0".parse(), Ok(Latency::None));
        for bad in ["", "5", "fast", "lognormal:1s", "lognormal:1s,-1", "-3s"] {
            assert!(bad.parse::<Latency>().is_err(), "{bad}");
        }
    }

    #[test]
    fn fates_come_as_often_as_asked_and_are_fixed_by_the_seed() {
        let latency = Latency::LogNormal(Duration::from_millis(100), 0.5);
        let faults = Faults { rate_limited: 0.05, server_error: 0.02, dropped: 0.01, latency, ..Faults::default() };
        let draws: Vec<_> = (0..20_000).map(|number| faults.draw(number)).collect();
        let share = |fate| draws.iter().filter(|draw| draw.0 == fate).count() as f64 / 20_000.0;
        assert!((share(Fate::RateLimited) - 0.05).abs() < 0.006);
        assert!((share(Fate::ServerError) - 0.02).abs() < 0.004);
        assert!((share(Fate::Dropped) - 0.01).abs() < 0.003);
        let mut latencies: Vec<_> = draws.iter().map(|draw| draw.1).collect();
        latencies.sort();
        assert!((latencies[10_000].as_secs_f64() - 0.1).abs() < 0.002);
        assert!((latencies[16_827].as_secs_f64() / 0.1 - 0.5_f64.exp()).abs() < 0.04);
        assert_eq!(draws[77], faults.draw(77));
        assert_ne!(draws, (0..20_000).map(|n| Faults { seed: 1, ..faults.clone() }.draw(n)).collect::<Vec<_>>());
    }
}
