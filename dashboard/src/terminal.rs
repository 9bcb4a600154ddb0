//! The loop between terminal, source and screen. It never waits for the source: a key is answered while a store is read.

mod guard;
mod outside;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use crossterm::event::{Event, EventStream, MouseEventKind};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use crate::app::App;
use crate::message::{Command, Effect, Message};
use crate::snapshot::Level;
use crate::source::{Request, now_ms};
use crate::theme::Theme;
use guard::{Guard, Signals};

/// Why the dashboard was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The user left it.
    Quit,
    /// A signal asked to end, or the terminal is gone.
    Signal,
}

/// Shows what arrives until the user leaves.
///
/// # Errors
/// The terminal cannot be used.
pub(crate) async fn run(
    theme: Theme,
    mut messages: mpsc::Receiver<Message>,
    requests: mpsc::Sender<Request>,
    mut control: impl FnMut(i64, Command),
) -> io::Result<Ending> {
    let mut guard = Guard::new()?;
    let mut app = App::new(theme, guard.size()?);
    let mut keys = EventStream::new();
    let mut signals = Signals::new()?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut wanted = Wanted::default();
    let mut source_open = true;
    let mut dirty = true;
    loop {
        if std::mem::take(&mut dirty) {
            guard.draw(&app)?;
        }
        let mut next = tokio::select! {
            biased;
            () = signals.next() => return Ok(Ending::Signal),
            event = keys.next() => match event {
                None | Some(Err(_)) => return Ok(Ending::Signal),
                Some(Ok(event)) => message(event),
            },
            permit = requests.reserve(), if source_open && !wanted.is_empty() => {
                // a source that is gone has said why
                if let (Ok(permit), Some(request)) = (permit, wanted.take()) {
                    permit.send(request);
                }
                None
            }
            message = messages.recv(), if source_open => {
                source_open = message.is_some();
                message
            },
            _ = tick.tick() => Some(Message::Tick(now_ms())),
        };
        // what is already there is taken in before drawing again
        for _ in 0..1000 {
            if let Some(message) = next {
                dirty |= !matches!(message, Message::Tick(_)) || app.is_moving();
                let effect = app.update(message);
                if let Some(effect) = effect
                    && !act(effect, &mut app, &mut wanted, &mut control).await
                {
                    return Ok(Ending::Quit);
                }
            }
            // polled by this task and no other: a stream of events wakes only the first that asked
            next = tokio::select! {
                biased;
                event = keys.next() => match event {
                    None | Some(Err(_)) => return Ok(Ending::Signal),
                    Some(Ok(event)) => message(event),
                },
                Some(message) = messages.recv(), if source_open => Some(message),
                () = std::future::ready(()) => break,
            };
        }
    }
}

fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Mouse(mouse) if mouse.kind == MouseEventKind::Moved => None,
        Event::Mouse(mouse) => Some(Message::Mouse(mouse)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(columns, rows) => Some(Message::Resize(columns, rows)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// What is yet to be asked of the source. Of samples only the last one matters, whoever holds a key down.
#[derive(Debug, Default)]
struct Wanted(VecDeque<Request>);

impl Wanted {
    /// Runs that are opened or compared faster than they can be read are forgotten beyond this many.
    const MOST: usize = 16;

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push(&mut self, request: Request) {
        if matches!(request, Request::Sample(_)) {
            self.0.retain(|r| !matches!(r, Request::Sample(_)));
        }
        if self.0.len() < Self::MOST {
            self.0.push_back(request);
        }
    }

    fn take(&mut self) -> Option<Request> {
        self.0.pop_front()
    }
}

/// Does what the screen wants; false: leave.
async fn act(effect: Effect, app: &mut App, wanted: &mut Wanted, control: &mut impl FnMut(i64, Command)) -> bool {
    match effect {
        Effect::Quit => return false,
        Effect::Fetch(key) => wanted.push(Request::Sample(key)),
        Effect::Open(id) => wanted.push(Request::Open(id)),
        Effect::Overlay(id) => wanted.push(Request::Overlay(id)),
        Effect::Control(command) => control(app.snapshot.run.id, command),
        Effect::Copy(text) => {
            if let Err(error) = outside::copy(&text) {
                app.update(Message::Notice(Level::Warn, format!("not copied: {error}")));
            }
        }
        Effect::Export(name, text) => {
            app.update(match outside::export(&name, text).await {
                Ok(path) => Message::Notice(Level::Info, format!("wrote {}", path.display())),
                Err(error) => Message::Notice(Level::Error, format!("cannot write {name}: {error}")),
            });
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::SampleKey;

    #[test]
    fn of_samples_only_the_last_is_asked_for() {
        let sample = |index| Request::Sample(SampleKey { run: 1, problem: 0, index });
        let mut wanted = Wanted::default();
        for index in 0..1000 {
            wanted.push(sample(index));
            if index == 10 {
                wanted.push(Request::Open(2));
            }
        }
        assert_eq!(wanted.take(), Some(Request::Open(2)));
        assert_eq!((wanted.take(), wanted.take()), (Some(sample(999)), None));
        for id in 0..100 {
            wanted.push(Request::Overlay(id));
        }
        assert_eq!(wanted.0.len(), Wanted::MOST);
    }
}
