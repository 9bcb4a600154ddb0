//! Frames in this process: every view at two sizes, each frame after a key, with the bytes a terminal would get.

use std::io::{Sink, sink};
use std::path::Path;
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent};
use dashboard::app::{App, View};
use dashboard::message::{Effect, Message};
use dashboard::source::{self, Request};
use dashboard::theme::Theme;
use dashboard::view;
use harness::store::Reader;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::{Outcome, middle_and_tail, say};

const FRAMES: usize = 400;

/// Prints median and 99th percentile of a key and its frame.
pub(crate) fn measure(runtime: &Runtime, path: &Path) -> Outcome<()> {
    let (requests, asked) = mpsc::channel(1);
    let (sender, mut messages) = mpsc::channel(16);
    let path = path.to_owned();
    let follower = runtime.spawn(async move {
        let reader = Reader::open(&path).await?;
        let run = reader.find_run("latest").await?;
        source::follow(reader, run, asked, sender).await
    });
    let began = Instant::now();
    let mut app = App::new(Theme::DARK, (80, 24));
    let (mut rows_after, mut last) = (None, None);
    while app.snapshot().charts.is_empty() {
        let Some(message) = messages.blocking_recv() else { return Err("the source ended".into()) };
        if let Message::Snapshot(snapshot) = &message {
            last = Some(snapshot.clone());
        }
        app.update(message);
        if !app.snapshot().problems.is_empty() && rows_after.is_none() {
            rows_after = Some(began.elapsed());
        }
    }
    say(&format!(
        "samples read and counted after {:.2?}, estimates after {:.2?}",
        rows_after.unwrap_or_default(),
        began.elapsed()
    ))?;
    let Some(snapshot) = last else { return Err("no snapshot".into()) };
    for size in [(80, 24), (300, 80)] {
        app.update(Message::Resize(size.0, size.1));
        let mut taken: Vec<Duration> = (0..50)
            .map(|_| {
                let began = Instant::now();
                app.update(Message::Snapshot(snapshot.clone()));
                began.elapsed()
            })
            .collect();
        let (middle, tail) = middle_and_tail(&mut taken);
        say(&format!("{}x{}  a new snapshot taken in: {middle:.2?}, p99 {tail:.2?}", size.0, size.1))?;
        for view in View::ALL {
            if let Some(Effect::Fetch(key)) = app.show(view) {
                requests.blocking_send(Request::Sample(key))?;
                while let Some(message) = messages.blocking_recv() {
                    let arrived = matches!(message, Message::Sample(_));
                    app.update(message);
                    if arrived {
                        break;
                    }
                }
            }
            let (middle, tail) = frames(&mut app, size)?;
            let mark = if tail < Duration::from_millis(8) { "" } else { "  TOO SLOW" };
            say(&format!(
                "{}x{}  {:<9} key and frame: {middle:.2?}, p99 {tail:.2?} (promise: 8 ms){mark}",
                size.0,
                size.1,
                view.title()
            ))?;
        }
    }
    drop((requests, messages));
    runtime.block_on(follower)??;
    Ok(())
}

/// Frames that each differ from the one before: down, down, up, and a page now and then.
fn frames(app: &mut App, size: (u16, u16)) -> Outcome<(Duration, Duration)> {
    let viewport = Viewport::Fixed(Rect::new(0, 0, size.0, size.1));
    let options = TerminalOptions { viewport };
    let mut terminal: Terminal<CrosstermBackend<Sink>> =
        Terminal::with_options(CrosstermBackend::new(sink()), options)?;
    let mut times = Vec::with_capacity(FRAMES);
    for turn in 0..FRAMES {
        let code = match turn % 7 {
            0 => KeyCode::PageDown,
            3 => KeyCode::Up,
            6 => KeyCode::Char('z'),
            _ => KeyCode::Down,
        };
        let began = Instant::now();
        app.update(Message::Key(KeyEvent::from(code)));
        terminal.draw(|frame| view::draw(app, frame))?;
        times.push(began.elapsed());
    }
    Ok(middle_and_tail(&mut times))
}
