//! `nbest doctor`.

use std::path::PathBuf;
use std::process::ExitCode;

use harness::client::doctor::{Level, doctor};
use harness::client::environment;
use harness::config::Experiment;
use harness::runner::self_test;
use verifiers::domain::SandboxClass;
use verifiers::registry::Ports;
use verifiers::sandbox::{self, Launcher};

use super::exit;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Look at this experiment's endpoint too, and ask its verifiers that score about known good and bad answers.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let probe = tokio::task::spawn_blocking(|| sandbox::probe(&Launcher::default())).await?;
    super::say(format_args!("sandbox: {}", probe.class.as_str()))?;
    for missing in &probe.missing {
        super::say(format_args!("  missing: {}\n  hint: {}", missing.what, missing.hint))?;
    }
    let mut well = probe.class == SandboxClass::Strong;
    super::say(format_args!("languages that programs may be in:"))?;
    for (language, version) in tokio::task::spawn_blocking(verifiers::program::languages).await? {
        super::say(format_args!("  {language:10} {}", version.as_deref().unwrap_or("not found")))?;
        well &= language != "python" || version.is_some();
    }
    if let Some(path) = args.config {
        let experiment = Experiment::load(&path, &[])?;
        super::say(format_args!(
            "endpoint: {} {}",
            experiment.model.api.as_str(),
            experiment.model.base_urls.join(" ")
        ))?;
        let mut findings = Vec::new();
        // recorded completions and an endpoint of our own need no look
        if !experiment.model.base_urls.is_empty() {
            findings.extend(doctor(&experiment.model, &environment).await?);
        }
        findings.extend(self_test(&experiment.verifiers, &experiment.model, &Ports::default()).await);
        for finding in findings {
            let mark = match finding.level {
                Level::Good => "ok",
                Level::Note => "note",
                Level::Problem => "problem",
            };
            super::say(format_args!("  {mark:7} {}: {}", finding.topic, finding.text))?;
            well &= finding.level != Level::Problem;
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(exit::INCOMPLETE) })
}
