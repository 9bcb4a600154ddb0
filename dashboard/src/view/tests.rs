use std::fmt::Write as _;
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::*;
use crate::fixture;
use crate::message::{Effect, Message};
use crate::snapshot::Snapshot;
use crate::theme::{Ground, Theme};

const BARE: Theme = Theme { depth: Depth::None, ground: Ground::Dark, signs: Signs::Ascii };

fn app(snapshot: Snapshot, theme: Theme, size: (u16, u16)) -> App {
    let mut app = App::new(theme, size);
    app.update(Message::Tick(fixture::NOW));
    app.update(Message::Snapshot(Arc::new(snapshot)));
    app
}

fn buffer(app: &App) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(app.size.0, app.size.1)).unwrap();
    terminal.draw(|frame| draw(app, frame)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut skip = 0;
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
            }
            skip = width(symbol).max(skip).saturating_sub(1);
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// Every view of a run, one below the other.
fn views(snapshot: &Snapshot, theme: Theme, size: (u16, u16)) -> String {
    let mut app = app(snapshot.clone(), theme, size);
    let mut out = String::new();
    for view in View::ALL {
        if let Some(Effect::Fetch(key)) = app.show(view) {
            app.update(Message::Sample(Arc::new(fixture::sample(key.problem, key.index))));
        }
        let _ = writeln!(out, "{}\n{}", view.title(), text(&buffer(&app)));
    }
    out
}

/// Each cell's style as a letter, with what the letters mean below; blank where it is plain.
fn styles(buffer: &Buffer) -> String {
    let mut known: Vec<Style> = vec![Style::default()];
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let letters = (0..buffer.area.width).map(|x| {
            let cell = &buffer[(x, y)];
            let ink = if cell.symbol() == " " { Color::Reset } else { cell.fg };
            let style = Style::default().fg(ink).bg(cell.bg).add_modifier(cell.modifier);
            let style =
                if style == Style::default().fg(Color::Reset).bg(Color::Reset) { Style::default() } else { style };
            let place = known.iter().position(|k| *k == style).unwrap_or(known.len());
            if place == known.len() {
                known.push(style);
            }
            char::from(b" abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[place.min(52)])
        });
        let line: String = letters.collect();
        let _ = writeln!(out, "{}", line.trim_end());
    }
    for (letter, style) in ('a'..='z').chain('A'..='Z').zip(&known[1..]) {
        let _ = writeln!(out, "{letter}: {style:?}");
    }
    out
}

#[test]
fn colours() {
    let light = Theme { ground: Ground::Light, ..Theme::DARK };
    let few = Theme { depth: Depth::Ansi, ..Theme::DARK };
    for (name, theme) in [("dark", Theme::DARK), ("light", light), ("sixteen", few)] {
        let mut shown = String::new();
        for view in [View::Overview, View::Problems, View::Samples] {
            let mut app = app(fixture::live(), theme, (80, 24));
            app.show(view);
            app.update(Message::Sample(Arc::new(fixture::sample(0, 0))));
            let _ = writeln!(shown, "{}\n{}", view.title(), styles(&buffer(&app)));
        }
        insta::assert_snapshot!(format!("colours-{name}-80x24"), shown);
    }
}

#[test]
fn live() {
    insta::assert_snapshot!("live-80x24", views(&fixture::live(), Theme::DARK, (80, 24)));
    insta::assert_snapshot!("live-120x40", views(&fixture::live(), Theme::DARK, (120, 40)));
    insta::assert_snapshot!("live-240x60", views(&fixture::live(), Theme::DARK, (240, 60)));
}

#[test]
fn finished() {
    insta::assert_snapshot!("finished-80x24", views(&fixture::finished(), Theme::DARK, (80, 24)));
    insta::assert_snapshot!("finished-120x40", views(&fixture::finished(), BARE, (120, 40)));
}

#[test]
fn failed() {
    insta::assert_snapshot!("failed-80x24", views(&fixture::failed(), Theme::DARK, (80, 24)));
}

#[test]
fn empty() {
    insta::assert_snapshot!("empty-80x24", views(&Snapshot::default(), Theme::DARK, (80, 24)));
    insta::assert_snapshot!("empty-bare-120x40", views(&Snapshot::default(), BARE, (120, 40)));
}

#[test]
fn without_colour_or_unicode() {
    let shown = views(&fixture::live(), BARE, (80, 24));
    assert!(shown.is_ascii());
    insta::assert_snapshot!("live-bare-80x24", shown);
}

#[test]
fn no_colour_means_none() {
    let no_colour = Theme { depth: Depth::None, ..Theme::DARK };
    for view in View::ALL {
        let mut app = app(fixture::live(), no_colour, (100, 30));
        app.show(view);
        let coloured = |b: &Buffer| b.content.iter().any(|c| c.fg != Color::Reset || c.bg != Color::Reset);
        assert!(!coloured(&buffer(&app)), "{view:?}");
        app.theme = Theme::DARK;
        assert!(coloured(&buffer(&app)), "{view:?}");
    }
}

#[test]
fn every_size_can_be_drawn() {
    let sizes =
        [(1, 1), (5, 3), (29, 9), (30, 8), (41, 12), (59, 17), (78, 20), (110, 21), (300, 80), (20, 200), (500, 9)];
    for snapshot in [Snapshot::default(), fixture::live()] {
        for size in sizes {
            let mut app = app(snapshot.clone(), Theme::DARK, (80, 24));
            for view in View::ALL {
                app.update(Message::Resize(size.0, size.1));
                app.show(view);
                app.update(Message::Sample(Arc::new(fixture::sample(0, 0))));
                app.crosshair = Some(0.4);
                app.help = Some(3);
                buffer(&app);
                app.help = None;
                buffer(&app);
            }
        }
    }
}

#[test]
fn a_hostile_completion_moves_no_cursor() {
    let mut app = app(fixture::live(), Theme::DARK, (80, 24));
    app.show(View::Samples);
    app.update(Message::Sample(Arc::new(fixture::sample(0, 0))));
    let shown = buffer(&app);
    assert!(text(&shown).contains("␛[2J"));
    assert!(shown.content.iter().all(|c| !c.symbol().chars().any(char::is_control)));
}

#[test]
fn the_help_names_every_key() {
    let mut app = app(fixture::live(), Theme::DARK, (80, 80));
    app.help = Some(0);
    let shown = text(&buffer(&app));
    for binding in keys::KEYS {
        assert!(shown.contains(binding.help), "{}", binding.help);
    }
}
