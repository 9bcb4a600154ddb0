//! An estimate and its interval as one column, for papers.

use std::str::FromStr;

use crate::table::{Cell, Table};

/// How LaTeX and Markdown show an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interval {
    /// Its ends are columns of their own, as in every other format.
    #[default]
    Columns,
    /// The estimate plus or minus half the interval's width; the interval itself need not lie evenly.
    PlusMinus,
    /// The estimate, then the ends: `0.41 [0.35, 0.48]`.
    Brackets,
}

/// A way to show an interval that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("no interval `{name}`; intervals: columns, pm, brackets")]
pub struct UnknownInterval {
    /// The word given.
    pub name: String,
}

impl FromStr for Interval {
    type Err = UnknownInterval;

    fn from_str(word: &str) -> Result<Self, UnknownInterval> {
        match word {
            "columns" => Ok(Self::Columns),
            "pm" => Ok(Self::PlusMinus),
            "brackets" => Ok(Self::Brackets),
            _ => Err(UnknownInterval { name: word.to_owned() }),
        }
    }
}

/// A column as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// The column of the value.
    pub(super) value: usize,
    /// The columns of its interval's ends.
    pub(super) ends: Option<(usize, usize)>,
}

/// The columns of a table: ends of intervals join their value. `ci_low` belongs to the column before it, `x_low` to `x`.
pub(super) fn columns(table: &Table, interval: Interval) -> Vec<Shown> {
    let alone = |value| Shown { value, ends: None };
    let mut shown: Vec<Shown> = (0..table.columns.len()).map(alone).collect();
    if interval == Interval::Columns {
        return shown;
    }
    let mut gone = Vec::new();
    for (low, name) in table.columns.iter().enumerate() {
        let Some(stem) = name.strip_suffix("_low") else { continue };
        let high = table.column(&format!("{stem}_high"));
        let value = if stem == "ci" { low.checked_sub(1) } else { table.column(stem) };
        if let (Some(value), Some(high)) = (value, high) {
            shown[value].ends = Some((low, high));
            gone.extend([low, high]);
        }
    }
    shown.retain(|column| !gone.contains(&column.value));
    shown
}

/// A number beside a value: whole where the value is a count.
pub(super) fn like(value: &Cell, x: f64) -> String {
    if matches!(value, Cell::Int(_)) { x.to_string() } else { super::short(x) }
}

/// The numbers of a row's value and its interval; `None` where one of them is undefined.
pub(super) fn numbers(row: &[Cell], value: usize, ends: (usize, usize)) -> Option<(f64, f64, f64)> {
    let number = |at: usize| match row.get(at)? {
        Cell::Float(x) => *x,
        Cell::Int(n) => Some(*n as f64),
        _ => None,
    };
    Some((number(value)?, number(ends.0)?, number(ends.1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[&'static str]) -> Table {
        Table { columns: columns.iter().map(|c| (*c).into()).collect(), ..Table::default() }
    }

    #[test]
    fn ends_join_their_value() {
        let reward = table(&["cost", "reward", "ci_low", "ci_high", "optimal_k", "optimal_k_low", "optimal_k_high"]);
        let both = |value, ends| Shown { value, ends };
        assert_eq!(columns(&reward, Interval::Brackets), [both(0, None), both(1, Some((2, 3))), both(4, Some((5, 6)))]);
        assert_eq!(columns(&reward, Interval::Columns).len(), 7);
        let attempts = table(&["attempt_low", "attempt_high", "rate", "ci_low", "ci_high"]);
        assert_eq!(columns(&attempts, Interval::PlusMinus), [both(0, None), both(1, None), both(2, Some((3, 4)))]);
        let far = table(&["correct", "draws", "correct_low", "correct_high"]);
        assert_eq!(columns(&far, Interval::PlusMinus), [both(0, Some((2, 3))), both(1, None)]);
    }

    #[test]
    fn an_interval_with_an_unknown_end_is_none() {
        let row = [Cell::Float(Some(0.5)), Cell::Float(None), Cell::Float(Some(0.6))];
        assert_eq!(numbers(&row, 0, (1, 2)), None);
    }
}
