//! Runs experiments, keeps them, and estimates what they say.
//!
//! - [`analysis`]: a run in memory, the input of all tables
//! - [`store`]: the SQLite file that keeps every run
pub mod analysis;
pub mod store;
