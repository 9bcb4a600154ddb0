//! What a problem is and how an answer to it is judged.
//!
//! - [`answer`]: final answers and when two are the same
//! - `agreement`: programs that pass the same generated tests
//! - [`ensemble`]: several verifiers as one
//! - [`fusion`]: a model chooses among samples, or writes from them
//! - [`judge`]: a model as a judge
//! - [`process`]: steps of a completion and their scores
//! - [`reward`]: scores from a served reward model
//! - [`domain`]: problems, tests, completions, verdicts
//! - [`verifier`]: the trait every kind of verifier implements
//! - `json`: JSON as Python programs write it
//! - [`model`]: the port to any language model
//! - [`counted`]: numbers of things in words
//! - [`plugin`]: a program of one's own that scores over JSON lines
//! - [`program`]: programs against tests
//! - [`sandbox`]: the isolated process
//! - [`registry`]: from settings to a verifier; the one match to extend
//! - [`value`]: plain Python values: wire form, equality, text
//!
//! No HTTP client and no database: those are the harness's.

#[cfg(target_os = "linux")]
pub mod agreement;
pub mod answer;
pub mod domain;
pub mod ensemble;
pub mod fusion;
pub mod json;
pub mod judge;
pub mod model;
pub mod plugin;
mod plural;
pub mod process;
pub mod program;
pub mod registry;
pub mod reward;
pub mod sandbox;
pub mod value;
pub mod verifier;

pub use plural::counted;
