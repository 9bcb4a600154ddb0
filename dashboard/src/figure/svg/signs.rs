//! What tells lines and points apart beside their colour: dashes and shapes.

use std::borrow::Cow;

use super::COLOURS;
use crate::chart::{Line, Look};

const DASHES: [&str; 4] = ["", "6 2", "2 2", "7 2 2 2"];
/// How long a turn is of lines that lie on each other.
pub(super) const TURN: usize = 5;

pub(super) fn dashes(line: &Line) -> Cow<'static, str> {
    match (line.look, line.turn) {
        (Look::Guide, _) => "3 3".into(),
        (Look::Predicted, _) => "3 2".into(),
        (_, Some((_, lines))) => format!("{TURN} {}", (lines - 1) * TURN).into(),
        _ => DASHES[(line.dash + line.colour / COLOURS.len()) % DASHES.len()].into(),
    }
}

/// A point's sign: its shape says the line, too.
pub(super) fn sign(shape: usize, x: f64, y: f64, colour: &str, hint: &str) -> String {
    let title = if hint.is_empty() { String::new() } else { format!("<title>{hint}</title>") };
    let class = if hint.is_empty() { "" } else { " class=\"p\"" };
    match shape % 4 {
        0 => format!("<circle{class} cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"2.4\" fill=\"{colour}\">{title}</circle>"),
        1 => format!(
            "<rect{class} x=\"{:.2}\" y=\"{:.2}\" width=\"4.4\" height=\"4.4\" fill=\"{colour}\">{title}</rect>",
            x - 2.2,
            y - 2.2
        ),
        2 => format!("<path{class} d=\"M{:.2} {:.2}l2.8 4.8h-5.6z\" fill=\"{colour}\">{title}</path>", x, y - 2.8),
        _ => format!(
            "<path{class} d=\"M{:.2} {:.2}l2.9 2.9-2.9 2.9-2.9-2.9z\" fill=\"{colour}\">{title}</path>",
            x,
            y - 2.9
        ),
    }
}
