//! A chart as SVG: for a column of a paper, two columns, or a page.

mod axes;
mod signs;
mod words;

use std::collections::HashSet;
use std::fmt::Write as _;

use signs::{TURN, dashes, sign};
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
    pub const PAGE: Self = Self { width: 340.0, height: 205.0, title: false, themed: true, ..Self::COLUMN };
}

/// Okabe and Ito (2008), the yellow left out: too light on paper.
const COLOURS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555"];
const FONT: f64 = 8.0;
/// Between two panels.
const PANEL_GAP: f64 = 12.0;
/// A line's labels keep this distance.
const LEADING: f64 = 9.6;

/// The figure as a whole SVG document; a second panel stands beside the first where there is room, else below it.
#[must_use]
pub fn svg(chart: &Chart, style: Style) -> String {
    let beside = style.width > Style::COLUMN.width;
    let panel = match &chart.second {
        Some(_) if beside => Style { width: (style.width - PANEL_GAP) / 2.0, ..style },
        _ => style,
    };
    let more =
        std::iter::once(chart).chain(chart.second.as_deref()).map(|chart| room(chart, panel)).fold(0.0, f64::max);
    let (style, panel) =
        (Style { height: style.height + more, ..style }, Style { height: panel.height + more, ..panel });
    let height = if chart.second.is_some() && !beside { 2.0 * style.height + PANEL_GAP } else { style.height };
    let mut out = String::new();
    let (w, h) = (style.width, height);
    let ink = if style.themed { "var(--ink)" } else { "#222222" };
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" {} font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\" font-size=\"{FONT}\" fill=\"{ink}\" role=\"img\" aria-label=\"{}\">\n<title>{}</title>\n<desc>{}</desc>\n",
        if style.themed { String::new() } else { format!("width=\"{w}pt\" height=\"{h}pt\"") },
        escape(&spoken(chart)),
        escape(&chart.title),
        escape(&chart.caption)
    );
    if !style.themed {
        let _ = writeln!(out, "<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>");
    }
    draw(chart, panel, &mut out);
    if let Some(second) = &chart.second {
        let (x, y) = if beside { (panel.width + PANEL_GAP, 0.0) } else { (0.0, style.height + PANEL_GAP) };
        let _ = writeln!(out, "<g transform=\"translate({x:.2} {y:.2})\">");
        draw(second, panel, &mut out);
        out.push_str("</g>\n");
    }
    out.push_str("</svg>\n");
    out
}

/// What a long legend takes beyond the rows that the figure has room for.
fn room(chart: &Chart, style: Style) -> f64 {
    const ROWS: usize = 3;
    let named = Window::of(chart, style.axes).map(|window| Drawing::new(chart, style, window).names);
    let rows = if named == Some(Names::Legend) { legend_rows(chart, style.width - 60.0).len() } else { 0 };
    rows.saturating_sub(ROWS) as f64 * LEADING
}

fn draw(chart: &Chart, style: Style, out: &mut String) {
    if let Some(window) = Window::of(chart, style.axes) {
        Drawing::new(chart, style, window).draw(out);
    } else {
        let (x, y) = (style.width / 2.0, style.height / 2.0);
        let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">no data</text>");
    }
}

/// The figure for those who cannot see it: each line from its first to its last value.
fn spoken(chart: &Chart) -> String {
    let of = |chart: &Chart| {
        let value = |p: &Point| {
            let (x, y) = (written(p.x, chart.x.unit), written(p.y, chart.y.unit));
            format!("{y} at {} {x}", chart.x.label)
        };
        let lines = chart.lines.iter().filter(|l| l.look != Look::Guide).filter_map(|line| {
            let (first, last) = (line.points.first()?, line.points.last()?);
            let to = if line.points.len() > 1 { format!(" to {}", value(last)) } else { String::new() };
            Some(format!("{}: {}{to}", line.name, value(first)))
        });
        lines.take(8).collect::<Vec<_>>().join("; ")
    };
    let second = chart.second.as_deref().map(|c| format!(" {}: {}.", c.title, of(c))).unwrap_or_default();
    format!("{}. {}: {}.{second}", chart.title, chart.y.label, of(chart))
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
    /// Points stay this far from the ends of the horizontal axis.
    inset: f64,
    names: Names,
}

/// Where names stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Beside the ends of the lines.
    Ends,
    /// Beside single points.
    Tags,
    /// Above, where they fit nowhere else.
    Legend,
    /// Nowhere: the caption says what the only line is.
    None,
}

impl<'a> Drawing<'a> {
    fn new(chart: &'a Chart, style: Style, window: Window) -> Self {
        let named = || chart.lines.iter().filter(|l| !l.name.is_empty() && l.look != Look::Guide);
        let widest = named().map(|l| breadth(&l.name)).fold(0.0, f64::max);
        let colours: HashSet<usize> = named().map(|l| l.colour).collect();
        let one_each = colours.len() == named().count();
        let scattered = named().all(|l| l.look == Look::Points && l.points.len() == 1);
        let names = match named().count() {
            1..=8 if scattered => Names::Tags,
            // lines of one colour differ by their dashes, which only a legend shows
            1..=6 if widest < style.width * 0.34 && named().all(|l| l.look != Look::Points) && one_each => Names::Ends,
            0 | 1 => Names::None,
            _ => Names::Legend,
        };
        let drawing = Self::named(chart, style, window, names);
        if names == Names::Tags && drawing.tag_places().iter().any(Option::is_none) {
            // points too close for names beside them
            return Self::named(chart, style, window, Names::Legend);
        }
        drawing
    }

    fn named(chart: &'a Chart, style: Style, window: Window, names: Names) -> Self {
        let shown = chart.lines.iter().filter(|l| !l.name.is_empty() && l.look != Look::Guide);
        let widest = shown.map(|l| breadth(&l.name)).fold(0.0, f64::max);
        let ticks = axes::said(&window.y_ticks(6), chart.y.unit).iter().map(|t| breadth(t)).fold(0.0, f64::max);
        let legend = if names == Names::Legend {
            legend_rows(chart, style.width - 60.0).len() as f64 * LEADING + 4.0
        } else {
            0.0
        };
        let title = if style.title { 16.0 } else { 0.0 };
        let overhang = breadth(&written(window.x.1, chart.x.unit)) / 2.0 + 3.0;
        let two_lines = chart.x.words.iter().any(|(_, word)| word.contains('\n'));
        let inset =
            if chart.x.range.is_none() && chart.lines.iter().any(|l| l.look == Look::Points) { 7.0 } else { 0.0 };
        Self {
            chart,
            style,
            window,
            left: ticks + 8.0 + LEADING + 4.0,
            right: style.width - if names == Names::Ends { widest + 12.0 } else { overhang.max(10.0) },
            top: 8.0 + title + legend,
            bottom: style.height - if two_lines { 28.0 + LEADING } else { 28.0 },
            inset,
            names,
        }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + self.inset + self.window.across(value) * (self.right - self.left - 2.0 * self.inset)
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
        self.guides(out);
        match self.names {
            Names::Ends => self.labels(out),
            Names::Tags => self.tags(out),
            Names::Legend => self.legend(out),
            Names::None => {}
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
                let (x, y) = (self.x(p.x) + self.aside(place), self.y(p.y));
                // a whisker without length is no path
                if let (Some(low), Some(high)) = (p.low, p.high)
                    && (self.y(low) - self.y(high)).abs() > 0.01
                {
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
        let turn = line.turn.map_or(String::new(), |(turn, _)| format!(" stroke-dashoffset=\"-{}\"", turn * TURN));
        let width = match line.look {
            Look::Guide => 0.7,
            Look::Predicted => 1.3,
            _ => 1.4,
        };
        let path: Vec<String> = points.iter().map(|p| format!("{:.2} {:.2}", self.x(p.x), self.y(p.y))).collect();
        let dash = if dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{dash}\"") };
        let _ = writeln!(
            out,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dash}{turn}/>",
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

    /// How far the points of a line stand aside, where several lines have points at the same places. A single point stands where it is.
    fn aside(&self, place: usize) -> f64 {
        let several = |line: &&Line| line.look == Look::Points && line.points.len() > 1;
        let all = self.chart.lines.iter().filter(several).count();
        if self.chart.lines.get(place).is_none_or(|line| !several(&line)) {
            return 0.0;
        }
        let before = self.chart.lines[..place].iter().filter(several).count();
        (before as f64 - (all as f64 - 1.0) / 2.0).clamp(-4.0, 4.0) * 1.2
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
