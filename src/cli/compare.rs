//! `nbest compare`.

use std::process::ExitCode;

use harness::compare::compare;
use harness::store::Reader;

use super::{Global, report};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The first run.
    run_a: String,
    /// The second run.
    run_b: String,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let reader = Reader::open(&global.db).await?;
    let (a, b) = (reader.find_run(&args.run_a).await?, reader.find_run(&args.run_b).await?);
    let (first, second) = (reader.run_data(&a).await?, reader.run_data(&b).await?);
    let compared = compare(&first, &second, &report::settings(&a)?)?;
    super::say(format_args!("{}\n", compared.sentence))?;
    super::say(format_args!("{}", report::draw(&compared.table(), 0)))?;
    for note in &compared.notes {
        super::say(format_args!("note: {note}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
