//! `nbest demo`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use harness::client::{Api, ModelSpec};
use harness::config::{AnalysisSpec, DatasetSpec, Experiment};
use harness::plan::{Order, Sampling};
use harness::runner::{Budget, FlatPrice, Price};
use verifiers::domain::Role;
use verifiers::registry::{Limits, ProgramSettings, Settings, VerifierSpec};

use super::run::{Judging, View, sample};
use super::{Global, live, report};
use verifiers::counted;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// N per problem.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    samples: u32,
    /// Another seed gives another run.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Plain progress lines instead of the dashboard.
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    judging: Judging,
}

/// The experiment that the demo runs: what `nbest run` would make of a file.
fn experiment(samples: u32, seed: u64) -> Experiment {
    // the bundled programs take milliseconds, and those that never end should not be waited for long
    let limits = Limits { timeout: Duration::from_millis(500), ..Limits::default() };
    let verifier = |name: &str, tests: &str, role| VerifierSpec {
        name: name.to_owned(),
        role,
        settings: Settings::PythonTests(ProgramSettings {
            tests: Some(tests.to_owned()),
            limits: limits.clone(),
            ..ProgramSettings::default()
        }),
    };
    let mut model = ModelSpec::new(Api::Simulated, "", "simulated");
    model.base_urls.clear();
    model.sampling.temperature = Some(0.8);
    Experiment {
        name: if seed == 7 { "demo".to_owned() } else { format!("demo-{seed}") },
        samples,
        seed,
        sampling: Sampling::Fixed,
        order: Order::Breadth,
        dataset: DatasetSpec {
            path: PathBuf::from(harness::dataset::BUNDLED),
            format: "auto".to_owned(),
            limit: None,
            ids: None,
            fields: BTreeMap::new(),
        },
        model,
        prompt: None,
        system: None,
        few_shot: None,
        default_stop: false,
        // what a small hosted model costs, so that cost and forecast have something to show
        price: Some(Price {
            flat: FlatPrice { input_per_mtok: 0.15, output_per_mtok: 0.60, cached_input_per_mtok: None },
            tiers: Vec::new(),
        }),
        budget: Budget::default(),
        verifiers: vec![verifier("weak", "weak", Role::Selector), verifier("thorough", "oracle", Role::Oracle)],
        analysis: AnalysisSpec::default(),
    }
}

#[expect(clippy::print_stderr, reason = "words for the user, not results")]
pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let experiment = experiment(args.samples, args.seed);
    let name = experiment.name.clone();
    let set = harness::dataset::load_spec(&experiment.dataset)?;
    if !global.quiet {
        eprintln!(
            "demo: {} x {} from a simulated model over real HTTP, judged in the real sandbox, stored in {}",
            counted(set.problems.len(), "problem"),
            counted(args.samples, "sample"),
            global.db.display()
        );
    }
    let (view, again) = (View { terminal: !args.no_tui }, super::command_line());
    let summary = sample(global, experiment, set, &args.judging, view, &again).await?;
    report::print_text(global, &name).await?;
    if !global.quiet {
        let db = global.db_argument();
        eprintln!("\nnext:");
        for (command, why) in [
            (format!("nbest export {name} pass-at-n --format csv{db}"), "one table, for a notebook"),
            (format!("nbest watch {name}{db}"), "look at samples and false positives"),
            ("nbest init experiment.toml".to_owned(), "your own model and problems"),
        ] {
            eprintln!("  {command:<43}  {why}");
        }
    }
    Ok(live::farewell(global, &summary, &again))
}
