//! The binary as a user meets it: one module per story.
