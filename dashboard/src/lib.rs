//! Looks at a run, never writes to the store.
//!
//! - [`snapshot`], [`chart`]: what there is to see, as plain data
//! - [`figure`]: charts of tables, as SVG and PNG
//! - [`app`], [`message`], [`keys`]: the state of the screen and what changes it
//! - [`watch`]: the whole of it in the terminal; [`source`] reads the store for it
//! - [`view`]: draws the state; [`theme`], [`text`], [`words`], [`highlight`] say how

pub mod app;
pub mod chart;
pub mod figure;
pub mod highlight;
pub mod keys;
pub mod list;
pub mod message;
pub mod picture;
pub mod snapshot;
pub mod source;
mod terminal;
pub mod text;
pub mod theme;
pub mod view;
pub mod words;

use std::io;
use std::path::Path;

use harness::store::{Reader, StoreError};
use tokio::sync::mpsc;

pub use message::Command;
pub use terminal::Ending;

/// Why the dashboard could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DashboardError {
    /// The store cannot be read.
    #[error("cannot read the run")]
    Store(#[from] StoreError),
    /// The terminal cannot be used.
    #[error("cannot use the terminal")]
    Terminal(#[from] io::Error),
}

/// Shows a run of the store at `path` until the user leaves: a name, the beginning of a name or id, or `latest`.
///
/// `theme` is the look to begin with. `control` is called with the id of the run that is shown and what the user wants of
/// it. The dashboard only reads.
///
/// # Errors
/// There is no such run, the store cannot be read, or the terminal cannot be used.
pub async fn watch(
    path: &Path,
    run: &str,
    theme: theme::Theme,
    control: impl FnMut(i64, Command),
) -> Result<Ending, DashboardError> {
    let reader = Reader::open(path).await?;
    let run = reader.find_run(run).await?;
    let (requests, asked) = mpsc::channel(1);
    let (messages, shown) = mpsc::channel(16);
    let follower = tokio::spawn(source::follow(reader, run, asked, messages.clone()));
    let relay = tokio::spawn(async move {
        if let Ok(Err(error)) = follower.await {
            let text = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source())
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(": ");
            // the screen may be gone, too
            let _ = messages.send(message::Message::Notice(snapshot::Level::Error, text)).await;
        }
    });
    let ending = terminal::run(theme, shown, requests, control).await;
    relay.abort();
    Ok(ending?)
}

#[cfg(test)]
mod fixture;
