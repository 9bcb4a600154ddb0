//! What a session will use, said before it starts.

use std::fmt;

use super::price::Tokens;
use super::{Budget, Session};
use crate::client::wire::prompt_bytes;
use crate::store::StoreError;
use verifiers::counted;

/// What is known of a session before its first request.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Samples that are still to be drawn, at most.
    pub samples: u64,
    /// Of so many problems.
    pub problems: u64,
    /// Tokens that they will read and write.
    pub tokens: Option<u64>,
    /// What they will cost, USD; `None`: unknown.
    pub usd: Option<f64>,
    /// What was spent in earlier sessions, USD.
    pub spent_usd: Option<f64>,
    /// Whether the numbers are bounds (from `max_tokens`) instead of means of what is stored.
    pub at_most: bool,
    /// Whether there are prices.
    pub priced: bool,
    /// The limits.
    pub budget: Budget,
}

/// Looks at what is stored and what is missing.
///
/// # Errors
/// The store's.
pub async fn forecast(session: &Session) -> Result<Forecast, StoreError> {
    let settings = &session.settings;
    let stored = session.store.stored_indices(session.run.id).await?;
    let reader = session.store.reader();
    let (sampling_usd, spent_tokens, done) = reader.usage(session.run.id).await?;
    let (judging_usd, _) = reader.judging_usage(session.run.id).await?;
    let spent_usd = sampling_usd.or(judging_usd).map(|_| sampling_usd.unwrap_or(0.0) + judging_usd.unwrap_or(0.0));
    let mut forecast = Forecast {
        samples: 0,
        problems: 0,
        tokens: Some(0),
        usd: settings.price.as_ref().map(|_| 0.0),
        spent_usd,
        at_most: done == 0,
        priced: settings.price.is_some(),
        budget: settings.budget,
    };
    let n = session.model.as_ref().map_or(1, |model| model.preferred_n()).max(1);
    for problem in &session.problems {
        let Some(prompt) = problem.prompt.as_ref().filter(|_| session.model.is_some()) else { continue };
        let there = stored.get(&problem.id).map_or(0, |of| of.iter().filter(|i| **i < settings.samples).count());
        let missing = settings.samples.saturating_sub(u32::try_from(there).unwrap_or(u32::MAX));
        if missing == 0 {
            continue;
        }
        forecast.samples += u64::from(missing);
        forecast.problems += 1;
        // about four bytes a token
        let input = u32::try_from(prompt_bytes(prompt, None) / 4).unwrap_or(u32::MAX);
        let reads = missing.div_ceil(n);
        let tokens = |output: u32| u64::from(input) * u64::from(reads) + u64::from(output) * u64::from(missing);
        forecast.tokens = forecast.tokens.zip(settings.max_tokens).map(|(sum, most)| sum + tokens(most));
        let cost = settings.price.as_ref().zip(settings.max_tokens).and_then(|(price, output)| {
            let read = price.cost(Tokens { input: Some(input), output: Some(0), ..Tokens::default() })?;
            let all = price.cost(Tokens { input: Some(input), output: Some(output), ..Tokens::default() })?;
            Some(read * f64::from(reads) + (all - read) * f64::from(missing))
        });
        forecast.usd = forecast.usd.zip(cost).map(|(sum, cost)| sum + cost);
    }
    if done > 0 {
        let scale = forecast.samples as f64 / done as f64;
        forecast.usd = sampling_usd.map(|usd| usd * scale);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a forecast, and saturates")]
        let tokens = (spent_tokens as f64 * scale) as u64;
        forecast.tokens = Some(tokens).filter(|tokens| *tokens > 0);
    }
    Ok(forecast)
}

impl Forecast {
    /// The budget that will end the session before its samples are in, as far as can be told.
    #[must_use]
    pub fn short_of(&self) -> Option<&'static str> {
        let cost = self.usd.map(|usd| usd + self.spent_usd.unwrap_or(0.0));
        if cost.zip(self.budget.usd).is_some_and(|(cost, limit)| cost > limit) {
            Some("budget_usd")
        } else if self.budget.samples.is_some_and(|limit| self.samples > limit) {
            Some("budget_samples")
        } else {
            None
        }
    }
}

/// One line for people.
impl fmt::Display for Forecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} to draw", counted(self.samples, "sample"), counted(self.problems, "problem"))?;
        let bound = if self.at_most { "at most" } else { "about" };
        match self.tokens {
            Some(tokens) => write!(f, ", {bound} {} tokens", amount(tokens))?,
            None => f.write_str(", tokens unknown (no max_tokens)")?,
        }
        match self.usd {
            Some(usd) => write!(f, ", {bound} ${usd:.2}")?,
            None if self.priced => f.write_str(", cost unknown until the first answers")?,
            None => f.write_str(", cost unknown (no [model.price])")?,
        }
        if let Some(limit) = self.budget.usd {
            write!(f, "; budget_usd {limit}, spent {:.2}", self.spent_usd.unwrap_or(0.0))?;
        }
        Ok(())
    }
}

/// A count with three digits: 1234567 as 1.23 M.
fn amount(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..1_000_000 => format!("{:.1} k", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2} M", count as f64 / 1e6),
        _ => format!("{:.2} G", count as f64 / 1e9),
    }
}
