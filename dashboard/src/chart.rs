//! A chart as data: lines with bands, axes, marks. The terminal, SVG and HTML all draw the same one.

/// One chart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chart {
    /// The figure's name in the contract, for example `pass-at-n`.
    pub name: String,
    /// What it shows, in a few words.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The lines, in the order of the legend.
    pub lines: Vec<Line>,
    /// Points with a word.
    pub marks: Vec<Mark>,
    /// What a caption must say: estimator, interval, n, problems.
    pub caption: String,
    /// A panel of the same figure, beside or below this one.
    pub second: Option<Box<Chart>>,
}

/// One axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Axis {
    /// What it counts.
    pub label: String,
    /// How it is divided.
    pub scale: Scale,
    /// How its values are written.
    pub unit: Unit,
    /// Its ends; `None`: those of the data.
    pub range: Option<(f64, f64)>,
    /// Words at places, where the numbers themselves would not say enough; a word may have a second line.
    pub words: Vec<(f64, String)>,
}

/// How an axis is divided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By powers of two; values of 0 or less are not drawn.
    Log,
}

/// How values are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unit {
    /// As they are.
    #[default]
    Plain,
    /// As per cent: 0.5 is 50 %.
    Percent,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Which colour of the palette.
    pub colour: usize,
    /// Which dashes: lines of one colour differ by them; 0 is none.
    pub dash: usize,
    /// Its place among lines that lie on each other, and how many those are: they are drawn by turns, so that all are seen.
    pub turn: Option<(usize, usize)>,
    /// How it is drawn.
    pub look: Look,
    /// Its points by rising x.
    pub points: Vec<Point>,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Look {
    /// A line, with a band where the points have intervals.
    #[default]
    Curve,
    /// Beyond the data: dashed, and said so.
    Predicted,
    /// Points with whiskers, not joined.
    Points,
    /// A thin line for orientation (the diagonal, a baseline).
    Guide,
}

/// One point.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    /// Where.
    pub x: f64,
    /// How much.
    pub y: f64,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
}

/// A point with a word.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mark {
    /// Where.
    pub x: f64,
    /// How much.
    pub y: f64,
    /// The word.
    pub text: String,
    /// Which colour of the palette.
    pub colour: usize,
}

impl Point {
    /// A point without an interval.
    #[must_use]
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, low: None, high: None }
    }

    /// The same with an interval, where both ends are known.
    #[must_use]
    pub fn within(mut self, low: Option<f64>, high: Option<f64>) -> Self {
        (self.low, self.high) = if low.is_some() && high.is_some() { (low, high) } else { (None, None) };
        self
    }
}

impl Line {
    /// The value at `x`: the last point at or before it, `None` outside of the data.
    #[must_use]
    pub fn at(&self, x: f64) -> Option<Point> {
        let last = self.points.last()?;
        if x > last.x + 1e-9 {
            return None;
        }
        self.points.iter().rev().find(|p| p.x <= x + 1e-9).copied()
    }
}

/// A chart's window: from values to 0..=1 on both axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Ends of x.
    pub x: (f64, f64),
    /// Ends of y.
    pub y: (f64, f64),
    /// How x is divided.
    pub x_scale: Scale,
}

/// What the reader chose about the axes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Axes {
    /// Another scale than the chart's own.
    pub x_scale: Option<Scale>,
    /// y from the data's least to its greatest, not the whole of 0..=1.
    pub zoom: bool,
}

impl Window {
    /// The window that shows all of a chart; `None` where nothing can be drawn.
    #[must_use]
    pub fn of(chart: &Chart, axes: Axes) -> Option<Self> {
        let x_scale = axes.x_scale.unwrap_or(chart.x.scale);
        let shown = |p: &&Point| p.x.is_finite() && p.y.is_finite() && (x_scale == Scale::Linear || p.x > 0.0);
        let points = || chart.lines.iter().flat_map(|l| l.points.iter()).filter(shown);
        let least = |values: &mut dyn Iterator<Item = f64>| values.min_by(f64::total_cmp);
        let greatest = |values: &mut dyn Iterator<Item = f64>| values.max_by(f64::total_cmp);
        let mut x = (least(&mut points().map(|p| p.x))?, greatest(&mut points().map(|p| p.x))?);
        if let Some(range) = chart.x.range
            && (x_scale == Scale::Linear || range.0 > 0.0)
        {
            x = range;
        }
        let data = (
            least(&mut points().map(|p| p.low.unwrap_or(p.y)))?,
            greatest(&mut points().map(|p| p.high.unwrap_or(p.y)))?,
        );
        let mut y = match (chart.y.range, chart.y.unit) {
            _ if axes.zoom => data,
            (Some(range), _) => range,
            (None, Unit::Percent) => (data.0.min(0.0), data.1.max(1.0)),
            (None, Unit::Plain) => (data.0.min(0.0), data.1.max(0.0)),
        };
        if x.1 - x.0 < 1e-12 {
            x = match x_scale {
                Scale::Log => (x.0 / 2.0, x.0 * 2.0),
                Scale::Linear => (x.0 - 1.0, x.1 + 1.0),
            };
        }
        if y.1 - y.0 < 1e-12 {
            y = (y.0 - 0.05, y.1 + 0.05);
        }
        Some(Self { x, y, x_scale })
    }

    /// Where a value of x lies, 0 at the left end and 1 at the right.
    #[must_use]
    pub fn across(&self, x: f64) -> f64 {
        match self.x_scale {
            Scale::Linear => (x - self.x.0) / (self.x.1 - self.x.0),
            Scale::Log if x <= 0.0 => f64::NEG_INFINITY,
            Scale::Log => (x.ln() - self.x.0.ln()) / (self.x.1.ln() - self.x.0.ln()),
        }
    }

    /// The inverse of [`Window::across`].
    #[must_use]
    pub fn value_across(&self, share: f64) -> f64 {
        match self.x_scale {
            Scale::Linear => self.x.0 + share * (self.x.1 - self.x.0),
            Scale::Log => (self.x.0.ln() + share * (self.x.1.ln() - self.x.0.ln())).exp(),
        }
    }

    /// Where a value of y lies, 0 at the bottom and 1 at the top.
    #[must_use]
    pub fn up(&self, y: f64) -> f64 {
        (y - self.y.0) / (self.y.1 - self.y.0)
    }

    /// Ticks of x, at most `most` of them.
    #[must_use]
    pub fn x_ticks(&self, most: usize) -> Vec<f64> {
        match self.x_scale {
            Scale::Linear => even_ticks(self.x, most),
            Scale::Log => log_ticks(self.x, most),
        }
    }

    /// Ticks of y, at most `most` of them.
    #[must_use]
    pub fn y_ticks(&self, most: usize) -> Vec<f64> {
        even_ticks(self.y, most)
    }
}

/// Round numbers between two ends.
fn even_ticks((low, high): (f64, f64), most: usize) -> Vec<f64> {
    let span = high - low;
    let rough = span / most.max(2) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0, 20.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| span / step + 1.0 <= most.max(2) as f64 + 1e-9)
        .unwrap_or(span);
    let first = (low / step - 1e-9).ceil() * step;
    (0..=most)
        .map(|i| first + i as f64 * step)
        .filter(|t| *t <= high + step * 1e-6)
        .map(|t| if t.abs() < step * 1e-6 { 0.0 } else { t })
        .collect()
}

/// Powers of two between two ends, thinned by powers.
fn log_ticks((low, high): (f64, f64), most: usize) -> Vec<f64> {
    let first = (low.log2() - 1e-9).ceil();
    let count = ((high.log2() + 1e-9).floor() - first).max(0.0) + 1.0;
    let stride = (count / most.max(1) as f64).ceil().max(1.0);
    let mut ticks = Vec::new();
    let mut power = first;
    while power <= high.log2() + 1e-9 {
        ticks.push(power.exp2());
        power += stride;
    }
    ticks
}

/// A value as an axis or a legend writes it.
#[must_use]
pub fn written(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => {
            let percent = value * 100.0;
            if (percent - percent.round()).abs() < 0.05 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
        }
        Unit::Plain if value.abs() >= 10_000.0 => crate::text::count_of(value),
        Unit::Plain if (value - value.round()).abs() < 1e-9 => format!("{value:.0}"),
        Unit::Plain if value.abs() < 0.1 => format!("{value:.3}"),
        Unit::Plain => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: &[(f64, f64)]) -> Chart {
        let line = Line { points: points.iter().map(|&(x, y)| Point::new(x, y)).collect(), ..Line::default() };
        Chart { y: Axis { unit: Unit::Percent, ..Axis::default() }, lines: vec![line], ..Chart::default() }
    }

    #[test]
    fn a_log_window_has_powers_of_two_and_inverts() {
        let axes = Axes { x_scale: Some(Scale::Log), zoom: false };
        let window = Window::of(&chart(&[(1.0, 0.2), (100.0, 0.7)]), axes).unwrap();
        assert_eq!(window.x_ticks(10), [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
        assert_eq!(window.x_ticks(4), [1.0, 4.0, 16.0, 64.0]);
        assert_eq!(window.y_ticks(5), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert!((window.value_across(window.across(10.0)) - 10.0).abs() < 1e-9);
        assert!((window.across(10.0) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn nothing_to_draw_is_no_window() {
        assert_eq!(Window::of(&chart(&[]), Axes::default()), None);
        assert_eq!(Window::of(&chart(&[(1.0, f64::NAN)]), Axes::default()), None);
        assert_eq!(Window::of(&chart(&[(0.0, 1.0)]), Axes { x_scale: Some(Scale::Log), zoom: false }), None);
        assert!(Window::of(&chart(&[(1.0, 0.5)]), Axes { x_scale: None, zoom: true }).is_some());
    }

    #[test]
    fn a_line_is_silent_beyond_its_data() {
        let chart = chart(&[(1.0, 0.2), (4.0, 0.7)]);
        assert_eq!(chart.lines[0].at(3.0).map(|p| p.x), Some(1.0));
        assert_eq!(chart.lines[0].at(5.0), None);
        assert_eq!(chart.lines[0].at(0.5), None);
    }

    #[test]
    fn values_are_written_short() {
        assert_eq!(written(0.712, Unit::Percent), "71.2 %");
        assert_eq!(written(0.7, Unit::Percent), "70 %");
        assert_eq!(written(64.0, Unit::Plain), "64");
    }
}
