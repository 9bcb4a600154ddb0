//! A frame of the dashboard as SVG: what stands in a README. Blocks, lines and Braille are drawn, not set in a font.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::app::App;
use crate::figure::svg::escape;
use crate::theme::{Ground, Theme};
use crate::view;

/// A cell's size. Unit: pixels.
const CELL: (f64, f64) = (8.4, 18.0);
const MARGIN: f64 = 14.0;

/// The screen as it would be drawn now.
#[must_use]
pub fn frame(app: &App) -> Buffer {
    let size = Rect::new(0, 0, app.size.0, app.size.1);
    let mut buffer = Buffer::empty(size);
    view::paint(app, size, &mut buffer);
    buffer
}

/// A buffer as an SVG document on the theme's ground.
#[must_use]
pub fn svg(buffer: &Buffer, theme: Theme) -> String {
    let (ground, ink) = match theme.ground {
        Ground::Dark => ("#12161c", "#d6dbe3"),
        Ground::Light => ("#ffffff", "#23272e"),
    };
    let (w, h) = (f64::from(buffer.area.width) * CELL.0, f64::from(buffer.area.height) * CELL.1);
    let (all_w, all_h) = (w + 2.0 * MARGIN, h + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all_w:.1} {all_h:.1}\" width=\"{all_w:.0}\" height=\"{all_h:.0}\" font-family=\"ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"14\" fill=\"{ink}\">\n<rect width=\"{all_w:.1}\" height=\"{all_h:.1}\" rx=\"8\" fill=\"{ground}\"/>\n<g transform=\"translate({MARGIN} {MARGIN})\" xml:space=\"preserve\">\n"
    );
    for y in 0..buffer.area.height {
        grounds(buffer, y, &mut out);
    }
    for y in 0..buffer.area.height {
        row(buffer, y, ink, &mut out);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        _ => None,
    }
}

/// The grounds of a row, equal neighbours as one.
fn grounds(buffer: &Buffer, y: u16, out: &mut String) {
    let mut x = 0;
    while x < buffer.area.width {
        let bg = buffer[(x, y)].bg;
        let from = x;
        while x < buffer.area.width && buffer[(x, y)].bg == bg {
            x += 1;
        }
        if let Some(fill) = colour(bg) {
            let _ = writeln!(
                out,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\"/>",
                f64::from(from) * CELL.0,
                f64::from(y) * CELL.1,
                f64::from(x - from) * CELL.0,
                CELL.1
            );
        }
    }
}

fn row(buffer: &Buffer, y: u16, ink: &str, out: &mut String) {
    let mut x = 0;
    while x < buffer.area.width {
        let cell = &buffer[(x, y)];
        let symbol = cell.symbol();
        let fill = colour(cell.fg).unwrap_or_else(|| ink.to_owned());
        if symbol.trim().is_empty() {
            x += 1;
        } else if let Some(shape) = shape(symbol, f64::from(x) * CELL.0, f64::from(y) * CELL.1, &fill) {
            out.push_str(&shape);
            out.push('\n');
            x += 1;
        } else {
            let from = x;
            let mut text = String::new();
            let alike = |x: u16| {
                let other = &buffer[(x, y)];
                other.fg == cell.fg && other.modifier == cell.modifier && shape(other.symbol(), 0.0, 0.0, "").is_none()
            };
            // two spaces end a text: readers of SVG make one of them
            while x < buffer.area.width && alike(x) && !(text.ends_with(' ') && buffer[(x, y)].symbol() == " ") {
                text.push_str(buffer[(x, y)].symbol());
                x += u16::try_from(crate::text::width(buffer[(x, y)].symbol()).max(1)).unwrap_or(1);
            }
            let text = text.trim_end();
            let wide = crate::text::width(text) as f64 * CELL.0;
            let mut style = String::new();
            if cell.modifier.contains(Modifier::BOLD) {
                style.push_str(" font-weight=\"700\"");
            }
            if cell.modifier.contains(Modifier::ITALIC) {
                style.push_str(" font-style=\"italic\"");
            }
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{wide:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fill}\"{style}>{}</text>",
                f64::from(from) * CELL.0,
                f64::from(y) * CELL.1 + 13.5,
                escape(text)
            );
        }
    }
}

/// Signs that must fill their cell whatever the font.
fn shape(symbol: &str, x: f64, y: f64, fill: &str) -> Option<String> {
    let (w, h) = CELL;
    let rect = |dx: f64, dy: f64, rw: f64, rh: f64| {
        Some(format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{rw:.1}\" height=\"{rh:.1}\" fill=\"{fill}\"/>",
            x + dx,
            y + dy
        ))
    };
    let line = |path: String, dash: &str| Some(format!("<path d=\"{path}\" stroke=\"{fill}\" fill=\"none\"{dash}/>"));
    let c = symbol.chars().next()?;
    let (middle, centre) = (y + h / 2.0, x + w / 2.0);
    match c {
        '█' => rect(0.0, 2.0, w + 0.4, h - 4.0),
        '▉'..='▏' => {
            let eighths = f64::from(0x2590 - u32::from(c));
            rect(0.0, 2.0, w * eighths / 8.0, h - 4.0)
        }
        '▁'..='▇' => {
            let eighths = f64::from(u32::from(c) - 0x2580);
            let tall = h * eighths / 8.0;
            rect(0.0, h - tall, w + 0.2, tall)
        }
        '▀' => rect(0.0, 0.0, w + 0.2, h / 2.0),
        '━' => line(format!("M{x:.1} {middle:.1}h{:.1}", w + 0.2), " stroke-width=\"3\""),
        '╸' => line(format!("M{x:.1} {middle:.1}h{:.1}", w / 2.0), " stroke-width=\"3\""),
        '─' => line(format!("M{x:.1} {middle:.1}h{w:.1}"), ""),
        '┄' => line(format!("M{x:.1} {middle:.1}h{w:.1}"), " stroke-dasharray=\"2 2.2\""),
        '│' => line(format!("M{centre:.1} {y:.1}v{h:.1}"), ""),
        '┴' => line(format!("M{x:.1} {middle:.1}h{w:.1}M{centre:.1} {middle:.1}v-4"), ""),
        '\u{2801}'..='\u{28ff}' => {
            const DOTS: [(u32, f64, f64); 8] = [
                (0x01, 0.0, 0.0),
                (0x02, 0.0, 1.0),
                (0x04, 0.0, 2.0),
                (0x08, 1.0, 0.0),
                (0x10, 1.0, 1.0),
                (0x20, 1.0, 2.0),
                (0x40, 0.0, 3.0),
                (0x80, 1.0, 3.0),
            ];
            let bits = u32::from(c) - 0x2800;
            let mut path = String::new();
            for dot in DOTS.iter().filter(|d| bits & d.0 != 0) {
                let (across, down) = (x + w * (0.25 + dot.1 * 0.5), y + h * (0.125 + dot.2 * 0.25));
                let _ = write!(path, "M{across:.1} {down:.1}h.01");
            }
            line(path, " stroke-width=\"3.4\" stroke-linecap=\"round\"")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fixture;
    use crate::message::Message;

    #[test]
    fn a_frame_becomes_well_formed_xml() {
        let mut app = App::new(Theme::DARK, (120, 36));
        app.update(Message::Snapshot(Arc::new(fixture::live())));
        let picture = svg(&frame(&app), Theme::DARK);
        let tree = resvg::usvg::Tree::from_str(&picture, &resvg::usvg::Options::default()).unwrap();
        assert!(tree.size().width() > 1000.0);
        assert!(picture.contains("humaneval-qwen") && picture.contains("Worth going on"));
    }
}
