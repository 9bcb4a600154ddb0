//! Why a data set cannot be had, and the way out.

use std::io::ErrorKind;
use std::path::PathBuf;

/// A data set that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The file cannot be read.
    #[error("can't read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A set of the catalogue that was never fetched.
    #[error("the problem set {name} is not in the cache")]
    NotCached {
        /// Its name.
        name: &'static str,
    },
    /// No such format, or no sign of which.
    #[error("{path}: {problem}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// A record is not what the format says.
    #[error("{path}:{line}: {problem}")]
    Record {
        /// The file.
        path: PathBuf,
        /// Counted from 1; in a JSON array the number of the element.
        line: usize,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// The selection names problems that are not there.
    #[error("{path} has no problem {}", ids.join(", "))]
    UnknownIds {
        /// The file.
        path: PathBuf,
        /// The ids.
        ids: Vec<String>,
        /// Ids of the file that look alike, or its first.
        hint: String,
    },
    /// There is nothing in it.
    #[error("{path} has no problems")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl DatasetError {
    /// The key of the experiment file that it speaks of; `None` where the file itself is at fault.
    #[must_use]
    pub fn key(&self) -> Option<&'static str> {
        match self {
            Self::Read { .. } | Self::NotCached { .. } | Self::Empty { .. } => Some("dataset.path"),
            Self::Format { problem, .. } if problem.contains("dataset.fields") => Some("dataset.fields"),
            Self::Format { .. } => Some("dataset.format"),
            Self::UnknownIds { .. } => Some("dataset.ids"),
            Self::Record { .. } => None,
        }
    }

    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { path, .. } if !path.exists() => {
                let places = "relative paths start at the experiment file's folder";
                Some(format!("check dataset.path; {places}; `nbest dataset` lists the sets that have names"))
            }
            Self::NotCached { name } => Some(format!("nbest dataset pull {name}")),
            Self::Format { hint, .. } | Self::Record { hint, .. } | Self::UnknownIds { hint, .. } => {
                Some(hint.clone()).filter(|hint| !hint.is_empty())
            }
            Self::Read { source, .. } => Some(match source.kind() {
                ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput => {
                    "the file is cut short or broken: fetch it again; .gz and .zst are told by the name's ending"
                        .to_owned()
                }
                _ => "dataset.path must name a file that may be read".to_owned(),
            }),
            Self::Empty { .. } => {
                Some("check dataset.path, dataset.ids and dataset.limit: a run needs a problem".to_owned())
            }
        }
    }
}
