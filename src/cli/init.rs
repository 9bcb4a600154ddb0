//! `nbest init`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::error::Told;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to write it.
    #[arg(default_value = "experiment.toml")]
    path: PathBuf,
}

#[expect(clippy::print_stderr, reason = "says what was written")]
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    use std::io::Write as _;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&args.path);
    let mut file = match file {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Told::input(format!("{} is there already", args.path.display()), "name another file"));
        }
        other => other.with_context(|| format!("cannot write {}", args.path.display()))?,
    };
    file.write_all(harness::config::EXAMPLE.as_bytes())?;
    eprintln!("wrote {}; edit it, then: nbest run {0}", args.path.display());
    Ok(ExitCode::SUCCESS)
}
