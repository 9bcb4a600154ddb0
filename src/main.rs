//! The binary `nbest`: reads the command line, calls a library, prints.

fn main() {}
