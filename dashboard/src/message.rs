//! What can happen to the dashboard, and what it asks of the world.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::snapshot::{Level, SampleDetail, SampleKey, Snapshot};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// A newer state of the run.
    Snapshot(Arc<Snapshot>),
    /// A sample that was asked for.
    Sample(Arc<SampleDetail>),
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// Time passed. Unit: ms since 1970.
    Tick(i64),
    /// Something to tell the user.
    Notice(Level, String),
}

/// Something the dashboard wants done; `update` never does it itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Read a sample from the store.
    Fetch(SampleKey),
    /// Show another run.
    Open(i64),
    /// Draw another run's curves over this one's, or take them away again.
    Overlay(i64),
    /// Control the run.
    Control(Command),
    /// Put text on the clipboard.
    Copy(String),
    /// Write text to a file in the working directory: its name without folder, its content.
    Export(String, String),
}

/// What a user may tell a live run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Start nothing new.
    Pause,
    /// Go on.
    Resume,
    /// Finish what is under way, then end.
    Stop,
    /// Let this many requests be under way.
    Concurrency(u32),
}
