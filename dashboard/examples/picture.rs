//! Draws the dashboard of a stored run as SVG, without a terminal.
//!
//! `cargo run -p dashboard --example picture -- DB RUN [KEYS] [WIDTHxHEIGHT] [dark|light|plain|ascii] > picture.svg`
//!
//! KEYS are pressed one after the other before the picture is drawn: `3` is the table of problems, `3f` the first false
//! positive. What they want read is read.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};
use dashboard::app::App;
use dashboard::message::{Effect, Message};
use dashboard::picture;
use dashboard::source::{self, Request};
use dashboard::theme::{Depth, Ground, Signs, Theme};
use harness::store::Reader;
use tokio::sync::mpsc;

type Failure = Box<dyn std::error::Error>;

fn theme(word: &str) -> Result<Theme, Failure> {
    Ok(match word {
        "dark" => Theme::DARK,
        "light" => Theme { ground: Ground::Light, ..Theme::DARK },
        "plain" => Theme { depth: Depth::None, ..Theme::DARK },
        "ascii" => Theme { depth: Depth::None, signs: Signs::Ascii, ..Theme::DARK },
        _ => return Err("a theme is dark, light, plain or ascii".into()),
    })
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("picture DB RUN [KEYS] [WIDTHxHEIGHT] [THEME]")?);
    let name = arguments.next().unwrap_or_else(|| "latest".to_owned());
    let keys = arguments.next().unwrap_or_default();
    let size = arguments.next().unwrap_or_else(|| "120x34".to_owned());
    let (columns, rows) = size.split_once('x').ok_or("a size is for example 120x34")?;
    let theme = theme(&arguments.next().unwrap_or_else(|| "dark".to_owned()))?;
    let reader = Reader::open(&path).await?;
    let run = reader.find_run(&name).await?;
    let (requests, asked) = mpsc::channel(4);
    let (sender, mut messages) = mpsc::channel(4);
    let follower = tokio::spawn(source::follow(reader, run, asked, sender));
    let mut app = App::new(theme, (columns.parse()?, rows.parse()?));
    // until the estimates are there
    while app.snapshot().charts.is_empty() {
        let Some(message) = tokio::time::timeout(Duration::from_mins(1), messages.recv()).await? else { break };
        app.update(message);
    }
    for key in keys.chars() {
        let code = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
        let request = match app.update(Message::Key(KeyEvent::from(code))) {
            Some(Effect::Fetch(key)) => Request::Sample(key),
            Some(Effect::Open(id)) => Request::Open(id),
            Some(Effect::Overlay(id)) => Request::Overlay(id),
            _ => continue,
        };
        requests.send(request).await?;
        // answers, snapshots and new estimates: all that comes until it is quiet
        while let Ok(Some(message)) = tokio::time::timeout(Duration::from_secs(2), messages.recv()).await {
            app.update(message);
        }
    }
    std::io::stdout().write_all(picture::svg(&picture::frame(&app), theme).as_bytes())?;
    drop((requests, messages));
    follower.await??;
    Ok(())
}
