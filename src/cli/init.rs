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
    if let Err(source) = file.write_all(harness::config::EXAMPLE.as_bytes()) {
        // half a file would be in the way of the next try
        std::fs::remove_file(&args.path).ok();
        return Err(source).with_context(|| format!("cannot write {}", args.path.display()));
    }
    eprintln!("wrote {}; edit it, then: nbest run {0}", args.path.display());
    Ok(ExitCode::SUCCESS)
}
