//! May I stop now, and what do I have?

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use super::{layout, plot};
use crate::app::App;
use crate::snapshot::{Level, Spread};
use crate::text::{clip, clock, count, count_of, dollars, duration, percent, width, wrap};
use crate::words::{self, Verdict};

/// Columns of a name before its value.
const LABEL: u16 = 10;
/// Columns of a name and its value; what is wider has a line of its own.
const FACT: u16 = 24;
/// Columns of `12 345/67 890  100 %`.
const COUNTS: u16 = 21;

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let (top, rest) = layout::answer(body);
    answer(app, top, buffer);
    let (side, chart) = layout::overview(rest);
    if side.width == body.width {
        stacked(app, side, buffer);
    } else {
        column(app, side, buffer);
    }
    let options = plot::Options { axes: app.axes, crosshair: app.crosshair };
    plot::draw(&app.snapshot.overview, options, app.theme, chart, buffer);
}

fn answer(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let (verdict, words) = words::answer(&app.snapshot);
    let style = match verdict {
        Verdict::Enough => theme.good(),
        Verdict::GoOn => theme.accent(),
        Verdict::Open => theme.warn(),
        Verdict::Early => theme.dim(),
        Verdict::Over => theme.state(app.snapshot.run.state),
    };
    let columns = usize::from(area.width);
    let mut pen = Pen::new(buffer, area, theme);
    let first = wrap(&words, columns);
    let second = wrap(&words::so_far(&app.snapshot), columns);
    let room = usize::from(area.height).saturating_sub(1);
    for line in first.iter().take(room.saturating_sub(1).max(1)) {
        pen.line(&[(line, theme.strong().patch(style))]);
    }
    for line in second.iter().take(usize::from(area.height.saturating_sub(pen.row()))) {
        pen.line(&[(line, theme.text())]);
    }
}

/// Beside the chart: bars, rates, facts, and what room is left for.
fn column(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let mut pen = Pen::new(buffer, area, theme);
    bars(app, area.width, &mut pen);
    pen.skip(4);
    // a run that is over has no rates
    if app.snapshot.run.state.is_live() {
        for (name, unit, values, series) in rates(app) {
            let row = pen.row();
            pen.put(0, row, name, theme.dim());
            pen.spark(LABEL + 1, row, area.width.saturating_sub(LABEL + 1 + 12), values, theme.series(series));
            pen.put_right(area.width, row, &format!("{}{unit}", count_of(last(values))), theme.text());
            pen.skip(1);
        }
        pen.skip(1);
    }
    let facts = facts(app);
    for (name, value, style) in &facts[..2] {
        fact(&mut pen, 0, name, value, *style);
        pen.skip(1);
    }
    grid(&mut pen, area.width, &facts[2..]);
    pen.skip(1);
    if area.height >= pen.row() + 6 {
        spread(app, &app.snapshot.spread, area.width, &mut pen);
        pen.skip(1);
    }
    lately(app, area, &mut pen);
}

/// Above the chart: each rate beside its bar, the facts below.
fn stacked(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let mut pen = Pen::new(buffer, area, theme);
    let live = app.snapshot.run.state.is_live() && area.width >= 60;
    let spark = if live { area.width.saturating_sub(62).clamp(6, 16) } else { 0 };
    let beside = if live { spark + 12 } else { 0 };
    bars(app, area.width - beside, &mut pen);
    if live {
        for (row, (_, unit, values, series)) in (0..).zip(rates(app)) {
            pen.spark(area.width - beside + 1, row, spark, values, theme.series(series));
            pen.put_right(area.width, row, &format!("{}{unit}", count_of(last(values))), theme.dim());
        }
    }
    pen.skip(3);
    let facts = facts(app);
    let narrow = area.width < 3 * FACT;
    fact(&mut pen, 0, facts[0].0, &facts[0].1, facts[0].2);
    fact(&mut pen, if narrow { FACT } else { area.width / 3 }, facts[1].0, &facts[1].1, facts[1].2);
    pen.skip(1);
    // the rate of the tokens is above; their sum has no room here
    let rest: Vec<_> = facts[2..].iter().filter(|f| f.0 != "tokens").cloned().collect();
    grid(&mut pen, area.width, &rest);
}

/// How far samples, verdicts and problems are.
fn bars(app: &App, columns: u16, pen: &mut Pen) {
    let theme = app.theme;
    let p = &app.snapshot.progress;
    let bars = [
        ("samples", p.samples_done, p.samples_total, 0),
        ("verdicts", p.verdicts_done, p.verdicts_total, 2),
        ("problems", p.problems_done, p.problems_total, 5),
    ];
    let wide = columns.saturating_sub(LABEL + COUNTS);
    for (row, (name, done, total, series)) in (pen.row()..).zip(bars) {
        let share = if total > 0 { done as f64 / total as f64 } else { 0.0 };
        pen.put(0, row, name, theme.dim());
        pen.bar(LABEL, row, wide, share, theme.series(series));
        pen.put_right(columns - 6, row, &format!("{}/{}", count(done), count(total)), theme.text());
        pen.put_right(columns, row, &format!("{:.0} %", (share * 100.0).floor()), theme.strong());
    }
}

fn rates(app: &App) -> [(&'static str, &'static str, &[f64], usize); 3] {
    let rates = &app.snapshot.rates;
    [
        ("samples", " /s", &rates.samples, 0),
        ("verdicts", " /s", &rates.verdicts, 2),
        ("tokens", " t/s", &rates.tokens, 1),
    ]
}

fn last(values: &[f64]) -> f64 {
    let tail = &values[values.len().saturating_sub(3)..];
    if tail.is_empty() { 0.0 } else { tail.iter().sum::<f64>() / tail.len() as f64 }
}

type Fact = (&'static str, String, Style);

/// Small numbers: time left and money first; those that should be 0 stand out where they are not.
fn facts(app: &App) -> Vec<Fact> {
    let theme = app.theme;
    let p = &app.snapshot.progress;
    let alarm = |n: u64, style: Style| if n > 0 { style } else { theme.dim() };
    let share = |n: u64| match p.samples_done {
        0 => count(n),
        all => format!("{}{}", count(n), short_percent(n as f64 / all as f64)),
    };
    let cost = match (p.cost_forecast_usd, p.budget_usd) {
        (Some(f), Some(b)) => format!("{} → {} of {}", dollars(p.cost_usd), dollars(Some(f)), dollars(Some(b))),
        (Some(f), None) => format!("{} → {}", dollars(p.cost_usd), dollars(Some(f))),
        (None, Some(b)) => format!("{} of {}", dollars(p.cost_usd), dollars(Some(b))),
        (None, None) => dollars(p.cost_usd),
    };
    let over = matches!((p.cost_forecast_usd, p.budget_usd), (Some(f), Some(b)) if f > b);
    let left = match (app.snapshot.run.state.is_live(), p.left) {
        (true, Some(left)) => duration(left),
        _ => "--".to_owned(),
    };
    let short = |n: u64| count_of(n as f64).replace(' ', "");
    let tokens = match p.prompt_tokens {
        0 => short(p.completion_tokens),
        read => format!("{}+{}", short(read), short(p.completion_tokens)),
    };
    vec![
        ("left", left, theme.strong()),
        ("cost", cost, if over { theme.warn() } else { theme.text() }),
        ("in flight", format!("{} of {}", p.in_flight, p.concurrency), theme.text()),
        ("tokens", tokens, theme.text()),
        ("429", count(p.rate_limited), alarm(p.rate_limited, theme.warn())),
        ("errors", count(p.errors), alarm(p.errors, theme.bad())),
        ("retries", count(p.retries), alarm(p.retries, theme.warn())),
        ("failed", share(p.failed), alarm(p.failed, theme.bad())),
        ("truncated", share(p.truncated), alarm(p.truncated, theme.warn())),
        ("refused", share(p.refused + p.empty), alarm(p.refused + p.empty, theme.warn())),
        ("duplicate", share(p.duplicates), alarm(p.duplicates, theme.text())),
        ("unjudged", count(p.unjudged), alarm(p.unjudged, theme.bad())),
    ]
}

fn short_percent(share: f64) -> String {
    if share <= 0.0 { String::new() } else { format!(" ({})", percent(Some(share)).replace(' ', "")) }
}

fn fact(pen: &mut Pen, x: u16, name: &str, value: &str, style: Style) {
    let row = pen.row();
    pen.put(x, row, name, pen.theme().dim());
    pen.put(x + LABEL, row, value, style);
}

/// Facts in as many even columns as have room.
fn grid(pen: &mut Pen, wide: u16, facts: &[Fact]) {
    let columns = (wide / FACT).max(1);
    let step = wide / columns;
    for line in facts.chunks(usize::from(columns)) {
        for (place, (name, value, style)) in (0u16..).zip(line) {
            fact(pen, place * step, name, &clip(value, usize::from(step.saturating_sub(LABEL))), *style);
        }
        pen.skip(1);
    }
}

/// How many problems are never, sometimes and always right.
fn spread(app: &App, spread: &Spread, columns: u16, pen: &mut Pen) {
    let theme = app.theme;
    let judged = spread.never + spread.seldom + spread.often + spread.always;
    if judged == 0 {
        return;
    }
    pen.line(&[("problems by share of right samples", theme.dim())]);
    for (name, n, style) in [
        ("always", spread.always, theme.good()),
        ("half or more", spread.often, theme.series(0)),
        ("under half", spread.seldom, theme.warn()),
        ("never", spread.never, theme.bad()),
    ] {
        let row = pen.row();
        pen.put(0, row, name, theme.dim());
        pen.bar(14, row, columns.saturating_sub(14 + 9), f64::from(n) / f64::from(judged), style);
        pen.put_right(columns, row, &count(u64::from(n)), theme.text());
        pen.skip(1);
    }
}

/// The end of the log.
fn lately(app: &App, area: Rect, pen: &mut Pen) {
    const MOST: usize = 12;
    let theme = app.theme;
    let room = usize::from(area.height.saturating_sub(pen.row() + 1)).min(MOST);
    let events = &app.snapshot.events;
    if room < 2 || events.is_empty() {
        return;
    }
    pen.line(&[("lately", theme.dim())]);
    for event in &events[events.len().saturating_sub(room)..] {
        let row = pen.row();
        let time = clock(event.at_ms);
        let style = if event.level == Level::Info { theme.text() } else { theme.level(event.level) };
        pen.put(0, row, &time, theme.dim());
        let room = usize::from(area.width).saturating_sub(width(&time) + 2);
        pen.put(10, row, &clip(&event.message, room), style);
        pen.skip(1);
    }
}
