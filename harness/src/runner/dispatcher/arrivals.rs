//! What comes back - answers, acknowledged rows, verdicts - and what is counted of it.

use std::sync::Arc;

use verifiers::domain::{Completion, Form, Outcome, Status};
use verifiers::model::{Generation, ModelError, Response};

use super::{Dispatcher, Ending, add};
use crate::client::wire::prompt_bytes;
use crate::plan::Key;
use crate::runner::judges::Waiting;
use crate::runner::price::Tokens;
use crate::runner::spent::tokens;
use crate::store::now_ms;
use crate::store::row::{NewAttempts, NewSample, NewVerdict};
use crate::store::writer::{Committed, Write};

impl Dispatcher {
    pub(super) async fn take_response(&mut self, key: Key, response: Response) {
        self.asked -= u64::from(key.n);
        let problem_id = self.session.problems[key.place].id;
        let attempts = NewAttempts {
            problem_id,
            first_index: key.first_index,
            n: key.n,
            at_ms: now_ms(),
            attempts: response.attempts,
        };
        let mut arrived = vec![false; key.n as usize];
        let mut rows = Vec::with_capacity(key.n as usize);
        for generation in response.generations {
            if let Some(slot) = arrived.get_mut(generation.offset as usize)
                && !std::mem::replace(slot, true)
            {
                rows.push(self.sample(problem_id, key.first_index, generation));
            }
        }
        match response.error {
            Some(ModelError::Absent { .. }) => {
                self.progress.absent += arrived.iter().filter(|a| !**a).count() as u64;
            }
            Some(ModelError::Cancelled) => self.dropped += arrived.iter().filter(|a| !**a).count() as u64,
            Some(ModelError::Fatal { message, hint }) if self.ending.is_none() => {
                self.log("error", message.clone()).await;
                self.end(Ending::ModelFailed(message, hint));
            }
            Some(ModelError::Fatal { .. }) | None => {}
            Some(error @ ModelError::Request { .. }) => {
                let missing =
                    (0..key.n).zip(&arrived).filter(|(_, a)| !**a).map(|(offset, _)| key.first_index + offset);
                rows.extend(missing.map(|index| failed(problem_id, index, error.to_string())));
            }
        }
        let prompt_bytes =
            self.session.problems[key.place].prompt.as_ref().map_or(0, |prompt| prompt_bytes(prompt, None));
        for row in rows.iter().filter(|r| r.outcome != Outcome::Failed) {
            self.spent.add(row, prompt_bytes);
        }
        // what will have no verdict decides nothing
        let judged = rows.iter().filter(|r| r.outcome != Outcome::Failed).count();
        let undecided = &mut self.states[key.place].undecided;
        *undecided = undecided.saturating_sub(key.n - u32::try_from(judged).unwrap_or(key.n));
        self.unacknowledged += rows.len();
        if self.writes.send(Write::Samples(rows, attempts)).await.is_err() {
            tracing::debug!("the writer has ended");
        }
    }

    fn sample(&self, problem_id: i64, first_index: u32, g: Generation) -> NewSample {
        let counted = Tokens {
            whole_prompt: g.whole_prompt_tokens,
            input: g.prompt_tokens,
            cached: g.cached_tokens,
            output: g.completion_tokens,
        };
        NewSample {
            problem_id,
            sample_index: first_index + g.offset,
            outcome: g.outcome,
            finish_reason: g.finish_reason,
            form: g.form,
            text: g.text,
            reasoning: g.reasoning,
            prompt_tokens: g.prompt_tokens,
            cached_tokens: g.cached_tokens,
            completion_tokens: g.completion_tokens,
            usage_apportioned: g.usage_apportioned,
            cost_usd: self.spent.cost(counted),
            latency_ms: Some(g.latency.as_secs_f64() * 1e3),
            first_token_ms: g.first_token.map(|t| t.as_secs_f64() * 1e3),
            logprob: g.logprob,
            token_logprobs: g.token_logprobs,
            seed: g.seed,
            endpoint: g.endpoint,
            error: None,
        }
    }

    pub(super) async fn take_committed(&mut self, news: Committed) {
        match news {
            Committed::Samples(rows) => {
                for row in rows {
                    self.count_sample(row).await;
                }
            }
            Committed::Verdict(row) => {
                self.unacknowledged_verdicts -= 1;
                self.count_verdict(&row).await;
            }
        }
    }

    async fn count_sample(&mut self, row: NewSample) {
        self.unacknowledged -= 1;
        let progress = &mut self.progress;
        if row.outcome == Outcome::Failed {
            progress.failed += 1;
            return;
        }
        progress.samples_done += 1;
        progress.samples_new += 1;
        progress.tokens += tokens(&row);
        self.session_tokens += tokens(&row);
        if let Some(cost) = row.cost_usd {
            progress.cost_usd = Some(progress.cost_usd.unwrap_or(0.0) + cost);
        }
        match row.outcome {
            Outcome::Truncated => progress.truncated += 1,
            Outcome::Refused => progress.refused += 1,
            Outcome::Empty => progress.empty += 1,
            Outcome::Ok | Outcome::Failed => {}
        }
        let Some(&place) = self.places.get(&row.problem_id) else { return };
        self.states[place].stored += 1;
        if let Some(message) = self.oddities.see(place, &row) {
            self.log("warn", message).await;
        }
        let waiting = Waiting {
            problem_id: row.problem_id,
            problem: Arc::clone(&self.session.problems[place].problem),
            sample_index: row.sample_index,
            completion: Completion { text: row.text, form: row.form },
        };
        self.queue(waiting).await;
    }

    async fn queue(&mut self, waiting: Waiting) {
        for judge in 0..self.judges.len() {
            if let Some(verdict) = self.judges.push(judge, waiting.clone()) {
                self.store_verdicts(vec![verdict]).await;
            }
        }
    }

    pub(super) async fn store_verdicts(&mut self, verdicts: Vec<NewVerdict>) {
        for verdict in verdicts {
            // what was paid counts at once: the next request must know it
            if let Some(spent) = &verdict.verdict.spent {
                self.spent.add_verdict(spent);
            }
            self.unacknowledged_verdicts += 1;
            if self.writes.send(Write::Verdict(Box::new(verdict))).await.is_err() {
                tracing::debug!("the writer has ended");
            }
        }
    }

    async fn count_verdict(&mut self, row: &NewVerdict) {
        self.session_verdicts += 1;
        if let Some(spent) = &row.verdict.spent {
            self.progress.cost_usd = add(self.progress.cost_usd, spent.cost_usd);
            self.progress.tokens += spent.tokens();
        }
        if row.verdict.status == Some(Status::Unjudged) {
            self.progress.unjudged += 1;
        } else {
            self.progress.verdicts_done += 1;
        }
        self.progress.shared = self.judges.shared;
        let Some(&place) = self.places.get(&row.problem_id) else { return };
        let state = &mut self.states[place];
        if self.deciding == Some(row.verifier_id) {
            state.undecided = state.undecided.saturating_sub(1);
        }
        if self.deciding == Some(row.verifier_id) && row.verdict.status != Some(Status::Unjudged) {
            state.judged += 1;
            state.accepted += u32::from(row.verdict.status == Some(Status::Pass));
            let why = self.session.settings.sampling.closes(state.judged, state.accepted);
            if let Some(why) = why
                && !std::mem::replace(&mut state.closed, true)
            {
                self.plan.close(place);
                if let Err(error) = self.session.store.close_problem(self.session.run.id, row.problem_id, why).await {
                    tracing::warn!(error = %error, "a problem's end could not be noted");
                }
            }
        }
    }
}

/// A sample that could not be had.
pub(in crate::runner) fn failed(problem_id: i64, sample_index: u32, error: String) -> NewSample {
    NewSample {
        problem_id,
        sample_index,
        outcome: Outcome::Failed,
        finish_reason: None,
        form: Form::Chat,
        text: String::new(),
        reasoning: None,
        prompt_tokens: None,
        cached_tokens: None,
        completion_tokens: None,
        usage_apportioned: false,
        cost_usd: None,
        latency_ms: None,
        first_token_ms: None,
        logprob: None,
        token_logprobs: None,
        seed: None,
        endpoint: None,
        error: Some(error),
    }
}
