//! Draws the dashboard of a stored run as SVG, without a terminal.
//!
//! `cargo run -p dashboard --example picture -- DB RUN [VIEW] > docs/img/dashboard.svg`

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dashboard::app::{App, View};
use dashboard::message::{Effect, Message};
use dashboard::source::{self, Request};
use dashboard::theme::Theme;
use dashboard::{picture, snapshot};
use harness::store::Reader;
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("picture DB RUN [VIEW]")?);
    let name = arguments.next().unwrap_or_else(|| "latest".to_owned());
    let view = arguments.next().unwrap_or_else(|| "overview".to_owned());
    let view = View::ALL.into_iter().find(|v| v.title().eq_ignore_ascii_case(&view)).ok_or("no such view")?;
    let reader = Reader::open(&path).await?;
    let run = reader.find_run(&name).await?;
    let (requests, asked) = mpsc::channel(4);
    let (sender, mut messages) = mpsc::channel(4);
    let follower = tokio::spawn(source::follow(reader, run, asked, sender));
    let mut app = App::new(Theme::DARK, (120, 34));
    let mut last: Option<Arc<snapshot::Snapshot>> = None;
    // until the estimates are there
    while last.as_ref().is_none_or(|s| s.charts.is_empty()) {
        match tokio::time::timeout(Duration::from_mins(1), messages.recv()).await? {
            Some(Message::Snapshot(snapshot)) => {
                last = Some(Arc::clone(&snapshot));
                app.update(Message::Snapshot(snapshot));
            }
            Some(other) => drop(app.update(other)),
            None => break,
        }
    }
    if let Some(Effect::Fetch(key)) = app.show(view) {
        requests.send(Request::Sample(key)).await?;
        while let Some(message) = messages.recv().await {
            let done = matches!(message, Message::Sample(_));
            app.update(message);
            if done {
                break;
            }
        }
    }
    std::io::stdout().write_all(picture::svg(&picture::frame(&app), Theme::DARK).as_bytes())?;
    drop((requests, messages));
    follower.await??;
    Ok(())
}
