//! What keys and the mouse do inside of a view.

use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{App, View};
use crate::chart::Window;
use crate::keys::Action;
use crate::message::Effect;
use crate::snapshot::Level;
use crate::view::{self, layout};

impl App {
    pub(super) fn act_in_view(&mut self, action: Action) -> Option<Effect> {
        let height = self.height();
        let page = isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(1);
        let step = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::First => isize::MIN / 2,
            Action::Last => isize::MAX / 2,
            _ => 0,
        };
        match (self.view, action) {
            (View::Overview | View::Curves, Action::Left | Action::Right) => {
                self.move_crosshair(action == Action::Right);
            }
            (View::Curves, _) => {
                let last = self.snapshot.charts.len().saturating_sub(1);
                self.figure = self.figure.min(last).saturating_add_signed(step.signum()).min(last);
            }
            (View::Verifiers, Action::Left | Action::Right) => self.verifier_chart = 1 - self.verifier_chart.min(1),
            (View::Verifiers, _) => {
                self.verifier =
                    self.verifier.saturating_add_signed(step).min(self.snapshot.verifiers.len().saturating_sub(1));
            }
            (View::Problems, Action::Open) => return self.open_problem(),
            (View::Problems, Action::NextFalsePositive | Action::PreviousFalsePositive) => {
                self.open_problem();
                return self.samples.false_positive(&self.snapshot, action == Action::NextFalsePositive, true).or_else(
                    || {
                        self.view = View::Problems;
                        self.say(Level::Info, "no false positive");
                        None
                    },
                );
            }
            (View::Problems, _) => self.problems.act(action, step, &Arc::clone(&self.snapshot).problems, height),
            (View::Samples, Action::NextFalsePositive | Action::PreviousFalsePositive) => {
                let effect = self.samples.false_positive(&self.snapshot, action == Action::NextFalsePositive, false);
                if effect.is_none() {
                    self.say(Level::Info, "no other false positive");
                }
                return effect;
            }
            (View::Samples, _) => {
                let columns = self.columns();
                return self.samples.act(action, step, &Arc::clone(&self.snapshot), columns, height);
            }
            (View::Runs, Action::Open | Action::Overlay) => {
                let id =
                    self.run_rows.get(self.runs.selected).and_then(|&i| self.snapshot.runs.get(i)).map(|r| r.id)?;
                if action == Action::Overlay {
                    return Some(Effect::Overlay(id));
                }
                self.view = View::Overview;
                return Some(Effect::Open(id));
            }
            (View::Runs, _) => self.runs.step(step, self.run_rows.len(), height),
            (View::Events, _) => {
                self.events.step(step, self.event_rows.len(), height);
                self.follow = self.events.selected + 1 >= self.event_rows.len();
            }
            _ => {}
        }
        None
    }

    fn open_problem(&mut self) -> Option<Effect> {
        let row = self.problems.chosen()?;
        self.view = View::Samples;
        self.samples.open(row);
        self.samples.wanted(&self.snapshot, true)
    }

    fn move_crosshair(&mut self, right: bool) {
        let Some((window, mut xs)) = self.chart().and_then(|chart| {
            let window = Window::of(chart, self.axes)?;
            let xs: Vec<f64> = chart.lines.iter().flat_map(|l| l.points.iter().map(|p| window.across(p.x))).collect();
            Some((window, xs))
        }) else {
            return;
        };
        let _ = window;
        xs.retain(|x| (0.0..=1.0).contains(x));
        // one column at least, or crossing N = 10,000 takes 10,000 presses
        let column = 1.0 / f64::from(self.size.0.max(20));
        let next = match (self.crosshair, right) {
            (None, true) => xs.iter().copied().min_by(f64::total_cmp),
            (None, false) => xs.iter().copied().max_by(f64::total_cmp),
            (Some(at), true) => xs.iter().copied().filter(|x| *x >= at + column * 0.9).min_by(f64::total_cmp),
            (Some(at), false) => xs.iter().copied().filter(|x| *x <= at - column * 0.9).max_by(f64::total_cmp),
        };
        self.crosshair = next.or(self.crosshair);
    }

    pub(super) fn mouse(&mut self, mouse: MouseEvent) -> Option<Effect> {
        let areas = layout::areas(self.size);
        match mouse.kind {
            MouseEventKind::ScrollDown => self.act_in_view(Action::Down),
            MouseEventKind::ScrollUp => self.act_in_view(Action::Up),
            MouseEventKind::Down(MouseButton::Left) if mouse.row == areas.tabs.y => {
                let view = layout::tab_at(self.size.0, mouse.column)?;
                self.show(view)
            }
            MouseEventKind::Down(MouseButton::Left) => self.click(mouse.column, mouse.row, true),
            MouseEventKind::Drag(MouseButton::Left) => self.click(mouse.column, mouse.row, false),
            _ => None,
        }
    }

    /// The left button went down at a place, or was held while it moved there.
    fn click(&mut self, column: u16, row: u16, down: bool) -> Option<Effect> {
        let body = layout::areas(self.size).body;
        let inside = Position::new(column, row);
        if !body.contains(inside) {
            return None;
        }
        let (x, y) = (column - body.x, usize::from(row - body.y));
        let listed = y.checked_sub(layout::head(self.view));
        match (self.view, listed) {
            (View::Problems, None) if y == 1 && down => {
                let title = view::title_at(&self.snapshot.problems, body.width, x);
                let (rows, height) = (Arc::clone(&self.snapshot), self.height());
                self.problems.sort(title, &rows.problems, height);
            }
            (View::Problems, Some(row)) if row < self.height() => {
                let target = self.problems.list.offset + row;
                if target == self.problems.list.selected && down {
                    return self.open_problem();
                }
                self.problems.list.select(target, self.problems.order.len(), self.height());
            }
            (View::Samples, None) if y == 1 => {
                let samples = self.snapshot.problems.get(self.samples.problem).map_or(0, |p| p.cells.len());
                let index = layout::strip_start(self.samples.index, samples, body.width) + usize::from(x);
                let snapshot = Arc::clone(&self.snapshot);
                return self.samples.go(&snapshot, self.samples.problem, index);
            }
            (View::Runs, Some(row)) => self.runs.select(self.runs.offset + row, self.run_rows.len(), self.height()),
            (View::Events, Some(row)) => {
                self.events.select(self.events.offset + row, self.event_rows.len(), self.height());
                self.follow = self.events.selected + 1 >= self.event_rows.len();
            }
            (View::Verifiers, Some(row)) if row < self.snapshot.verifiers.len() => self.verifier = row,
            (View::Curves, _) if layout::curves(body).0.contains(inside) && down => {
                self.figure = y.min(self.snapshot.charts.len().saturating_sub(1));
            }
            (View::Overview | View::Curves, _) => {
                let plot = layout::chart(self.view, body);
                let inside = column.checked_sub(plot.x).filter(|_| plot.width > 1)?;
                self.crosshair = Some((f64::from(inside) / f64::from(plot.width - 1)).min(1.0));
            }
            _ => {}
        }
        None
    }
}
