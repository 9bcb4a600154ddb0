//! Candidate programs against tests.
//!
//! Tests, right results and the candidate never share a process. A candidate runs in a sandbox and only ever answers calls
//! with plain data; what it answers is compared here (calls with known results) or handed to a trusted driver that runs the
//! tests in another sandbox. Exit status and output of a candidate are never a verdict.
//!
//! To be fast, a worker keeps a warmed fork server whose children may only compute; a child that tries more is killed by the
//! system-call filter and its sample is judged again in a sandbox of its own. The calls that the tests make are known from an
//! earlier run and sent ahead in one batch.

#[cfg(target_os = "linux")]
mod cache;
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod ending;
#[cfg(target_os = "linux")]
mod engine;
#[cfg(target_os = "linux")]
mod expected;
pub mod extract;
#[cfg(target_os = "linux")]
mod found;
pub mod interpreter;
#[cfg(target_os = "linux")]
mod io;
#[cfg(target_os = "linux")]
mod judge;
#[cfg(target_os = "linux")]
mod language;
#[cfg(target_os = "linux")]
mod mixed;
#[cfg(target_os = "linux")]
pub(crate) mod outcomes;
#[cfg(target_os = "linux")]
mod pool;
#[cfg(target_os = "linux")]
mod prepared;
#[cfg(target_os = "linux")]
mod preparing;
#[cfg(target_os = "linux")]
mod pure;
#[cfg(target_os = "linux")]
pub(crate) mod python_tests;
#[cfg(target_os = "linux")]
mod references;
#[cfg(target_os = "linux")]
mod second_opinion;
#[cfg(target_os = "linux")]
mod servers;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(target_os = "linux")]
mod worker;

#[cfg(target_os = "linux")]
pub use command::CommandVerifier;
#[cfg(target_os = "linux")]
pub use io::{Mismatch, StdinStdout, compare};
#[cfg(target_os = "linux")]
pub use language::found as languages;
#[cfg(target_os = "linux")]
pub use mixed::{Kind, Programs};
#[cfg(target_os = "linux")]
pub use python_tests::PythonTests;
#[cfg(target_os = "linux")]
use python_tests::one_line as line;
#[cfg(target_os = "linux")]
pub use second_opinion::SecondOpinion;

/// Programs are judged on Linux only.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn languages() -> Vec<(&'static str, Option<String>)> {
    Vec::new()
}
