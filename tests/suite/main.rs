//! The binary as a user meets it: one module per story.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a story that cannot go on fails; one that cannot begin says why"
)]

mod architecture;
mod bad_input;
mod commands;
mod dashboard;
mod exports;
mod imports;
mod licences;
mod llama;
mod mathematics;
mod page;
mod real_samples;
mod recovery;
mod rewards;
mod sampling;
mod scoring;
mod screen;
mod soak;
mod support;
