//! `nbest plot`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use dashboard::figure::svg::Style;
use dashboard::figure::{self, Figure, png, svg};
use harness::store::Reader;

use super::error::Told;
use super::{Global, report};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The runs, then the figure: pass-at-n, resampling, reward, false-positives, conditional-accuracy, difficulty,
    /// verifiers, selection.
    #[arg(required = true, num_args = 1.., value_name = "RUN... FIGURE")]
    words: Vec<String>,
    /// Where to: a name that ends in .svg or .png; the caption goes beside it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// conditional-accuracy: the run whose pass@1 is the horizontal line; default: the one with the greatest.
    #[arg(long, value_name = "RUN")]
    baseline: Option<String>,
    /// Its width on the page.
    #[arg(long, value_enum, default_value_t = Width::Single)]
    width: Width,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Width {
    /// One column.
    Single,
    /// Two columns.
    Double,
}

#[expect(clippy::print_stderr, reason = "says what was written")]
pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let Some((word, runs)) = args.words.split_last() else { return Err(Told::usage("no figure", "see --help")) };
    let figure = Figure::parse(word).ok_or_else(|| {
        Told::usage(
            format!("there is no figure {word:?}"),
            "the figure is the last word; `nbest plot --help` lists them",
        )
    })?;
    let latest = ["latest".to_owned()];
    let runs = if runs.is_empty() { &latest[..] } else { runs };
    let reader = Reader::open(&global.db).await?;
    let (mut data, mut settings) = (Vec::new(), None);
    for name in runs {
        for run in reader.find_runs(name).await? {
            data.push(reader.run_data(&run).await?);
            settings = Some(report::settings(&run)?);
        }
    }
    let level = match &args.baseline {
        Some(_) if figure != Figure::ConditionalAccuracy => {
            return Err(Told::usage("--baseline is for conditional-accuracy", "leave it out"));
        }
        Some(name) => Some(reader.find_run(name).await?.name),
        None => None,
    };
    if let Some(level) = level.as_ref().filter(|level| data.iter().all(|run| run.name != **level)) {
        return Err(Told::usage(
            format!("the baseline {level} is not among the runs"),
            "name it before the figure, too",
        ));
    }
    let chart = figure::plot(figure, &data, &settings.unwrap_or_default(), level.as_deref())?;
    let style = match args.width {
        Width::Single => Style::COLUMN,
        Width::Double => Style::WIDE,
    };
    let drawn = svg::svg(&chart, style);
    match args.out.extension().and_then(|e| e.to_str()) {
        Some("svg") => write(&args.out, drawn.as_bytes())?,
        Some("png") => write(&args.out, &png::png(&drawn, 600.0 / 72.0)?)?,
        _ => return Err(Told::usage(format!("{} ends neither in .svg nor in .png", args.out.display()), "rename it")),
    }
    let caption = args.out.with_extension("txt");
    write(&caption, figure::caption(&chart).as_bytes())?;
    if !global.quiet {
        eprintln!("wrote {} and its caption {}", args.out.display(), caption.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
