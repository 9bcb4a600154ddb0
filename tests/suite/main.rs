//! The binary as a user meets it: one module per story.

mod architecture;
mod licences;
