//! A session as it is watched from the command line: progress lines, Ctrl-C, and the words at its end.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use dashboard::theme::{Depth, Theme};
use harness::runner::{Ending, Phase, Progress, Session, Summary};
use harness::store::Store;
use harness::store::row::Control;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::run::View;
use super::{Color, Global, exit};
use verifiers::counted;

/// A time as people here read it.
pub(crate) fn local_time(ms: i64) -> String {
    jiff_time(ms).unwrap_or_else(|| format!("{ms} ms"))
}

fn jiff_time(ms: i64) -> Option<String> {
    let stamp = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(stamp.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Runs a session to its end, with the dashboard or with progress lines on stderr. The first Ctrl-C (or SIGTERM) stops it
/// cleanly, the second at once. Whoever leaves the dashboard gets the lines; the dashboard stays after the end to look around.
pub(crate) async fn drive(
    global: &Global,
    view: View,
    session: Session,
    progress: watch::Receiver<Progress>,
    cancel: CancellationToken,
) -> anyhow::Result<Summary> {
    let (store, name) = (session.store.clone(), session.run.name.clone());
    let mut running = tokio::spawn(harness::runner::run(session));
    if view.terminal && !global.quiet && std::io::stdout().is_terminal() && std::io::stderr().is_terminal() {
        match dashboard(global, &store, &name).await {
            Ok(dashboard::Ending::Quit) => {}
            Ok(dashboard::Ending::Signal) => cancel.cancel(),
            Err(error) => tracing::warn!(error = %error, "the dashboard ended"),
        }
        if running.is_finished() {
            return Ok(running.await??);
        }
    }
    let watcher = tokio::spawn(stop_on_signal(cancel));
    let lines = (!global.quiet).then(|| tokio::spawn(show(progress)));
    let summary = (&mut running).await;
    watcher.abort();
    if let Some(lines) = lines {
        // it ends with the progress sender; what it prints last is the last state
        let _ = tokio::time::timeout(Duration::from_secs(1), lines).await;
    }
    Ok(summary??)
}

/// The dashboard on a run of this store; what the user wants of the run goes through the store, as from any other process.
pub(crate) async fn dashboard(
    global: &Global,
    store: &Store,
    run: &str,
) -> Result<dashboard::Ending, dashboard::DashboardError> {
    let (wishes, mut wished) = tokio::sync::mpsc::unbounded_channel();
    let path = store.path().to_path_buf();
    let relayed = store.clone();
    let relay = tokio::spawn(async move {
        while let Some((run_id, control)) = wished.recv().await {
            if let Err(error) = relayed.send_control(run_id, control).await {
                tracing::warn!(error = %error, "a wish could not be left in the store");
            }
        }
    });
    super::log::hold();
    let ending = dashboard::watch(&path, run, theme(global.color), |run_id, command| {
        let control = match command {
            dashboard::Command::Pause => Control::Pause,
            dashboard::Command::Resume => Control::Resume,
            dashboard::Command::Stop => Control::Stop,
            dashboard::Command::Concurrency(n) => Control::Concurrency(n),
        };
        // the relay lives as long as this sender
        let _ = wishes.send((run_id, control));
    })
    .await;
    super::log::release();
    drop(wishes);
    let _ = relay.await;
    ending
}

/// The look that the environment asks for; `--color` has the last word.
fn theme(color: Color) -> Theme {
    let theme = Theme::detect(|name| std::env::var(name).ok());
    match (color, theme.depth) {
        (Color::Never, _) => Theme { depth: Depth::None, ..theme },
        (Color::Always, Depth::None) => Theme { depth: Depth::Ansi, ..theme },
        _ => theme,
    }
}

#[expect(clippy::print_stderr, clippy::exit, reason = "the second signal ends the program at once: all is stored")]
async fn stop_on_signal(cancel: CancellationToken) {
    signal().await;
    eprintln!("\nstopping: what is under way is being stored (again to stop at once)");
    cancel.cancel();
    signal().await;
    std::process::exit(i32::from(exit::STOPPED));
}

/// Ctrl-C, SIGTERM or SIGHUP.
async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut term), Ok(mut hup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
                _ = hup.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// A line that is rewritten on a terminal, a line every few seconds elsewhere.
#[expect(clippy::print_stderr, reason = "progress goes to stderr")]
async fn show(mut progress: watch::Receiver<Progress>) {
    let terminal = std::io::stderr().is_terminal();
    let pause = if terminal { Duration::from_millis(200) } else { Duration::from_secs(2) };
    let mut shown = false;
    while progress.changed().await.is_ok() {
        let now = progress.borrow_and_update().clone();
        if terminal {
            eprint!("\r\x1b[2K{}", line(&now));
            shown = true;
        } else {
            eprintln!("{}", line(&now));
        }
        if now.phase == Phase::Done {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    if shown {
        eprintln!();
    }
}

/// One line: how far, how fast, how long, what went wrong, what it costs.
pub(crate) fn line(p: &Progress) -> String {
    let mut parts = vec![format!("samples {}/{}", p.samples_done, p.samples_total)];
    if p.verdicts_total > 0 {
        parts.push(format!("verdicts {}/{}", p.verdicts_done, p.verdicts_total));
    }
    if p.phase == Phase::Sampling {
        parts.push(format!("{:.0} samples/s", p.samples_per_second));
    } else if p.verdicts_total > 0 {
        parts.push(format!("{:.0} verdicts/s", p.verdicts_per_second));
    }
    if p.paused {
        parts.push("paused".to_owned());
    }
    match p.left_s {
        Some(left) if p.phase != Phase::Done => parts.push(format!("{} left", duration(left))),
        _ => {}
    }
    for (count, word) in [
        (p.rate_limited, if p.rate_limited == 1 { "429" } else { "429s" }),
        (p.retries, if p.retries == 1 { "retry" } else { "retries" }),
        (p.failed, "failed"),
        (p.truncated, "truncated"),
        (p.unjudged, "unjudged"),
        (p.absent, "absent"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    if let Some(cost) = p.cost_usd {
        let forecast = p.forecast_usd.map_or_else(String::new, |f| format!(" of about ${f:.2}"));
        let unknown = if p.cost_unknown > 0 { format!(" and {} unknown", p.cost_unknown) } else { String::new() };
        parts.push(format!("${cost:.2}{unknown}{forecast}"));
    }
    parts.join(" · ")
}

fn duration(seconds: f64) -> String {
    let whole = Duration::try_from_secs_f64(seconds.max(0.0)).map_or(0, |d| d.as_secs());
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s:02} s"),
        (h, m, _) => format!("{h} h {m:02} min"),
    }
}

/// Says how a session ended and how to go on; the exit code that follows.
#[expect(clippy::print_stderr, reason = "words for the user, not results")]
pub(crate) fn farewell(global: &Global, summary: &Summary, again: &str) -> ExitCode {
    let progress = &summary.progress;
    let say = |text: String| {
        if !global.quiet {
            eprintln!("{text}");
        }
    };
    match &summary.ending {
        Ending::Finished => {
            say(format!("finished: {}", line(progress)));
            if progress.absent > 0 {
                say(format!(
                    "note: asked for, but not in the file: {}; missing, not wrong",
                    counted(progress.absent, "sample")
                ));
            }
            if progress.failed + progress.unjudged == 0 {
                return if progress.absent == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::INCOMPLETE) };
            }
            say(format!(
                "note: {} and {} could not be had; they count as missing, not as wrong. To try again: {again}",
                counted(progress.failed, "sample"),
                counted(progress.unjudged, "verdict")
            ));
            ExitCode::from(exit::INCOMPLETE)
        }
        Ending::Stopped => {
            say(format!(
                "stopped with {} of {}; everything is stored. To go on: {again}",
                progress.samples_done,
                counted(progress.samples_total, "sample")
            ));
            ExitCode::from(exit::STOPPED)
        }
        Ending::Budget(which) => {
            say(format!("stopped: {which} is used up; everything is stored. To go on, raise it and: {again}"));
            ExitCode::from(exit::INCOMPLETE)
        }
        Ending::ModelFailed(message, hint) => {
            eprintln!("error: {message}");
            if let Some(hint) = hint {
                eprintln!("hint: {hint}");
            }
            say(format!("everything that arrived is stored. To go on: {again}"));
            ExitCode::from(exit::INCOMPLETE)
        }
    }
}
