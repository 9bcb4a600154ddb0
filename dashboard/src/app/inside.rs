//! What keys and the mouse do inside of a view.

use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{App, View};
use crate::chart::Window;
use crate::keys::Action;
use crate::message::Effect;
use crate::snapshot::Level;
use crate::view::layout;

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
            MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left) => {
                let row = usize::from(mouse.row).checked_sub(usize::from(areas.body.y) + layout::head(self.view));
                match (self.view, row) {
                    (View::Problems, Some(row)) => {
                        let target = self.problems.list.offset + row;
                        if target == self.problems.list.selected && matches!(mouse.kind, MouseEventKind::Down(_)) {
                            return self.open_problem();
                        }
                        self.problems.list.select(target, self.problems.order.len(), self.height());
                    }
                    (View::Runs, Some(row)) => {
                        self.runs.select(self.runs.offset + row, self.run_rows.len(), self.height());
                    }
                    (View::Overview | View::Curves, _) => {
                        let plot = layout::chart(self.view, areas.body);
                        let inside = mouse.column.checked_sub(plot.x).filter(|_| plot.width > 1)?;
                        self.crosshair = Some((f64::from(inside) / f64::from(plot.width - 1)).min(1.0));
                    }
                    _ => {}
                }
                None
            }
            _ => None,
        }
    }
}
