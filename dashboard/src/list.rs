//! A list that is longer than the screen: which row is chosen and which is on top.

/// A place in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct List {
    /// The chosen row.
    pub selected: usize,
    /// The first row that is shown.
    pub offset: usize,
}

impl List {
    /// Moves the choice by some rows and keeps it inside `length` and on the screen.
    pub fn step(&mut self, by: isize, length: usize, height: usize) {
        self.select(self.selected.saturating_add_signed(by), length, height);
    }

    /// Chooses a row, the last one where it is beyond the end, and scrolls as little as needed.
    pub fn select(&mut self, row: usize, length: usize, height: usize) {
        self.selected = row.min(length.saturating_sub(1));
        let height = height.max(1);
        self.offset = self.offset.min(self.selected).max((self.selected + 1).saturating_sub(height));
        self.offset = self.offset.min(length.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_stays_visible() {
        let mut list = List::default();
        list.step(5, 100, 4);
        assert_eq!(list, List { selected: 5, offset: 2 });
        list.step(-1, 100, 4);
        assert_eq!(list, List { selected: 4, offset: 2 });
        list.select(usize::MAX, 100, 4);
        assert_eq!(list, List { selected: 99, offset: 96 });
        list.select(99, 3, 4);
        assert_eq!(list, List { selected: 2, offset: 0 });
        list.select(7, 0, 4);
        assert_eq!(list, List::default());
        list.step(1, 10, 0);
        assert_eq!(list, List { selected: 1, offset: 1 });
    }
}
