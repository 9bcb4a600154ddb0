//! Fetches a problem set of the catalogue into the cache folder: whole and verified, or not at all.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::catalog::{Entry, Pin};
use crate::client::download::{self, DownloadError, Progress};
use crate::digest::Digest;

/// Why a set cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// It cannot be fetched.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// What came is not what it must be. Nothing of it is kept.
    #[error("{name}: the SHA-256 of what {url} serves is {found}, not {wanted}")]
    Checksum {
        /// The set.
        name: &'static str,
        /// The address.
        url: String,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// What came is no file of problems, for example a page that asks to log in. Nothing of it is kept.
    #[error("{name}: what {url} serves is no {ending} file")]
    Kind {
        /// The set.
        name: &'static str,
        /// The address.
        url: String,
        /// The kind that was expected.
        ending: &'static str,
    },
    /// The cache cannot be used.
    #[error("cannot write {path}")]
    Cache {
        /// File or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl PullError {
    /// What the user can do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Download(DownloadError::Unreachable { done, .. }) => {
                let rest = if *done > 0 { "; the same command goes on where it stopped" } else { "" };
                return Some(format!(
                    "check the network and HTTPS_PROXY, or fetch it elsewhere and name a mirror with --from URL{rest}"
                ));
            }
            Self::Download(DownloadError::Status { status, .. }) if status.as_u16() == 404 => {
                "the file has moved: --from URL names another address of the same file"
            }
            Self::Download(DownloadError::Status { .. }) => {
                "the server refuses: try later, or --from URL names another address of the same file"
            }
            Self::Download(DownloadError::Url { .. }) => "an address begins with http:// or https://",
            Self::Download(DownloadError::Busy { .. }) => "wait until it is done",
            Self::Checksum { .. } => {
                "the file was changed or cut on its way; nothing was kept: try again, or another --from URL"
            }
            Self::Kind { .. } => "open the address in a browser to see what it serves; nothing was kept",
            Self::Download(DownloadError::Write { .. }) | Self::Cache { .. } => {
                "NBEST_CACHE names another folder for what is fetched"
            }
        };
        Some(text.to_owned())
    }
}

/// What a set in the cache is, beside it as `source.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Where it came from.
    pub url: String,
    /// Of the file, hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Whether the digest was known before.
    pub verified: bool,
}

/// A set in the cache, as its `source.json` says; `None` where it is not there.
#[must_use]
pub fn cached(entry: &Entry, cache: &Path) -> Option<Source> {
    let path = entry.path(cache);
    let text = fs::read(path.with_file_name("source.json")).ok()?;
    serde_json::from_slice(&text).ok().filter(|_| path.is_file())
}

/// Fetches a set, from its own address or another that serves the same bytes, and verifies it.
///
/// # Errors
/// It cannot be fetched, or it is not what it must be; then the cache is as it was, but for an unfinished file to go on with.
pub async fn pull(
    entry: &Entry,
    from: Option<&str>,
    cache: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Source, PullError> {
    let path = entry.path(cache);
    let folder = path.parent().unwrap_or(cache);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| PullError::Cache { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let url = from.unwrap_or(entry.url);
    let part = folder.join(format!("{}.part", entry.file()));
    let bytes = download::download(url, &part, progress).await?;
    let checked = check(entry, url, &part).map_err(failed(&part))?;
    let sha256 = match checked {
        Ok(sha256) => sha256,
        Err(refusal) => {
            fs::remove_file(&part).map_err(failed(&part))?;
            return Err(refusal);
        }
    };
    let source = Source { url: url.to_owned(), sha256, bytes, verified: entry.pin.is_some() };
    let beside = folder.join("source.json");
    let text = serde_json::to_vec_pretty(&source).map_err(|error| failed(&beside)(error.into()))?;
    fs::rename(&part, &path).map_err(failed(&path))?;
    fs::write(&beside, text).map_err(failed(&beside))?;
    Ok(source)
}

/// The digest of a file that is what the catalogue says.
fn check(entry: &Entry, url: &str, part: &Path) -> io::Result<Result<String, PullError>> {
    let found = digest(&mut fs::File::open(part)?)?;
    let wrong = |wanted, found| PullError::Checksum { name: entry.name, url: url.to_owned(), wanted, found };
    match entry.pin {
        Some(Pin::File(wanted)) if found != wanted => return Ok(Err(wrong(wanted, found))),
        Some(Pin::Content(wanted)) => {
            // a gzip file that cannot be read to its end has no content
            let content = content_digest(&mut fs::File::open(part)?).unwrap_or_else(|error| error.to_string());
            if content != wanted {
                return Ok(Err(wrong(wanted, content)));
            }
        }
        _ => {}
    }
    let mut head = [0; 4];
    let length = fs::File::open(part)?.read(&mut head)?;
    let (ending, fits) = match entry.file().rsplit('.').next() {
        Some("gz") => ("gzip", head.starts_with(&[0x1f, 0x8b])),
        Some("parquet") => ("Parquet", head == *b"PAR1"),
        _ => ("JSON", head[..length].trim_ascii_start().starts_with(b"{")),
    };
    Ok(if fits { Ok(found) } else { Err(PullError::Kind { name: entry.name, url: url.to_owned(), ending }) })
}

fn digest(reader: &mut dyn Read) -> io::Result<String> {
    let mut digest = Digest::default();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(digest.finish()),
            n => digest.update(&buffer[..n]),
        }
    }
}

/// The digest of what is in a gzip file; of the file itself where it is none.
pub(super) fn content_digest(reader: &mut dyn Read) -> io::Result<String> {
    let mut reader = io::BufReader::new(reader);
    if io::BufRead::fill_buf(&mut reader)?.starts_with(&[0x1f, 0x8b]) {
        digest(&mut flate2::bufread::MultiGzDecoder::new(reader))
    } else {
        digest(&mut reader)
    }
}

#[cfg(test)]
mod tests;
