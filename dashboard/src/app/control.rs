//! What the user wants of a live run.

use super::App;
use crate::keys::Action;
use crate::message::{Command, Effect};
use crate::snapshot::{Level, RunState};

/// How long a wish for another concurrency is believed in before the run has answered. Unit: ms.
const BELIEVED: i64 = 3_000;

impl App {
    pub(super) fn control(&mut self, action: Action) -> Option<Effect> {
        let state = self.snapshot.run.state;
        if !state.is_live() {
            self.say(Level::Info, format!("the run is {}: nothing to control", state.as_str()));
            return None;
        }
        let command = match action {
            Action::Stop => {
                self.asks_to_stop = true;
                return None;
            }
            Action::Pause if state == RunState::Paused => Command::Resume,
            Action::Pause => Command::Pause,
            _ => return self.concurrency(action == Action::Faster),
        };
        let words = if command == Command::Resume { "going on" } else { "pausing: what is under way is finished" };
        self.say(Level::Info, words);
        Some(Effect::Control(command))
    }

    /// A quarter more or less, from what was asked for last where the run has not had the time to follow.
    fn concurrency(&mut self, up: bool) -> Option<Effect> {
        let progress = &self.snapshot.progress;
        let asked = self.asked_concurrency.filter(|(_, at)| self.now_ms - at < BELIEVED);
        let now = asked.map_or(progress.concurrency, |(n, _)| n);
        let most = if progress.concurrency_max == 0 { u32::MAX } else { progress.concurrency_max };
        let wanted = if up {
            now.saturating_add((now / 4).max(1)).min(most)
        } else {
            (now - now / 4).saturating_sub(u32::from(now < 4)).max(1)
        };
        if wanted == now {
            let limit =
                if up { "the experiment allows no more (model.limits.concurrency)" } else { "one is the least" };
            self.say(Level::Info, format!("concurrency {now}: {limit}"));
            return None;
        }
        self.asked_concurrency = Some((wanted, self.now_ms));
        self.say(Level::Info, format!("concurrency {now} → {wanted}"));
        Some(Effect::Control(Command::Concurrency(wanted)))
    }
}
