//! The table of problems: its order and its filter.

use crate::keys::Action;
use crate::list::List;
use crate::snapshot::ProblemRow;

/// What the table can be sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Column {
    /// The order of the data set.
    #[default]
    Order,
    /// Where the problems stand.
    Status,
    /// Samples stored.
    Samples,
    /// Share of right ones.
    PassAt1,
    /// Accepted by the selector.
    Accepted,
    /// Right by the oracle.
    Right,
    /// Accepted and wrong.
    FalsePositive,
}

impl Column {
    const ALL: [Self; 7] =
        [Self::Order, Self::PassAt1, Self::FalsePositive, Self::Right, Self::Accepted, Self::Samples, Self::Status];

    /// Its word.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Order => "data set",
            Self::Status => "status",
            Self::Samples => "samples",
            Self::PassAt1 => "pass@1",
            Self::Accepted => "accepted",
            Self::Right => "right",
            Self::FalsePositive => "false positives",
        }
    }
}

/// The state of the table.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    /// What it is sorted by.
    pub column: Column,
    /// Whether the order is turned round.
    pub reversed: bool,
    /// What ids and groups must contain; `fp`, `unsolved` and `solved` choose by state.
    pub filter: String,
    /// Rows of the snapshot in the order shown.
    pub order: Vec<usize>,
    /// The place in that order.
    pub list: List,
}

impl Problems {
    /// The chosen row of the snapshot.
    #[must_use]
    pub fn chosen(&self) -> Option<usize> {
        self.order.get(self.list.selected).copied()
    }

    /// Filters and sorts; the chosen problem stays chosen.
    pub fn refresh(&mut self, rows: &[ProblemRow], height: usize) {
        let chosen = self.chosen();
        let needle = self.filter.to_lowercase();
        self.order = (0..rows.len()).filter(|&i| fits(&rows[i], &needle)).collect();
        let value = |i: usize| match self.column {
            Column::Order => 0.0,
            Column::Status => f64::from(rows[i].status as u8),
            Column::Samples => f64::from(rows[i].samples),
            Column::PassAt1 => rows[i].pass_at_1.unwrap_or(-1.0),
            Column::Accepted => f64::from(rows[i].accepted),
            Column::Right => f64::from(rows[i].correct),
            Column::FalsePositive => -f64::from(rows[i].false_positive),
        };
        self.order.sort_by(|&a, &b| value(a).total_cmp(&value(b)));
        if self.reversed {
            self.order.reverse();
        }
        let row = chosen.and_then(|c| self.order.iter().position(|&i| i == c)).unwrap_or(self.list.selected);
        self.list.select(row, self.order.len(), height);
    }

    /// Sorts by a column; by the one it is sorted by already, the other way round.
    pub fn sort(&mut self, column: Column, rows: &[ProblemRow], height: usize) {
        self.reversed = self.column == column && !self.reversed;
        self.column = column;
        self.list = List::default();
        self.order.clear();
        self.refresh(rows, height);
    }

    /// What a key does here.
    pub fn act(&mut self, action: Action, step: isize, rows: &[ProblemRow], height: usize) {
        match action {
            Action::Sort => {
                let place = Column::ALL.iter().position(|c| *c == self.column).unwrap_or(0);
                self.sort(Column::ALL[(place + 1) % Column::ALL.len()], rows, height);
            }
            Action::Reverse => {
                self.reversed = !self.reversed;
                self.refresh(rows, height);
            }
            _ => self.list.step(step, self.order.len(), height),
        }
    }
}

fn fits(row: &ProblemRow, needle: &str) -> bool {
    match needle {
        "" => true,
        "fp" => row.false_positive > 0,
        "solved" => row.correct > 0,
        "unsolved" => row.correct == 0 && row.pass_at_1.is_some(),
        "waiting" | "sampling" | "judging" => row.status.as_str() == needle,
        _ => {
            row.id.to_lowercase().contains(needle)
                || row.group.as_ref().is_some_and(|g| g.to_lowercase().contains(needle))
        }
    }
}
