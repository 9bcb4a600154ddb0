//! The one table of keys: what is pressed, what it does, what the help says.

use std::fmt::Write as _;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::app::View;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Show a view.
    Show(View),
    /// The next view.
    NextView,
    /// The view before.
    PreviousView,
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Open what is chosen.
    Open,
    /// Back, or close.
    Back,
    /// Type a search.
    Search,
    /// The next hit.
    NextHit,
    /// The hit before.
    PreviousHit,
    /// Sort by the next column.
    Sort,
    /// Turn the order round.
    Reverse,
    /// The next false positive.
    NextFalsePositive,
    /// The false positive before.
    PreviousFalsePositive,
    /// The next problem.
    NextProblem,
    /// The problem before.
    PreviousProblem,
    /// Fold or unfold the prompt.
    FoldPrompt,
    /// Fold or unfold the reasoning.
    FoldReasoning,
    /// Logarithmic or linear x axis.
    LogAxis,
    /// Zoom y to the data, or the whole of it.
    Zoom,
    /// The lowest level of the log that is shown.
    MinimumLevel,
    /// Draw the chosen run over the open one.
    Overlay,
    /// Pause the run, or go on.
    Pause,
    /// More at once.
    Faster,
    /// Fewer at once.
    Slower,
    /// Stop the run.
    Stop,
    /// Copy the view.
    Copy,
    /// Write the view to a file.
    Export,
    /// Another theme.
    Theme,
    /// The help.
    Help,
    /// Leave.
    Quit,
}

/// One row of the table.
#[derive(Debug)]
pub struct Binding {
    /// The keys that do it.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// Where they do it; empty: everywhere.
    pub views: &'static [View],
    /// The keys, for people.
    pub label: &'static str,
    /// What they do, for people.
    pub help: &'static str,
    /// Whether the bottom line names it, as this word; empty: not.
    pub hint: &'static str,
}

/// A key and whether control is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub KeyCode, pub bool);

const fn c(character: char) -> Key {
    Key(KeyCode::Char(character), false)
}

const fn k(code: KeyCode) -> Key {
    Key(code, false)
}

const fn control(character: char) -> Key {
    Key(KeyCode::Char(character), true)
}

const fn bind(
    keys: &'static [Key],
    action: Action,
    views: &'static [View],
    label: &'static str,
    help: &'static str,
    hint: &'static str,
) -> Binding {
    Binding { keys, action, views, label, help, hint }
}

const LISTS: &[View] = &[View::Problems, View::Samples, View::Runs, View::Events];
const ALL: &[View] = &[];

/// Every key. The first row that fits wins.
pub const KEYS: &[Binding] = &[
    bind(&[c('1')], Action::Show(View::Overview), ALL, "1", "overview", ""),
    bind(&[c('2')], Action::Show(View::Curves), ALL, "2", "curves", ""),
    bind(&[c('3')], Action::Show(View::Problems), ALL, "3", "problems", ""),
    bind(&[c('4')], Action::Show(View::Samples), ALL, "4", "samples", ""),
    bind(&[c('5')], Action::Show(View::Verifiers), ALL, "5", "verifiers", ""),
    bind(&[c('6')], Action::Show(View::Runs), ALL, "6", "runs", ""),
    bind(&[c('7')], Action::Show(View::Events), ALL, "7", "events", ""),
    bind(&[k(KeyCode::Tab)], Action::NextView, ALL, "tab", "next view", "views"),
    bind(&[k(KeyCode::BackTab)], Action::PreviousView, ALL, "shift-tab", "the view before", ""),
    bind(&[k(KeyCode::Down), c('j')], Action::Down, ALL, "↓ j", "down; in curves the next figure", ""),
    bind(&[k(KeyCode::Up), c('k')], Action::Up, ALL, "↑ k", "up; in curves the figure before", ""),
    bind(&[k(KeyCode::Left), c('h')], Action::Left, ALL, "← h", "left: sample before, crosshair, other chart", ""),
    bind(&[k(KeyCode::Right), c('l')], Action::Right, ALL, "→ l", "right: next sample, crosshair, other chart", ""),
    bind(&[k(KeyCode::PageDown), control('d')], Action::PageDown, ALL, "pgdn ^d", "a page down", ""),
    bind(&[k(KeyCode::PageUp), control('u')], Action::PageUp, ALL, "pgup ^u", "a page up", ""),
    bind(&[k(KeyCode::Home), c('g')], Action::First, ALL, "home g", "to the first", ""),
    bind(&[k(KeyCode::End), c('G')], Action::Last, ALL, "end G", "to the last", ""),
    bind(&[k(KeyCode::Enter)], Action::Open, &[View::Problems, View::Runs], "enter", "open what is chosen", "open"),
    bind(&[k(KeyCode::Esc)], Action::Back, ALL, "esc", "close, clear the filter, back", ""),
    bind(&[c('/')], Action::Search, LISTS, "/", "search: filters a list, finds in a sample", "search"),
    bind(&[c('n')], Action::NextHit, &[View::Samples], "n", "next hit", ""),
    bind(&[c('N')], Action::PreviousHit, &[View::Samples], "N", "hit before", ""),
    bind(&[c('s')], Action::Sort, &[View::Problems], "s", "sort by the next column", "sort"),
    bind(&[c('r')], Action::Reverse, &[View::Problems], "r", "turn the order round", "reverse"),
    bind(&[c('f')], Action::NextFalsePositive, &[View::Problems, View::Samples], "f", "next false positive", "next fp"),
    bind(&[c('F')], Action::PreviousFalsePositive, &[View::Problems, View::Samples], "F", "false positive before", ""),
    bind(&[c(']')], Action::NextProblem, &[View::Samples], "]", "next problem", "next problem"),
    bind(&[c('[')], Action::PreviousProblem, &[View::Samples], "[", "problem before", ""),
    bind(&[c('p')], Action::FoldPrompt, &[View::Samples], "p", "fold or unfold the prompt", "prompt"),
    bind(&[c('r')], Action::FoldReasoning, &[View::Samples], "r", "fold or unfold the reasoning", ""),
    bind(&[c('x')], Action::LogAxis, &[View::Overview, View::Curves], "x", "log or linear x axis", "log/linear"),
    bind(&[c('z')], Action::Zoom, &[View::Overview, View::Curves], "z", "zoom y to the data, or all of it", "zoom"),
    bind(&[c('v')], Action::MinimumLevel, &[View::Events], "v", "which levels are shown", "levels"),
    bind(&[c('o')], Action::Overlay, &[View::Runs], "o", "compare: this run's curves over the open one's", "compare"),
    bind(&[c(' ')], Action::Pause, ALL, "space", "pause the run, or go on", "pause"),
    bind(&[c('+'), c('=')], Action::Faster, ALL, "+", "more requests at once", ""),
    bind(&[c('-')], Action::Slower, ALL, "-", "fewer requests at once", ""),
    bind(&[c('S')], Action::Stop, ALL, "S", "stop the run cleanly; it can go on later", "stop"),
    bind(&[c('y')], Action::Copy, ALL, "y", "copy the table or the sample", ""),
    bind(&[c('e')], Action::Export, ALL, "e", "write the view to a file", ""),
    bind(&[c('T')], Action::Theme, ALL, "T", "dark, light, no colour, ASCII", ""),
    bind(&[c('?')], Action::Help, ALL, "?", "this help", "help"),
    bind(&[c('q'), control('c')], Action::Quit, ALL, "q", "leave", "quit"),
];

/// What a key does in a view.
#[must_use]
pub fn action(view: View, event: KeyEvent) -> Option<Action> {
    let pressed = Key(event.code, event.modifiers.contains(KeyModifiers::CONTROL));
    KEYS.iter().find(|b| b.keys.contains(&pressed) && applies(b, view)).map(|b| b.action)
}

/// Whether a binding works in a view.
#[must_use]
pub fn applies(binding: &Binding, view: View) -> bool {
    binding.views.is_empty() || binding.views.contains(&view)
}

/// The table of keys as Markdown, for the manual.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from("| key | where | does |\n| --- | --- | --- |\n");
    for binding in KEYS {
        let place = match binding.views {
            [] => "everywhere".to_owned(),
            views => views.iter().map(|v| v.title().to_lowercase()).collect::<Vec<_>>().join(", "),
        };
        page.push_str("| `");
        page.push_str(&binding.label.replace(' ', "` `"));
        let _ = writeln!(page, "` | {place} | {} |", binding.help);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_meanings_in_a_view() {
        for view in View::ALL {
            let mut seen: Vec<Key> = Vec::new();
            for key in KEYS.iter().filter(|b| applies(b, view)).flat_map(|b| b.keys) {
                assert!(!seen.contains(key), "{key:?} twice in {view:?}");
                seen.push(*key);
            }
        }
    }

    #[test]
    fn keys_depend_on_the_view() {
        let r = KeyEvent::from(KeyCode::Char('r'));
        assert_eq!(action(View::Problems, r), Some(Action::Reverse));
        assert_eq!(action(View::Samples, r), Some(Action::FoldReasoning));
        assert_eq!(action(View::Events, r), None);
        assert_eq!(action(View::Events, KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Some(Action::Quit));
    }

    #[test]
    fn the_manual_has_the_table() {
        let manual = include_str!("../../docs/dashboard.md");
        assert!(manual.contains(&markdown()), "docs/dashboard.md lacks this table of keys:\n{}", markdown());
    }
}
