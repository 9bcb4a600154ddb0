//! Log lines: to stderr, and nowhere while the dashboard owns the terminal (what matters is in the run's own log).

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::EnvFilter;

use super::Global;

static MUTED: AtomicBool = AtomicBool::new(false);

/// Holds log lines back, or lets them through again.
pub(super) fn mute(muted: bool) {
    MUTED.store(muted, Ordering::Relaxed);
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
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(|| Stderr)
        .with_target(false)
        .without_time()
        .init();
}

struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if MUTED.load(Ordering::Relaxed) {
            return Ok(bytes.len());
        }
        std::io::stderr().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
