//! What others hear of a session, and what they wish.

use super::{Dispatcher, Ending};
use crate::runner::progress::Phase;
use crate::runner::spent::DEADLINE;
use crate::store::StoreError;
use crate::store::row::Control;
use crate::store::writer::Write;

impl Dispatcher {
    /// Keeps a line of the run's log, and shows it.
    pub(super) async fn log(&mut self, level: &'static str, message: String) {
        // an error ends the session: whoever started it tells it then
        if level == "error" {
            tracing::info!("{message}");
        } else {
            tracing::warn!("{message}");
        }
        self.progress.message = Some(message.clone());
        if self.writes.send(Write::Event(level, message)).await.is_err() {
            tracing::debug!("the writer has ended");
        }
    }

    /// Reads wishes, tells how it goes.
    pub(super) async fn tell(&mut self) -> Result<(), StoreError> {
        for control in self.session.store.take_controls(self.session.run.id).await? {
            match control {
                Control::Pause => self.progress.paused = true,
                Control::Resume => self.progress.paused = false,
                Control::Stop => self.end(Ending::Stopped),
                Control::Concurrency(n) => {
                    self.session.settings.concurrency = n.max(1) as usize;
                    if let Some(model) = &self.session.model {
                        model.set_max_concurrency(n.max(1) as usize);
                    }
                }
            }
        }
        let trouble = self.session.model.as_ref().and_then(|model| model.trouble());
        if trouble.is_some() && trouble != self.trouble {
            self.log("warn", trouble.clone().unwrap_or_default()).await;
        }
        self.trouble = trouble;
        if self.session.model.is_some() && self.used_up() == Some(DEADLINE) {
            self.end(Ending::Budget(DEADLINE.to_owned()));
        }
        if self.progress.phase == Phase::Sampling && self.is_sampled() {
            self.progress.phase = Phase::Judging;
        }
        let ceiling = self.ceiling();
        let settings = &self.session.settings;
        let progress = &mut self.progress;
        if let Some(model) = &self.session.model {
            let gauges = model.gauges();
            progress.in_flight = gauges.in_flight;
            progress.concurrency = gauges.concurrency.min(ceiling);
            progress.rate_limited = gauges.rate_limited;
            progress.errors = gauges.errors;
            progress.retries = gauges.retries;
        }
        progress.problems_done = self.states.iter().filter(|s| s.closed || s.stored >= settings.samples).count() as u64;
        progress.cost_unknown = self.spent.unknown;
        progress.forecast_usd = progress
            .cost_usd
            .filter(|_| progress.samples_done > 0)
            .map(|cost| cost / progress.samples_done as f64 * progress.samples_total as f64);
        progress.elapsed_s = self.started.elapsed().as_secs_f64();
        self.rates.update(progress, self.session_tokens, self.session_verdicts);
        self.session.progress.send_replace(progress.clone());
        if let Ok(body) = serde_json::to_string(progress) {
            // the next tick tells again: a full queue is no reason to wait here
            let _ = self.writes.try_send(Write::Live(body));
        }
        Ok(())
    }
}
