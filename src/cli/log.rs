//! Log lines: to stderr, and held back while the dashboard owns the terminal.

use std::collections::VecDeque;
use std::io::{IsTerminal as _, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing_subscriber::EnvFilter;

use super::{Color, Global};

/// What is written while log lines are held back; of more than these the oldest are forgotten.
const MOST_HELD: usize = 20;

static HELD: Mutex<Option<VecDeque<Vec<u8>>>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<VecDeque<Vec<u8>>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds log lines back.
pub(super) fn hold() {
    held().get_or_insert_default();
}

/// Lets log lines through again, those that were held back first.
pub(super) fn release() {
    for line in held().take().into_iter().flatten() {
        // a stderr that is gone takes no lines
        let _ = std::io::stderr().write_all(&line);
    }
}

/// Warnings by default, more with `-v`, or as `NBEST_LOG` says.
pub(super) fn start(global: &Global) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "info",
        _ => "debug",
    };
    let filter = std::env::var("NBEST_LOG").unwrap_or_else(|_| format!("{level},sqlx=warn,hyper=warn"));
    let colour = match global.color {
        Color::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
        Color::Always => true,
        Color::Never => false,
    };
    tracing_subscriber::fmt()
        .with_ansi(colour)
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(|| Stderr)
        .with_target(false)
        .without_time()
        .init();
}

struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let Some(lines) = &mut *held() else {
            let mut stderr = std::io::stderr().lock();
            if stderr.is_terminal() {
                // a progress line may stand there
                stderr.write_all(b"\r\x1b[2K")?;
            }
            return stderr.write(bytes);
        };
        if lines.len() == MOST_HELD {
            lines.pop_front();
        }
        lines.push_back(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
