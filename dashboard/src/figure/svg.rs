//! A chart as SVG: for a column of a paper, two columns, or a page.

mod words;

use std::fmt::Write as _;

use words::legend_rows;

use crate::chart::{Axes, Chart, Line, Look, Point, Window, written};

/// How a figure is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Unit: points (1/72 inch).
    pub width: f64,
    /// Unit: points.
    pub height: f64,
    /// Whether the title stands above; papers put it into the caption.
    pub title: bool,
    /// Scales and zoom.
    pub axes: Axes,
    /// Whether colours come from the page's style sheet (`var(--s0)`), for light and dark.
    pub themed: bool,
}

impl Style {
    /// One column of a paper: 85 mm.
    pub const COLUMN: Self =
        Self { width: 241.0, height: 170.0, title: false, axes: Axes { x_scale: None, zoom: false }, themed: false };
    /// Two columns of a paper: 178 mm.
    pub const WIDE: Self = Self { width: 505.0, height: 260.0, ..Self::COLUMN };
    /// A page on a screen.
    pub const PAGE: Self = Self { width: 420.0, height: 235.0, title: false, themed: true, ..Self::COLUMN };
}

/// Okabe and Ito (2008), the yellow left out: too light on paper.
const COLOURS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555"];
const DASHES: [&str; 4] = ["", "6 2", "2 2", "7 2 2 2"];
const FONT: f64 = 8.0;
/// A line's labels keep this distance.
const LEADING: f64 = 9.6;

/// The figure as a whole SVG document.
#[must_use]
pub fn svg(chart: &Chart, style: Style) -> String {
    let mut out = String::new();
    let (w, h) = (style.width, style.height);
    let ink = if style.themed { "var(--ink)" } else { "#222222" };
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" {} font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\" font-size=\"{FONT}\" fill=\"{ink}\" role=\"img\" aria-label=\"{}\">\n<title>{}</title>\n<desc>{}</desc>\n",
        if style.themed { String::new() } else { format!("width=\"{w}pt\" height=\"{h}pt\"") },
        escape(&chart.title),
        escape(&chart.title),
        escape(&chart.caption)
    );
    if !style.themed {
        let _ = writeln!(out, "<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>");
    }
    match Window::of(chart, style.axes) {
        Some(window) => Drawing::new(chart, style, window).draw(&mut out),
        None => {
            let _ = writeln!(out, "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">no data</text>", w / 2.0, h / 2.0);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Text that cannot leave its place in XML; what XML 1.0 forbids becomes a picture or a dot.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in crate::text::sanitise(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('·'),
            c => out.push(c),
        }
    }
    out
}

/// About how wide a text is in the figure's font.
fn breadth(text: &str) -> f64 {
    let units: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'l' | 'j' | '.' | ',' | ':' | '\'' | '|' | ' ' | '(' | ')' | 'I' => 0.34,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
            'A'..='Z' => 0.70,
            _ => 0.62,
        })
        .sum();
    units * FONT
}

struct Drawing<'a> {
    chart: &'a Chart,
    style: Style,
    window: Window,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Names beside the ends of the lines; where they do not fit, a legend above.
    direct: bool,
}

impl<'a> Drawing<'a> {
    fn new(chart: &'a Chart, style: Style, window: Window) -> Self {
        let named = || chart.lines.iter().filter(|l| !l.name.is_empty() && l.look != Look::Guide);
        let widest = named().map(|l| breadth(&l.name)).fold(0.0, f64::max);
        let ends_apart = named().all(|l| l.look != Look::Points);
        let direct = ends_apart && named().count() <= 6 && widest < style.width * 0.34;
        let ticks = window.y_ticks(6).iter().map(|t| breadth(&written(*t, chart.y.unit))).fold(0.0, f64::max);
        let legend = if direct || named().count() < 2 {
            0.0
        } else {
            legend_rows(chart, style.width - 60.0).len() as f64 * LEADING + 4.0
        };
        let title = if style.title { 16.0 } else { 0.0 };
        let overhang = window.x_ticks(9).last().map_or(0.0, |t| breadth(&written(*t, chart.x.unit)) / 2.0) + 3.0;
        Self {
            chart,
            style,
            window,
            left: ticks + 8.0 + LEADING + 4.0,
            right: style.width - if direct { widest + 12.0 } else { overhang.max(10.0) },
            top: 8.0 + title + legend,
            bottom: style.height - 28.0,
            direct,
        }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + self.window.across(value) * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - self.window.up(value) * (self.bottom - self.top)
    }

    fn colour(&self, index: usize) -> String {
        if self.style.themed {
            format!("var(--s{})", index % COLOURS.len())
        } else {
            COLOURS[index % COLOURS.len()].to_owned()
        }
    }

    fn draw(&self, out: &mut String) {
        self.frame(out);
        let _ = writeln!(
            out,
            "<clipPath id=\"c-{}\"><rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\"/></clipPath>\n<g clip-path=\"url(#c-{})\">",
            escape(&self.chart.name),
            self.left - 2.5,
            self.top - 2.5,
            self.right - self.left + 5.0,
            self.bottom - self.top + 5.0,
            escape(&self.chart.name)
        );
        for line in &self.chart.lines {
            self.band(line, out);
        }
        for (place, line) in self.chart.lines.iter().enumerate() {
            self.line(place, line, out);
        }
        out.push_str("</g>\n");
        self.marks(out);
        if self.direct {
            self.labels(out);
        } else {
            self.legend(out);
        }
    }

    fn frame(&self, out: &mut String) {
        let (faint, strong) = if self.style.themed { ("var(--rule)", "var(--dim)") } else { ("#e4e4e4", "#555555") };
        let (l, r, t, b) = (self.left, self.right, self.top, self.bottom);
        for tick in self.window.y_ticks(if b - t > 160.0 { 6 } else { 5 }) {
            let y = self.y(tick);
            let _ = writeln!(out, "<path d=\"M{l:.2} {y:.2}H{r:.2}\" stroke=\"{faint}\" stroke-width=\".6\"/>");
            let _ = writeln!(
                out,
                "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"end\">{}</text>",
                l - 4.0,
                y + FONT * 0.35,
                written(tick, self.chart.y.unit)
            );
        }
        let _ = writeln!(out, "<path d=\"M{l:.2} {b:.2}H{r:.2}\" stroke=\"{strong}\" stroke-width=\".8\"/>");
        let ticks = self.window.x_ticks(crate::view::whole((r - l) / 34.0).max(2));
        for tick in ticks {
            let x = self.x(tick);
            let _ = writeln!(out, "<path d=\"M{x:.2} {b:.2}v3\" stroke=\"{strong}\" stroke-width=\".8\"/>");
            let _ = writeln!(
                out,
                "<text x=\"{x:.2}\" y=\"{:.2}\" text-anchor=\"middle\">{}</text>",
                b + 3.0 + FONT * 1.15,
                written(tick, self.chart.x.unit)
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(l, r),
            self.style.height - 4.0,
            escape(&self.chart.x.label)
        );
        let (x, y) = (FONT, f64::midpoint(t, b));
        let _ = writeln!(
            out,
            "<text x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"middle\" transform=\"rotate(-90 {x:.2} {y:.2})\">{}</text>",
            escape(&self.chart.y.label)
        );
        if self.style.title {
            let _ = writeln!(out, "<text x=\"{l:.2}\" y=\"13\" font-size=\"10\">{}</text>", escape(&self.chart.title));
        }
    }

    fn shown<'b>(&'b self, line: &'b Line) -> impl DoubleEndedIterator<Item = Point> + 'b {
        line.points.iter().copied().filter(|p| p.y.is_finite() && self.window.across(p.x).is_finite())
    }

    fn band(&self, line: &Line, out: &mut String) {
        if !matches!(line.look, Look::Curve | Look::Predicted) {
            return;
        }
        let points: Vec<(f64, f64, f64)> =
            self.shown(line).filter_map(|p| Some((self.x(p.x), self.y(p.high?), self.y(p.low?)))).collect();
        if points.len() < 2 {
            return;
        }
        let upper = points.iter().map(|p| format!("{:.2} {:.2}", p.0, p.1));
        let lower = points.iter().rev().map(|p| format!("{:.2} {:.2}", p.0, p.2));
        // many bands over each other would hide the lines
        let banded = self.chart.lines.iter().filter(|l| l.points.iter().any(|p| p.low.is_some())).count();
        let opacity = if banded > 4 { ".08" } else { ".16" };
        let path = upper.chain(lower).collect::<Vec<_>>().join("L");
        let _ =
            writeln!(out, "<path d=\"M{path}Z\" fill=\"{}\" fill-opacity=\"{opacity}\"/>", self.colour(line.colour));
    }

    fn line(&self, place: usize, line: &Line, out: &mut String) {
        let colour = self.colour(line.colour);
        let points: Vec<Point> = self.shown(line).collect();
        if line.look == Look::Points {
            for p in &points {
                let (x, y) = (self.x(p.x), self.y(p.y));
                // several lines of points at the same x: a little apart
                let x = if self.chart.lines.len() > 1 {
                    x + (place as f64 - (self.chart.lines.len() - 1) as f64 / 2.0).clamp(-4.0, 4.0) * 1.2
                } else {
                    x
                };
                if let (Some(low), Some(high)) = (p.low, p.high) {
                    let _ = writeln!(
                        out,
                        "<path d=\"M{x:.2} {:.2}V{:.2}\" stroke=\"{colour}\" stroke-width=\".9\"/>",
                        self.y(low),
                        self.y(high)
                    );
                }
                let _ = writeln!(out, "{}", sign(line.colour, x, y, &colour, &self.hint(line, *p)));
            }
            return;
        }
        let dash = dashes(line);
        let width = match line.look {
            Look::Guide => 0.7,
            Look::Predicted => 1.3,
            _ => 1.4,
        };
        let path: Vec<String> = points.iter().map(|p| format!("{:.2} {:.2}", self.x(p.x), self.y(p.y))).collect();
        let dash = if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
        let _ = writeln!(
            out,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dash}/>",
            path.join("L")
        );
        if let ([only], Look::Curve) = (points.as_slice(), line.look) {
            let _ = writeln!(
                out,
                "{}",
                sign(line.colour, self.x(only.x), self.y(only.y), &colour, &self.hint(line, *only))
            );
        }
        if self.style.themed && line.look != Look::Guide {
            // wide, unseen circles that say their values when pointed at
            let every = points.len().div_ceil(60).max(1);
            for p in points.iter().step_by(every).chain(points.last().filter(|_| every > 1)) {
                let _ = writeln!(
                    out,
                    "<circle class=\"h\" cx=\"{:.2}\" cy=\"{:.2}\" r=\"4\" fill=\"{colour}\"><title>{}</title></circle>",
                    self.x(p.x),
                    self.y(p.y),
                    self.hint(line, *p)
                );
            }
        }
    }

    fn hint(&self, line: &Line, p: Point) -> String {
        let value = |v: f64| written(v, self.chart.y.unit);
        let band = p.low.zip(p.high).map(|(l, h)| format!(" [{}, {}]", value(l), value(h))).unwrap_or_default();
        escape(&format!(
            "{}: {} = {}, {}{band}",
            line.name,
            self.chart.x.label,
            written(p.x, self.chart.x.unit),
            value(p.y)
        ))
    }
}

fn dashes(line: &Line) -> &'static str {
    match line.look {
        Look::Guide => "3 3",
        Look::Predicted => "3 2",
        _ => DASHES[(line.dash + line.colour / COLOURS.len()) % DASHES.len()],
    }
}

/// A point's sign: its shape says the line, too.
fn sign(shape: usize, x: f64, y: f64, colour: &str, hint: &str) -> String {
    let title = if hint.is_empty() { String::new() } else { format!("<title>{hint}</title>") };
    match shape % 4 {
        0 => format!("<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"2.4\" fill=\"{colour}\">{title}</circle>"),
        1 => format!(
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"4.4\" height=\"4.4\" fill=\"{colour}\">{title}</rect>",
            x - 2.2,
            y - 2.2
        ),
        2 => format!("<path d=\"M{:.2} {:.2}l2.8 4.8h-5.6z\" fill=\"{colour}\">{title}</path>", x, y - 2.8),
        _ => format!("<path d=\"M{:.2} {:.2}l2.9 2.9-2.9 2.9-2.9-2.9z\" fill=\"{colour}\">{title}</path>", x, y - 2.9),
    }
}
