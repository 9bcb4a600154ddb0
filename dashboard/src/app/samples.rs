//! The samples view: which sample is open, its text on the screen, what is folded and found.

use std::sync::Arc;

use super::document::{self, Document, Fold};
use crate::keys::Action;
use crate::message::Effect;
use crate::snapshot::{Cell, SampleDetail, SampleKey, Snapshot};

/// The state of the view.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// Row of the problem.
    pub problem: usize,
    /// Index of the sample.
    pub index: usize,
    /// The sample, once it has been read.
    pub detail: Option<Arc<SampleDetail>>,
    /// Its lines at the present width.
    pub document: Document,
    /// The first line that is shown.
    pub scroll: usize,
    /// What is folded.
    pub fold: Fold,
    /// What is looked for.
    pub needle: String,
    asked: Option<SampleKey>,
}

impl Samples {
    /// Opens a problem at its first sample.
    pub fn open(&mut self, problem: usize) {
        if self.problem != problem {
            self.problem = problem;
            self.index = 0;
        }
    }

    /// Keeps the place inside of what there is.
    pub fn keep_inside(&mut self, snapshot: &Snapshot) {
        self.problem = self.problem.min(snapshot.problems.len().saturating_sub(1));
        let cells = snapshot.problems.get(self.problem).map_or(0, |p| p.cells.len());
        self.index = self.index.min(cells.saturating_sub(1));
    }

    /// What must be read for the open sample. A sample that was not judged yet is read again when its cell changes.
    pub fn wanted(&mut self, snapshot: &Snapshot, shown: bool) -> Option<Effect> {
        let cell = snapshot.problems.get(self.problem)?.cells.get(self.index).copied()?;
        let key = SampleKey { run: snapshot.run.id, problem: self.problem, index: u32::try_from(self.index).ok()? };
        if !shown || self.asked == Some(key) || cell == Cell::Pending {
            return None;
        }
        // a waiting sample is asked for with every snapshot until its verdicts are there
        self.asked = (cell != Cell::Waiting).then_some(key);
        if self.detail.as_ref().is_some_and(|d| d.key != key) {
            self.detail = None;
            self.document = Document::default();
            self.scroll = 0;
        }
        Some(Effect::Fetch(key))
    }

    /// Takes a sample that was read, if it is still the one that is open.
    pub fn arrived(&mut self, detail: Arc<SampleDetail>, columns: usize) {
        if detail.key.problem == self.problem && usize::try_from(detail.key.index) == Ok(self.index) {
            self.detail = Some(detail);
            self.rewrap(columns);
        }
    }

    /// Writes the lines again: another width, another fold.
    pub fn rewrap(&mut self, columns: usize) {
        if let Some(detail) = &self.detail {
            self.document = document::write(detail, self.fold, columns.saturating_sub(2));
        }
    }

    /// Looks for a text and goes to its first hit at or after the top line.
    pub fn search(&mut self, needle: String, height: usize) {
        self.needle = needle;
        self.hit(0, true, height);
    }

    fn hit(&mut self, skip: usize, forward: bool, height: usize) {
        let needle = self.needle.to_lowercase();
        if needle.is_empty() {
            return;
        }
        let lines = &self.document.lines;
        let has = |i: &usize| lines[*i].text().to_lowercase().contains(&needle);
        let found = if forward {
            (self.scroll + skip..lines.len()).find(has)
        } else {
            (0..self.scroll.min(lines.len())).rev().find(has)
        };
        self.scroll = found
            .unwrap_or(self.scroll)
            .min(lines.len().saturating_sub(height.min(lines.len()).max(1)).max(found.unwrap_or(0)));
    }

    /// What a key does here.
    pub fn act(
        &mut self,
        action: Action,
        step: isize,
        snapshot: &Snapshot,
        columns: usize,
        height: usize,
    ) -> Option<Effect> {
        match action {
            Action::Left => self.go(snapshot, self.problem, self.index.saturating_sub(1)),
            Action::Right => self.go(snapshot, self.problem, self.index + 1),
            Action::NextProblem => self.go(snapshot, self.problem + 1, 0),
            Action::PreviousProblem => self.go(snapshot, self.problem.saturating_sub(1), 0),
            Action::FoldPrompt => {
                self.fold.prompt_open = !self.fold.prompt_open;
                self.rewrap(columns);
                None
            }
            Action::FoldReasoning => {
                self.fold.reasoning_open = !self.fold.reasoning_open;
                self.rewrap(columns);
                None
            }
            Action::NextHit | Action::PreviousHit => {
                self.hit(1, action == Action::NextHit, height);
                None
            }
            _ => {
                let most = self.document.lines.len().saturating_sub(height);
                self.scroll = self.scroll.saturating_add_signed(step).min(most);
                None
            }
        }
    }

    /// Opens a sample of a problem.
    pub fn go(&mut self, snapshot: &Snapshot, problem: usize, index: usize) -> Option<Effect> {
        self.problem = problem;
        self.index = index;
        self.keep_inside(snapshot);
        self.wanted(snapshot, true)
    }

    /// Goes to the next or the last false positive, across problems and round the end.
    pub fn false_positive(&mut self, snapshot: &Snapshot, forward: bool, here_too: bool) -> Option<Effect> {
        let count = snapshot.problems.len();
        let cells = |problem: usize| &snapshot.problems[problem].cells;
        let wrong = |problem: usize, range: std::ops::Range<usize>| {
            let mut places = range.filter(move |&i| cells(problem)[i] == Cell::FalsePositive);
            if forward { places.next() } else { places.next_back() }
        };
        if count == 0 {
            return None;
        }
        for turn in 0..=count {
            let problem = if forward { self.problem + turn } else { self.problem + 2 * count - turn } % count;
            let length = cells(problem).len();
            let range = match (turn, forward) {
                (0, true) => (self.index + usize::from(!here_too)).min(length)..length,
                (0, false) => 0..self.index.min(length),
                (n, true) if n == count => 0..self.index.min(length),
                (n, false) if n == count => (self.index + 1).min(length)..length,
                _ => 0..length,
            };
            if let Some(index) = wrong(problem, range) {
                self.asked = None;
                return self.go(snapshot, problem, index);
            }
        }
        None
    }
}
