//! The binary as a user meets it: one module per story.

mod architecture;
mod bad_input;
mod licences;
mod recovery;
mod support;
