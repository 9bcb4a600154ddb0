//! The loop between terminal, source and screen. The terminal is given back on return, panic, SIGTERM and SIGHUP.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event, EventStream,
    MouseEventKind,
};
use crossterm::execute;
use futures_util::{FutureExt as _, StreamExt as _};
use ratatui::DefaultTerminal;
use tokio::sync::mpsc;

use crate::app::App;
use crate::message::{Command, Effect, Message};
use crate::snapshot::Level;
use crate::source::{Request, now_ms};
use crate::theme::Theme;
use crate::view;

/// Text that is longer is not offered to the terminal's clipboard: many refuse it.
const MOST_COPIED: usize = 100_000;

/// Why the dashboard was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The user left it.
    Quit,
    /// A signal asked to end, or the terminal is gone.
    Signal,
}

/// The terminal while it is the dashboard's.
struct Guard {
    terminal: DefaultTerminal,
}

impl Guard {
    fn new() -> io::Result<Self> {
        // before ratatui's own hook, which runs first and calls this one
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            release();
            before(panic);
        }));
        let terminal = ratatui::try_init()?;
        execute!(io::stdout(), EnableMouseCapture, EnableBracketedPaste)?;
        Ok(Self { terminal })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        release();
        ratatui::restore();
    }
}

fn release() {
    // nothing can be done about a terminal that is gone
    let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste);
}

/// Shows what arrives until the user leaves.
///
/// # Errors
/// The terminal cannot be used.
pub(crate) async fn run(
    mut messages: mpsc::Receiver<Message>,
    requests: mpsc::Sender<Request>,
    mut control: impl FnMut(i64, Command),
) -> io::Result<Ending> {
    let mut guard = Guard::new()?;
    let size = guard.terminal.size()?;
    let mut app = App::new(Theme::detect(|name| std::env::var(name).ok()), (size.width, size.height));
    let mut keys = EventStream::new();
    let mut signals = Signals::new()?;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut source_open = true;
    let mut dirty = true;
    loop {
        if std::mem::take(&mut dirty) {
            guard.terminal.draw(|frame| view::draw(&app, frame))?;
        }
        let mut next = tokio::select! {
            biased;
            () = signals.next() => return Ok(Ending::Signal),
            event = keys.next() => match event {
                None | Some(Err(_)) => return Ok(Ending::Signal),
                Some(Ok(event)) => message(event),
            },
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
                    && !act(effect, &mut app, &requests, &mut control).await
                {
                    return Ok(Ending::Quit);
                }
            }
            next = match keys.next().now_or_never() {
                Some(Some(Ok(event))) => message(event),
                Some(_) => return Ok(Ending::Signal),
                None => match messages.try_recv() {
                    Ok(message) => Some(message),
                    Err(_) => break,
                },
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

/// Does what the screen wants; false: leave.
async fn act(
    effect: Effect,
    app: &mut App,
    requests: &mpsc::Sender<Request>,
    control: &mut impl FnMut(i64, Command),
) -> bool {
    let request = match effect {
        Effect::Quit => return false,
        Effect::Fetch(key) => Request::Sample(key),
        Effect::Open(id) => Request::Open(id),
        Effect::Overlay(id) => Request::Overlay(id),
        Effect::Control(command) => {
            control(app.snapshot.run.id, command);
            return true;
        }
        Effect::Copy(text) => {
            let notice = match copy(&text) {
                Ok(()) => None,
                Err(error) => Some(format!("not copied: {error}")),
            };
            if let Some(text) = notice {
                app.update(Message::Notice(Level::Warn, text));
            }
            return true;
        }
        Effect::Export(name, text) => {
            let notice = match export(&name, text).await {
                Ok(path) => Message::Notice(Level::Info, format!("wrote {}", path.display())),
                Err(error) => Message::Notice(Level::Error, format!("cannot write {name}: {error}")),
            };
            app.update(notice);
            return true;
        }
    };
    // a source that is gone has said why
    let _ = requests.send(request).await;
    true
}

/// Puts text on the clipboard of whatever terminal this is, near or far (OSC 52).
fn copy(text: &str) -> io::Result<()> {
    if text.len() > MOST_COPIED {
        return Err(io::Error::other(format!(
            "{} kB is more than terminals take; `e` writes a file",
            text.len() / 1000
        )));
    }
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = io::stdout();
    write!(out, "\x1b]52;c;{encoded}\x07")?;
    out.flush()
}

/// Writes a new file; where the name is taken, a number is added.
async fn export(name: &str, text: String) -> io::Result<PathBuf> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "txt"));
    for number in 1..1000 {
        let path = if number == 1 { name.to_owned() } else { format!("{stem}-{number}.{extension}") };
        match tokio::fs::OpenOptions::new().write(true).create_new(true).open(&path).await {
            Ok(_) => {
                tokio::fs::write(&path, text).await?;
                return Ok(PathBuf::from(path));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

#[cfg(unix)]
struct Signals {
    term: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { term: signal(SignalKind::terminate())?, hangup: signal(SignalKind::hangup())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
