//! What a run has used of its budget.

use std::time::Duration;

use super::price::{Price, Tokens};
use super::{Budget, RunSettings};
use crate::store::row::NewSample;

/// Everything that was answered so far, stored or on its way there: what budgets go by.
#[derive(Debug, Clone)]
pub(super) struct Spent {
    budget: Budget,
    price: Option<Price>,
    max_tokens: Option<u32>,
    usd: f64,
    tokens: u64,
    /// The dearest sample so far.
    dearest: f64,
    /// Samples whose cost is unknown although there are prices.
    pub(super) unknown: u64,
}

impl Spent {
    /// What earlier sessions left behind.
    pub(super) fn new(settings: &RunSettings, usd: Option<f64>, tokens: u64) -> Self {
        Self {
            budget: settings.budget,
            price: settings.price.clone(),
            max_tokens: settings.max_tokens,
            usd: usd.unwrap_or(0.0),
            tokens,
            dearest: 0.0,
            unknown: 0,
        }
    }

    /// What a sample of so many tokens cost, USD; `None`: unknown.
    pub(super) fn cost(&self, tokens: Tokens) -> Option<f64> {
        self.price.as_ref()?.cost(tokens)
    }

    /// Books a sample. One of unknown cost counts as much as it can have cost.
    pub(super) fn add(&mut self, row: &NewSample, prompt_bytes: usize) {
        self.tokens += tokens(row);
        let Some(price) = &self.price else { return };
        if let Some(usd) = row.cost_usd {
            self.dearest = self.dearest.max(usd);
            self.usd += usd;
            return;
        }
        self.unknown += 1;
        let input = row.prompt_tokens.or_else(|| u32::try_from(prompt_bytes / 4).ok());
        let output = row.completion_tokens.or(self.max_tokens);
        let most = price.cost(Tokens { input, output, ..Tokens::default() });
        self.usd += most.unwrap_or(self.dearest).max(self.dearest);
    }

    /// Books what asking for a verdict used.
    pub(super) fn add_verdict(&mut self, spent: &verifiers::model::Spent) {
        self.usd += spent.cost_usd.unwrap_or(0.0);
        self.tokens += spent.tokens();
    }

    /// The limit of money or tokens that is reached, if one is.
    pub(super) fn spent_up(&self) -> Option<&'static str> {
        self.budget.spent_up(Some(self.usd), self.tokens)
    }

    /// The budget that is used up, with so many samples drawn and after this time.
    pub(super) fn used_up(&self, drawn: u64, elapsed: Duration) -> Option<&'static str> {
        let budget = &self.budget;
        if budget.deadline.is_some_and(|limit| elapsed >= limit) {
            return Some(DEADLINE);
        }
        if let Some(which) = self.spent_up() {
            return Some(which);
        }
        budget.samples.is_some_and(|limit| drawn >= limit).then_some(SAMPLES)
    }
}

/// The budget of samples, which is reached by asking for them.
pub(super) const SAMPLES: &str = "budget_samples";

/// The budget of time, which ends judging too.
pub(super) const DEADLINE: &str = "deadline";

/// Tokens read and written, as far as they are known.
pub(super) fn tokens(row: &NewSample) -> u64 {
    u64::from(row.prompt_tokens.unwrap_or(0)) + u64::from(row.completion_tokens.unwrap_or(0))
}
