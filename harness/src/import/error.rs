//! Why a file is not imported.

use std::path::{Path, PathBuf};

use crate::dataset::DatasetError;
use crate::store::StoreError;

/// Why nothing was imported. Whatever it is, the database is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The data set that was to be attached.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A file cannot be read, or ends too early.
    #[error("can't read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A record is not what the format says.
    #[error("{path}:{place}: {problem}")]
    Record {
        /// The file.
        path: PathBuf,
        /// The line, or the entry of an archive or document.
        place: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A file as a whole is not what it should be.
    #[error("{path}: {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// The same content is a run already.
    #[error("{path} was imported before: it is the run {run:?}")]
    Twice {
        /// The first file.
        path: PathBuf,
        /// The run that holds it.
        run: String,
    },
    /// What was asked for does not fit the files.
    #[error("{problem}")]
    Wish {
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
}

impl ImportError {
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(store) => store.hint(),
            Self::Dataset(data) => data.hint(),
            Self::Read { path, .. } if !path.exists() => Some("check the path".to_owned()),
            Self::Read { .. } => Some("the file may be cut off or damaged; nothing was imported".to_owned()),
            Self::Record { hint, .. } | Self::File { hint, .. } | Self::Wish { hint, .. } => {
                Some(hint.clone()).filter(|hint| !hint.is_empty())
            }
            Self::Twice { run, .. } => {
                Some(format!("`nbest report {run}` shows it; to have it twice, give it another name with --name"))
            }
        }
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }

    pub(super) fn file(path: &Path, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), problem: problem.into(), hint: hint.into() }
    }
}

/// What is wrong with one record, before its place is known.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: String,
    pub(super) hint: String,
}

impl Fault {
    pub(super) fn new(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { problem: problem.into(), hint: hint.into() }
    }

    /// A field that is not there.
    pub(super) fn missing(field: &str) -> Self {
        Self::new(format!("no field {field:?}"), "the format may be another: name it with --format")
    }

    pub(super) fn at(self, path: &Path, place: impl ToString) -> ImportError {
        ImportError::Record { path: path.to_owned(), place: place.to_string(), problem: self.problem, hint: self.hint }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        let hint = if error.is_data() {
            "the format may be another: name it with --format"
        } else {
            "the file may be cut off or damaged; nothing was imported"
        };
        // a record that stands on one line: its own line numbers say nothing
        let text = error.to_string();
        let text = text.replace(" at line 1 column ", " at column ");
        Self::new(text, hint)
    }
}
