//! May I stop now, and what do I have?

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::pen::Pen;
use super::{layout, plot};
use crate::app::App;
use crate::text::{count, count_of, dollars, duration, percent, wrap};
use crate::words::{self, Verdict};

pub(super) fn draw(app: &App, body: Rect, buffer: &mut Buffer) {
    let (top, rest) = layout::answer(body);
    answer(app, top, buffer);
    let (side, chart) = layout::overview(rest);
    numbers(app, side, buffer);
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
    let second = wrap(&words::have(&app.snapshot.summary), columns);
    let room = usize::from(area.height).saturating_sub(1);
    for line in first.iter().take(room.saturating_sub(1).max(1)) {
        pen.line(&[(line, theme.strong().patch(style))]);
    }
    for line in second.iter().take(usize::from(area.height.saturating_sub(pen.row()))) {
        pen.line(&[(line, theme.text())]);
    }
}

fn numbers(app: &App, area: Rect, buffer: &mut Buffer) {
    let theme = app.theme;
    let p = &app.snapshot.progress;
    let rates = &app.snapshot.rates;
    let mut pen = Pen::new(buffer, area, theme);
    let wide = area.width;
    let roomy = wide < 100 && area.width >= 60;
    let bars = [
        ("samples", p.samples_done, p.samples_total, Some(rates.samples.as_slice()), 0),
        ("verdicts", p.verdicts_done, p.verdicts_total, Some(rates.verdicts.as_slice()), 2),
        ("problems", p.problems_done, p.problems_total, None, 5),
    ];
    let spark = if roomy { wide.saturating_sub(62).clamp(6, 16) } else { 10 };
    let numbers = 21u16;
    let bar = if roomy { wide.saturating_sub(10 + numbers + spark + 10) } else { wide.saturating_sub(10 + numbers) };
    for (row, (name, done, total, values, series)) in (pen.row()..).zip(bars) {
        let share = if total > 0 { done as f64 / total as f64 } else { 0.0 };
        pen.put(0, row, name, theme.dim());
        pen.bar(10, row, bar, share, theme.series(series));
        let text = format!("{}/{}", count(done), count(total));
        pen.put_right(10 + bar + numbers - 6, row, &text, theme.text());
        pen.put_right(10 + bar + numbers, row, &format!("{:.0} %", (share * 100.0).floor()), theme.strong());
        if let (Some(values), true) = (values, roomy && app.snapshot.run.state.is_live()) {
            pen.spark(10 + bar + numbers + 1, row, spark, values, theme.series(series));
            pen.put_right(wide, row, &format!("{}/s", count_of(last(values))), theme.dim());
        }
    }
    // a run that is over has no rates
    let live = app.snapshot.run.state.is_live();
    if !live {
        pen.skip(if roomy { 3 } else { 4 });
    } else if roomy {
        let row = 2;
        pen.spark(10 + bar + numbers + 1, row, spark, &rates.tokens, theme.series(1));
        pen.put_right(wide, row, &format!("{} t/s", count_of(last(&rates.tokens))), theme.dim());
        pen.skip(3);
    } else {
        pen.skip(3);
        let spark = wide.saturating_sub(10 + numbers).max(8);
        for (row, (name, values, series)) in (4..).zip([
            ("samples/s", &rates.samples, 0),
            ("verdicts/s", &rates.verdicts, 2),
            ("tokens/s", &rates.tokens, 1),
        ]) {
            pen.put(0, row, name, theme.dim());
            pen.spark(12, row, spark.saturating_sub(2), values, theme.series(series));
            pen.put_right(10 + bar + numbers, row, &count_of(last(values)), theme.text());
        }
        pen.skip(5);
    }
    facts(app, area, pen.row(), buffer);
}

fn last(values: &[f64]) -> f64 {
    let tail = &values[values.len().saturating_sub(3)..];
    if tail.is_empty() { 0.0 } else { tail.iter().sum::<f64>() / tail.len() as f64 }
}

/// Small numbers in columns; those that should be 0 stand out where they are not.
fn facts(app: &App, area: Rect, from: u16, buffer: &mut Buffer) {
    let theme = app.theme;
    let p = &app.snapshot.progress;
    let alarm = |n: u64, style: Style| if n > 0 { style } else { theme.dim() };
    let share = |n: u64| match p.samples_done {
        0 => count(n),
        all => format!("{} {}", count(n), short_percent(n as f64 / all as f64)),
    };
    let cost = match (p.cost_forecast_usd, p.budget_usd) {
        (Some(f), Some(b)) => format!("{}→{} of {}", dollars(p.cost_usd), dollars(Some(f)), dollars(Some(b))),
        (Some(f), None) => format!("{}→{}", dollars(p.cost_usd), dollars(Some(f))),
        (None, Some(b)) => format!("{} of {}", dollars(p.cost_usd), dollars(Some(b))),
        (None, None) => dollars(p.cost_usd),
    };
    let over = matches!((p.cost_forecast_usd, p.budget_usd), (Some(f), Some(b)) if f > b);
    let left = match (app.snapshot.run.state.is_live(), p.left) {
        (false, _) => "--".to_owned(),
        (true, left) => left.map_or_else(|| "--".to_owned(), duration),
    };
    let short = |n: u64| count_of(n as f64).replace(' ', "");
    let tokens = match p.prompt_tokens {
        0 => short(p.completion_tokens),
        read => format!("{}+{}", short(read), short(p.completion_tokens)),
    };
    let items: Vec<(&str, String, Style)> = vec![
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
        ("duplicate", share(p.duplicates), theme.text()),
        ("unjudged", count(p.unjudged), alarm(p.unjudged, theme.bad())),
    ];
    let columns: u16 = match area.width {
        0..=55 => 2,
        _ => 3,
    };
    let wide = area.width / columns;
    let mut pen = Pen::new(buffer, area, theme);
    // money needs room: where there is less of it, it has a line of its own
    let compact = area.width >= 56 && area.width < 100;
    let (head, tail) = if compact { items.split_at(0) } else { items.split_at(2) };
    for (row, (name, value, style)) in (from..).zip(head) {
        pen.put(0, row, name, theme.dim());
        pen.put(12, row, value, *style);
    }
    let start = from + u16::try_from(head.len()).unwrap_or(0);
    for (place, (name, value, style)) in (0u16..).zip(tail) {
        let (x, y) = (place % columns * wide, start + place / columns);
        let label = if compact { 10 } else { 12 };
        pen.put(x, y, name, theme.dim());
        let room = usize::from((wide + u16::from(place % columns + 1 == columns) * 2).saturating_sub(label));
        pen.put(x + label, y, &crate::text::clip(value, room), *style);
    }
}

fn short_percent(share: f64) -> String {
    if share <= 0.0 { String::new() } else { format!("({})", percent(Some(share)).replace(' ', "")) }
}
