//! A launcher for the tests and benches of this crate, whose own executables cannot be one.

use std::process::ExitCode;

fn main() -> ExitCode {
    verifiers::sandbox::entry(std::env::args_os()).unwrap_or(ExitCode::FAILURE)
}
