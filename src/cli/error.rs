//! How errors are told: what failed, the causes, and a way out.

use std::process::ExitCode;

use harness::client::ClientError;
use harness::client::replay::ReplayError;
use harness::config::ConfigError;
use harness::dataset::DatasetError;
use harness::dataset::pull::PullError;
use harness::foreign::ForeignError;
use harness::import::ImportError;
use harness::prompt::PromptError;
use harness::runner::PrepareError;
use harness::store::StoreError;

use super::exit;

/// An error that carries its own way out and exit code.
#[derive(Debug)]
pub(crate) struct Told {
    message: String,
    hint: Option<String>,
    code: u8,
}

impl Told {
    /// Bad config or data.
    pub(crate) fn input(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), hint: Some(hint.into()), code: exit::BAD_INPUT }.into()
    }

    /// A command line that makes no sense.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), hint: Some(hint.into()), code: exit::USAGE }.into()
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Told {}

/// Whether stdout was closed by its reader.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(broken))
}

/// Prints an error to stderr and gives its exit code.
#[expect(clippy::print_stderr, reason = "this is where errors are shown")]
pub(crate) fn show(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error}");
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let text = cause.to_string();
        if text != last {
            eprintln!("  caused by: {text}");
        }
        last = text;
    }
    let (code, hint) = code_and_hint(error);
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(code)
}

fn code_and_hint(error: &anyhow::Error) -> (u8, Option<String>) {
    for cause in error.chain() {
        if let Some(told) = cause.downcast_ref::<Told>() {
            return (told.code, told.hint.clone());
        }
        if let Some(config) = cause.downcast_ref::<ConfigError>() {
            return (exit::BAD_INPUT, config.hint.clone());
        }
        if let Some(store) = cause.downcast_ref::<StoreError>() {
            return of_store(store);
        }
        if let Some(prepare) = cause.downcast_ref::<PrepareError>() {
            return match prepare {
                PrepareError::Store(store) => of_store(store),
                other => (exit::BAD_INPUT, other.hint()),
            };
        }
        if let Some(import) = cause.downcast_ref::<ImportError>() {
            return match import {
                ImportError::Store(store) => of_store(store),
                other => (exit::BAD_INPUT, other.hint()),
            };
        }
        if let Some(foreign) = cause.downcast_ref::<ForeignError>() {
            match foreign {
                ForeignError::Store(store) => return of_store(store),
                ForeignError::Write(_) => {}
                _ => return (exit::BAD_INPUT, None),
            }
        }
        if let Some(data) = cause.downcast_ref::<DatasetError>() {
            return (exit::BAD_INPUT, data.hint());
        }
        if let Some(pull) = cause.downcast_ref::<PullError>() {
            return (
                if matches!(pull, PullError::Cache { .. }) { exit::UNEXPECTED } else { exit::BAD_INPUT },
                pull.hint(),
            );
        }
        if cause.is::<ReplayError>() {
            let hint = "each line is {\"task_id\": ..., \"completion\" or \"solution\": ...}; nothing was run";
            return (exit::BAD_INPUT, Some(hint.to_owned()));
        }
        if cause.is::<ClientError>() || cause.is::<PromptError>() {
            return (exit::BAD_INPUT, None);
        }
    }
    (exit::UNEXPECTED, None)
}

fn of_store(store: &StoreError) -> (u8, Option<String>) {
    let input = !matches!(
        store,
        StoreError::Sql(_)
            | StoreError::Full { .. }
            | StoreError::Locked { .. }
            | StoreError::Vanished { .. }
            | StoreError::Busy { .. }
    );
    (if input { exit::BAD_INPUT } else { exit::UNEXPECTED }, store.hint())
}
