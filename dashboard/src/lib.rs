//! Looks at a run, never writes to the store.
//!
//! - [`snapshot`], [`chart`]: what there is to see, as plain data
//! - [`app`], [`message`], [`keys`]: the state of the screen and what changes it
//! - [`view`]: draws the state; [`theme`], [`text`], [`words`], [`highlight`] say how

pub mod app;
pub mod chart;
pub mod highlight;
pub mod keys;
pub mod list;
pub mod message;
pub mod snapshot;
pub mod text;
pub mod theme;
pub mod view;
pub mod words;

#[cfg(test)]
mod fixture;
