//! How errors are told: what failed, the causes, and a way out.

use std::io::ErrorKind;
use std::path::Path;
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
use harness::simulate::reference::ReferenceError;
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

/// The same error with the place in the experiment file that it speaks of, where it does; `verifiers` are their names.
pub(crate) fn placed(file: &Path, verifiers: &[String], error: anyhow::Error) -> anyhow::Error {
    let prepare = |cause: &PrepareError| match cause {
        PrepareError::NoTests { name, .. } | PrepareError::Verifier { name, .. } => {
            let place = verifiers.iter().position(|known| known == name)?;
            let leaf = if matches!(cause, PrepareError::NoTests { .. }) { "tests" } else { "name" };
            Some(format!("verifier[{place}].{leaf}"))
        }
        PrepareError::Prompt(_) => Some("model.prompt".to_owned()),
        _ => None,
    };
    let key = error.chain().find_map(|cause| {
        let data = cause.downcast_ref::<DatasetError>().map(|data| data.key().map(str::to_owned));
        let replay = || matches!(cause.downcast_ref(), Some(ReplayError::Read { .. })).then(|| "model.path".to_owned());
        let key =
            || matches!(cause.downcast_ref(), Some(ClientError::NoKey { .. })).then(|| "model.api_key_env".to_owned());
        data.unwrap_or_else(|| cause.downcast_ref().and_then(prepare).or_else(replay).or_else(key))
    });
    match key {
        Some(key) => {
            let told = format!("{}: {error}", harness::config::place(file, &key));
            error.context(told)
        }
        None => error,
    }
}

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
        if !last.ends_with(&text) {
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
        if cause.is::<ReferenceError>() {
            let hint = "a set whose problems have `canonical_solution`, `code`, `answer` or the like can be served";
            return (exit::BAD_INPUT, Some(hint.to_owned()));
        }
        if let Some(source) = cause.downcast_ref::<std::io::Error>() {
            return of_io(source);
        }
    }
    (exit::UNEXPECTED, None)
}

/// What the system refuses is mostly the name or the place that the user chose.
fn of_io(error: &std::io::Error) -> (u8, Option<String>) {
    let hint = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there: name another --port, or 0 for a free one",
        ErrorKind::NotFound => "check the name: the file, or the folder it is to lie in, is not there",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "choose a place that you may write to, or a file that you may read"
        }
        ErrorKind::IsADirectory => "name a file, not a folder",
        ErrorKind::NotADirectory => "a part of the name is a file, not a folder",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            return (exit::UNEXPECTED, Some("make room, then run the same command again".to_owned()));
        }
        _ => return (exit::UNEXPECTED, None),
    };
    (exit::BAD_INPUT, Some(hint.to_owned()))
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
