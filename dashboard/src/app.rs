//! The state of the screen, and the one function that changes it.

mod control;
mod copy;
pub mod document;
mod inside;
pub mod problems;
pub mod samples;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::chart::{Axes, Scale};
use crate::keys::{self, Action};
use crate::list::List;
use crate::message::{Command, Effect, Message};
use crate::snapshot::{Level, RunState, Snapshot};
use crate::theme::Theme;
use crate::view::layout;
use problems::Problems;
use samples::Samples;
use verifiers::counted;

/// One page of the dashboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// May I stop now, and what do I have?
    #[default]
    Overview,
    /// Every curve, with a crosshair.
    Curves,
    /// One row a problem.
    Problems,
    /// One sample with its verdicts.
    Samples,
    /// Verifiers against the oracle.
    Verifiers,
    /// All runs of the store.
    Runs,
    /// The log.
    Events,
}

impl View {
    /// All of them, in the order of the tabs.
    pub const ALL: [Self; 7] =
        [Self::Overview, Self::Curves, Self::Problems, Self::Samples, Self::Verifiers, Self::Runs, Self::Events];

    /// The word on the tab.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Curves => "Curves",
            Self::Problems => "Problems",
            Self::Samples => "Samples",
            Self::Verifiers => "Verifiers",
            Self::Runs => "Runs",
            Self::Events => "Events",
        }
    }

    fn place(self) -> usize {
        Self::ALL.iter().position(|v| *v == self).unwrap_or(0)
    }
}

/// The state of the screen.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) theme: Theme,
    first_theme: Theme,
    pub(crate) view: View,
    pub(crate) size: (u16, u16),
    pub(crate) now_ms: i64,
    pub(crate) problems: Problems,
    pub(crate) samples: Samples,
    pub(crate) figure: usize,
    pub(crate) axes: Axes,
    /// Where the crosshair is, as a share of the x axis.
    pub(crate) crosshair: Option<f64>,
    pub(crate) verifier: usize,
    /// Which of a verifier's charts is shown where there is room for one.
    pub(crate) verifier_chart: usize,
    pub(crate) runs: List,
    pub(crate) run_rows: Vec<usize>,
    pub(crate) run_filter: String,
    pub(crate) events: List,
    pub(crate) event_rows: Vec<usize>,
    pub(crate) event_filter: String,
    pub(crate) level: Level,
    follow: bool,
    pub(crate) typing: Option<String>,
    pub(crate) help: Option<u16>,
    pub(crate) asks_to_stop: bool,
    /// The concurrency that was asked for last, and when.
    asked_concurrency: Option<(u32, i64)>,
    pub(crate) notice: Option<(Level, String)>,
    notice_until_ms: i64,
}

impl App {
    /// A screen of `size` columns and rows that has nothing to show yet.
    #[must_use]
    pub fn new(theme: Theme, size: (u16, u16)) -> Self {
        Self {
            snapshot: Arc::default(),
            theme,
            first_theme: theme,
            view: View::Overview,
            size,
            now_ms: 0,
            problems: Problems::default(),
            samples: Samples::default(),
            figure: 0,
            axes: Axes::default(),
            crosshair: None,
            verifier: 0,
            verifier_chart: 0,
            runs: List::default(),
            run_rows: Vec::new(),
            run_filter: String::new(),
            events: List::default(),
            event_rows: Vec::new(),
            event_filter: String::new(),
            level: Level::Info,
            follow: true,
            typing: None,
            help: None,
            asks_to_stop: false,
            asked_concurrency: None,
            notice: None,
            notice_until_ms: 0,
        }
    }

    /// Whether time alone changes the screen: a run goes on, or a notice is to vanish.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.snapshot.run.state == RunState::Running || self.notice.is_some()
    }

    /// The run as it is shown.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The chart of the view that is open.
    #[must_use]
    pub fn chart(&self) -> Option<&crate::chart::Chart> {
        match self.view {
            View::Overview => Some(&*self.snapshot.overview),
            View::Curves => self.snapshot.charts.get(self.figure.min(self.snapshot.charts.len().saturating_sub(1))),
            _ => None,
        }
    }

    /// Takes in what happened; returns what is to be done.
    pub fn update(&mut self, message: Message) -> Option<Effect> {
        match message {
            Message::Snapshot(snapshot) => {
                let other_run = snapshot.run.id != self.snapshot.run.id;
                self.now_ms = self.now_ms.max(snapshot.now_ms);
                self.snapshot = snapshot;
                if other_run {
                    self.problems.list = List::default();
                    self.samples = Samples::default();
                }
                self.refresh();
                self.samples.wanted(&self.snapshot, self.view == View::Samples)
            }
            Message::Sample(detail) => {
                self.samples.arrived(detail, self.columns());
                None
            }
            Message::Key(key) if key.kind == KeyEventKind::Release => None,
            Message::Key(key) => self.key(key),
            Message::Mouse(mouse) => self.mouse(mouse),
            Message::Paste(text) => {
                if let Some(typed) = &mut self.typing {
                    typed.extend(text.chars().filter(|c| !c.is_control()).take(200));
                    self.searched();
                }
                None
            }
            Message::Resize(columns, rows) => {
                self.size = (columns, rows);
                let columns = self.columns();
                self.samples.rewrap(columns);
                self.refresh();
                None
            }
            Message::Tick(now_ms) => {
                self.now_ms = now_ms;
                if self.notice.is_some() && now_ms >= self.notice_until_ms {
                    self.notice = None;
                }
                None
            }
            Message::Notice(level, text) => {
                self.say(level, text);
                None
            }
        }
    }

    /// Shows a view, as a tab does.
    pub fn show(&mut self, view: View) -> Option<Effect> {
        self.view = view;
        self.typing = None;
        self.samples.wanted(&self.snapshot, view == View::Samples)
    }

    fn say(&mut self, level: Level, text: impl Into<String>) {
        self.notice = Some((level, text.into()));
        self.notice_until_ms = self.now_ms + 6_000;
    }

    fn columns(&self) -> usize {
        usize::from(self.size.0)
    }

    fn height(&self) -> usize {
        layout::rows(self.view, self.size)
    }

    /// Orders and filters again what the snapshot or a filter changed.
    fn refresh(&mut self) {
        let snapshot = Arc::clone(&self.snapshot);
        self.problems.refresh(&snapshot.problems, layout::rows(View::Problems, self.size));
        let needle = self.run_filter.to_lowercase();
        self.run_rows =
            matching(snapshot.runs.iter().map(|r| format!("{} {} {}", r.name, r.model, r.dataset)), &needle);
        self.runs.step(0, self.run_rows.len(), layout::rows(View::Runs, self.size));
        let needle = self.event_filter.to_lowercase();
        let level = self.level;
        self.event_rows = (0..snapshot.events.len())
            .filter(|&i| {
                let event = &snapshot.events[i];
                event.level >= level && (needle.is_empty() || event.message.to_lowercase().contains(&needle))
            })
            .collect();
        let row = if self.follow { usize::MAX } else { self.events.selected };
        self.events.select(row, self.event_rows.len(), layout::rows(View::Events, self.size));
        self.verifier = self.verifier.min(snapshot.verifiers.len().saturating_sub(1));
        self.samples.keep_inside(&snapshot);
    }

    fn key(&mut self, key: KeyEvent) -> Option<Effect> {
        if self.asks_to_stop {
            self.asks_to_stop = false;
            let yes = matches!(key.code, KeyCode::Char('y' | 'Y') | KeyCode::Enter);
            self.say(Level::Info, if yes { "stopping: what is under way is finished first" } else { "goes on" });
            return yes.then_some(Effect::Control(Command::Stop));
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if self.typing.is_some() && !(control && key.code == KeyCode::Char('c')) {
            self.typed(key, control);
            return None;
        }
        let action = keys::action(self.view, key)?;
        if let Some(scroll) = &mut self.help {
            match action {
                Action::Quit => return Some(Effect::Quit),
                Action::Down => *scroll = scroll.saturating_add(1),
                Action::Up => *scroll = scroll.saturating_sub(1),
                Action::PageDown => *scroll = scroll.saturating_add(10),
                Action::PageUp => *scroll = scroll.saturating_sub(10),
                Action::Back | Action::Help => self.help = None,
                _ => {}
            }
            let most = u16::try_from(keys::KEYS.len()).unwrap_or(0).saturating_sub(self.size.1.saturating_sub(6));
            self.help = self.help.map(|s| s.min(most));
            return None;
        }
        self.act(action)
    }

    fn typed(&mut self, key: KeyEvent, control: bool) {
        let Some(text) = &mut self.typing else { return };
        match key.code {
            KeyCode::Enter => self.typing = None,
            KeyCode::Esc => {
                text.clear();
                self.searched();
                self.typing = None;
            }
            KeyCode::Backspace => {
                text.pop();
                self.searched();
            }
            KeyCode::Char(c) if !control => {
                text.push(c);
                self.searched();
            }
            _ => {}
        }
    }

    fn searched(&mut self) {
        let text = self.typing.clone().unwrap_or_default();
        let height = self.height();
        match self.view {
            View::Problems => self.problems.filter = text,
            View::Runs => self.run_filter = text,
            View::Events => self.event_filter = text,
            View::Samples => self.samples.search(text, height),
            _ => {}
        }
        self.refresh();
    }

    fn act(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Show(view) => return self.show(view),
            Action::NextView => return self.show(View::ALL[(self.view.place() + 1) % View::ALL.len()]),
            Action::PreviousView => return self.show(View::ALL[(self.view.place() + 6) % View::ALL.len()]),
            Action::Help => self.help = Some(0),
            Action::Quit => return Some(Effect::Quit),
            Action::Theme => {
                self.theme = self.theme.next(self.first_theme);
                self.say(Level::Info, format!("theme: {}", self.theme.name()));
            }
            Action::LogAxis => {
                let own = self.chart().map_or(Scale::Linear, |c| c.x.scale);
                self.axes.x_scale = match self.axes.x_scale.unwrap_or(own) {
                    Scale::Log => Some(Scale::Linear),
                    Scale::Linear => Some(Scale::Log),
                };
            }
            Action::Zoom => self.axes.zoom = !self.axes.zoom,
            Action::Pause | Action::Faster | Action::Slower | Action::Stop => return self.control(action),
            Action::Copy => {
                let text = copy::text(self);
                self.say(Level::Info, format!("copied {}", counted(text.lines().count(), "line")));
                return Some(Effect::Copy(text));
            }
            Action::Export => {
                let (name, text) = copy::file(self);
                return Some(Effect::Export(name, text));
            }
            Action::MinimumLevel => {
                self.level = match self.level {
                    Level::Info => Level::Warn,
                    Level::Warn => Level::Error,
                    Level::Error => Level::Info,
                };
                self.refresh();
            }
            Action::Search => self.typing = Some(String::new()),
            Action::Back => self.back(),
            _ => return self.act_in_view(action),
        }
        None
    }

    fn back(&mut self) {
        self.crosshair = None;
        match self.view {
            View::Problems => self.problems.filter.clear(),
            View::Runs => self.run_filter.clear(),
            View::Events => self.event_filter.clear(),
            View::Samples => self.view = View::Problems,
            _ => {}
        }
        self.refresh();
    }
}

fn matching(rows: impl Iterator<Item = String>, needle: &str) -> Vec<usize> {
    rows.enumerate()
        .filter(|(_, row)| needle.is_empty() || row.to_lowercase().contains(needle))
        .map(|(i, _)| i)
        .collect()
}

#[cfg(test)]
mod tests;
