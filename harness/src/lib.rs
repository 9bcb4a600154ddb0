//! Runs experiments, keeps them, and estimates what they say.
//!
//! - [`client`]: models over HTTP and from files
//! - [`config`]: the experiment file
//! - [`dataset`]: files in the field's formats as problems
//! - [`import`], [`foreign`]: what other tools wrote as a run, and a run as other tools read it
//! - [`plan`], [`prompt`]: which samples are to be drawn, and what the model is asked
//! - [`runner`]: draws, judges and stores them
//! - [`bundled`]: own problems and the bank of the simulated model
//! - [`simulate`]: an endpoint that answers from a bank and fails on request
//! - [`store`]: the SQLite file that keeps every run
//! - [`analysis`]: a run in memory, the input of all tables
//! - [`stats`], [`curve`]: pure estimators, and curves of them
//! - [`select`]: which sample to submit
//! - [`table`], [`rows`], [`export`]: the tables of a run, and how they are written
pub mod analysis;
pub mod bundled;
pub mod client;
pub mod compare;
pub mod config;
pub mod curve;
pub mod dataset;
mod digest;
pub mod export;
pub mod foreign;
pub mod import;
pub mod plan;
pub mod prompt;
pub mod report;
pub mod rows;
pub mod runner;
pub mod select;
pub mod simulate;
pub mod stats;
pub mod store;
pub mod table;
