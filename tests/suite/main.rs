//! The binary as a user meets it: one module per story.

mod architecture;
mod bad_input;
mod commands;
mod licences;
mod real_samples;
mod recovery;
mod support;
