//! The terminal while it is the dashboard's: taken with its modes, given back on return, panic and signals.

use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::thread;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::DefaultTerminal;

use crate::app::App;
use crate::view;

type Hook = Arc<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// Owns the terminal; gives it back when it goes out of scope.
pub(super) struct Guard {
    terminal: DefaultTerminal,
    hook_before: Hook,
}

impl Guard {
    /// Takes the terminal. A panic on this thread gives it back before it says what happened; one elsewhere leaves the
    /// screen alone and is logged, since whoever joins the task tells the user.
    pub(super) fn new() -> io::Result<Self> {
        let hook_before: Hook = Arc::from(std::panic::take_hook());
        let kept = Arc::clone(&hook_before);
        std::panic::set_hook(Box::new(move |panic| kept(panic)));
        let terminal = ratatui::try_init();
        let restoring = std::panic::take_hook();
        let own = thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            if thread::current().id() == own {
                release();
                restoring(panic);
            } else {
                tracing::error!(%panic, "a task failed");
            }
        }));
        let guard = Self { terminal: terminal.inspect_err(|_| forget(&hook_before))?, hook_before };
        execute!(io::stdout(), EnableMouseCapture, EnableBracketedPaste)?;
        Ok(guard)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws a frame; terminals that know how show it at once.
    pub(super) fn draw(&mut self, app: &App) -> io::Result<()> {
        execute!(io::stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| view::draw(app, frame))?;
        execute!(io::stdout(), EndSynchronizedUpdate)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // the hook of a panic has done it; doing it again would move the cursor over the message
        if !thread::panicking() {
            release();
            ratatui::restore();
            forget(&self.hook_before);
        }
    }
}

fn forget(hook_before: &Hook) {
    let before = Arc::clone(hook_before);
    drop(std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| before(panic)));
}

fn release() {
    let mut out = io::stdout();
    // nothing can be done about a terminal that is gone
    let _ = execute!(out, EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste);
    let _ = out.flush();
}

/// The signals that ask to end.
#[cfg(unix)]
pub(super) struct Signals([tokio::signal::unix::Signal; 4]);

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::quit())?,
        ]))
    }

    pub(super) async fn next(&mut self) {
        let [term, hangup, interrupt, quit] = &mut self.0;
        tokio::select! {
            _ = term.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) {
        std::future::pending().await
    }
}
