//! Dots of two by four in each cell, drawn as Braille.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::pen::floor;

/// The dots of one line over a part of the screen.
pub(super) struct Canvas {
    area: Rect,
    cells: Vec<u8>,
    /// Dots set so far, for dashes.
    pace: usize,
}

const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

impl Canvas {
    pub(super) fn new(area: Rect) -> Self {
        Self { area, cells: vec![0; usize::from(area.width) * usize::from(area.height)], pace: 0 }
    }

    fn columns(&self) -> usize {
        usize::from(self.area.width) * 2
    }

    fn rows(&self) -> usize {
        usize::from(self.area.height) * 4
    }

    /// One point, a little larger than a dot.
    pub(super) fn dot(&mut self, x: f64, y: f64) {
        if (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y) {
            let (column, row) = self.place(x, y);
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                self.set(column + dx, row + dy);
            }
        }
    }

    /// A line between two points of the unit square; each `every`-th run of dots is left out where that is above 1.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), every: usize) {
        let steps = ((to.0 - from.0).abs() * self.columns() as f64).max((to.1 - from.1).abs() * self.rows() as f64);
        let steps = floor(steps.min(1e5)) + 1;
        for step in 0..=steps {
            let t = step as f64 / steps as f64;
            let (x, y) = (from.0 + t * (to.0 - from.0), from.1 + t * (to.1 - from.1));
            self.pace += 1;
            let drawn = every == 1 || (self.pace / every).is_multiple_of(2);
            if drawn && (-1e-9..=1.0 + 1e-9).contains(&x) && (-1e-9..=1.0 + 1e-9).contains(&y) {
                let (column, row) = self.place(x, y);
                self.set(column, row);
            }
        }
    }

    fn place(&self, x: f64, y: f64) -> (usize, usize) {
        let column = floor(x * (self.columns().max(3) - 2) as f64 + 0.5);
        let row = floor((1.0 - y) * (self.rows().max(2) - 1) as f64 + 0.5);
        (column, row)
    }

    fn set(&mut self, column: usize, row: usize) {
        if column < self.columns() && row < self.rows() {
            self.cells[row / 4 * usize::from(self.area.width) + column / 2] |= BITS[row % 4][column % 2];
        }
    }

    /// Puts the dots over what is there; the ground stays.
    pub(super) fn paint(&self, style: Style, buffer: &mut Buffer) {
        let width = usize::from(self.area.width).max(1);
        for (index, dots) in self.cells.iter().enumerate().filter(|(_, dots)| **dots != 0) {
            let x = self.area.x + u16::try_from(index % width).unwrap_or(0);
            let y = self.area.y + u16::try_from(index / width).unwrap_or(0);
            if let Some(cell) = buffer.cell_mut((x, y)) {
                let sign = char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' ');
                cell.set_char(sign).set_style(style);
            }
        }
    }
}
