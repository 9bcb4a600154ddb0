//! Runs experiments, keeps them, and estimates what they say.
//!
//! - [`analysis`]: a run in memory, the input of all tables
pub mod analysis;
