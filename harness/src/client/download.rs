//! One file over HTTP: goes on where a broken transfer stopped, and says how far it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LAST_MODIFIED, RANGE};
use verifiers::counted;

/// Attempts without a byte gained before a transfer is given up.
const ATTEMPTS: u32 = 4;
/// The pause before the first attempt again; each barren one doubles it.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 5 } else { 250 });
/// A server that is silent for so long is asked again.
const SILENCE: Duration = Duration::from_secs(30);

/// How far a transfer is. Unit: bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// On disk.
    pub done: u64,
    /// Of the whole file, where the server says.
    pub total: Option<u64>,
}

/// Why a file cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// Not an address.
    #[error("{url} is no http or https address")]
    Url {
        /// The address.
        url: String,
    },
    /// The server cannot be reached, or stopped answering again and again. What has come is kept.
    #[error("cannot fetch {url}: {} came, then nothing in {}", counted(*.done, "byte"), counted(*.attempts, "attempt"))]
    Unreachable {
        /// The address.
        url: String,
        /// Bytes that are on disk.
        done: u64,
        /// Attempts in a row that brought nothing.
        attempts: u32,
        /// The last failure.
        #[source]
        source: reqwest::Error,
    },
    /// The server answers, but not with the file.
    #[error("{url} answers {status}")]
    Status {
        /// The address.
        url: String,
        /// Its answer.
        status: StatusCode,
    },
    /// Another process fetches the same file.
    #[error("another process is fetching {path}")]
    Busy {
        /// The unfinished file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The unfinished file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What one request came to.
enum Outcome {
    Whole,
    Cut(reqwest::Error),
    Refused(StatusCode),
}

/// Fetches `url` into `part`; an unfinished `part` of the same version of the file is continued.
///
/// Beside it lies `part` with `.version`, what the server calls the version. A file of another version starts anew.
///
/// # Errors
/// The server cannot be reached or refuses, or the file cannot be written. An unfinished file stays for the next time.
pub async fn download(
    url: &str,
    part: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<u64, DownloadError> {
    let address = reqwest::Url::parse(url).ok().filter(|u| u.has_host() && matches!(u.scheme(), "http" | "https"));
    let address = address.ok_or_else(|| DownloadError::Url { url: url.to_owned() })?;
    let mut transfer = Transfer::open(url, address, part)?;
    let (mut barren, mut before) = (0, transfer.done);
    loop {
        let outcome = transfer.attempt(progress).await?;
        barren = if transfer.done > before { 0 } else { barren + 1 };
        before = transfer.done;
        let again = match &outcome {
            Outcome::Whole => {
                fs::remove_file(version_of(part)).ok();
                return Ok(transfer.done);
            }
            Outcome::Cut(_) => true,
            Outcome::Refused(status) => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
        };
        if !again || barren >= ATTEMPTS {
            let url = url.to_owned();
            return Err(match outcome {
                Outcome::Cut(source) => {
                    DownloadError::Unreachable { url, done: transfer.done, attempts: barren, source }
                }
                Outcome::Refused(status) => DownloadError::Status { url, status },
                Outcome::Whole => continue,
            });
        }
        tokio::time::sleep(PAUSE * 2u32.pow(barren)).await;
    }
}

struct Transfer<'a> {
    http: reqwest::Client,
    address: reqwest::Url,
    part: &'a Path,
    file: File,
    /// What the server called the version of which `done` bytes are on disk.
    version: Option<String>,
    done: u64,
}

fn version_of(part: &Path) -> PathBuf {
    let mut name = part.to_owned().into_os_string();
    name.push(".version");
    name.into()
}

impl<'a> Transfer<'a> {
    fn open(url: &str, address: reqwest::Url, part: &'a Path) -> Result<Self, DownloadError> {
        let cannot = |source| DownloadError::Write { path: part.to_owned(), source };
        let mut file =
            OpenOptions::new().create(true).read(true).write(true).truncate(false).open(part).map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(DownloadError::Busy { path: part.to_owned() }),
            Err(fs::TryLockError::Error(source)) => return Err(cannot(source)),
        }
        let version = fs::read_to_string(version_of(part)).ok().filter(|version| !version.is_empty());
        let done = if version.is_some() { file.seek(io::SeekFrom::End(0)).map_err(cannot)? } else { 0 };
        // a second call finds the provider installed, which is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(SILENCE)
            .retry(reqwest::retry::never())
            .user_agent(concat!("nbest/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| DownloadError::Unreachable { url: url.to_owned(), done: 0, attempts: 0, source })?;
        Ok(Self { http, address, part, file, version, done })
    }

    fn cannot(&self) -> impl Fn(io::Error) -> DownloadError + use<> {
        let path = self.part.to_owned();
        move |source| DownloadError::Write { path: path.clone(), source }
    }

    /// From now on the file is of this version, and begins at its beginning.
    fn restart(&mut self, headers: &HeaderMap) -> Result<(), DownloadError> {
        let cannot = self.cannot();
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(&cannot)?;
        self.done = 0;
        let text = |name| headers.get(name).and_then(|value: &reqwest::header::HeaderValue| value.to_str().ok());
        // weak tags do not promise equal bytes
        let tag = text(ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| text(LAST_MODIFIED));
        self.version = tag.map(ToOwned::to_owned);
        let beside = version_of(self.part);
        if let Some(version) = &self.version {
            return fs::write(beside, version).map_err(cannot);
        }
        fs::remove_file(beside).ok();
        Ok(())
    }

    async fn attempt(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Outcome, DownloadError> {
        let mut request = self.http.get(self.address.clone());
        if let (Some(version), true) = (&self.version, self.done > 0) {
            request = request.header(RANGE, format!("bytes={}-", self.done)).header(IF_RANGE, version);
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Ok(Outcome::Cut(error.without_url())),
        };
        let status = response.status();
        let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).and_then(parse_range);
        match (status, range) {
            // the very place where we stopped
            (StatusCode::PARTIAL_CONTENT, Some((Some(start), _))) if start == self.done => {}
            // nothing is missing
            (StatusCode::RANGE_NOT_SATISFIABLE, Some((None, Some(total)))) if total == self.done => {
                return Ok(Outcome::Whole);
            }
            (StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::PARTIAL_CONTENT, _) => {
                self.restart(&HeaderMap::new())?;
                return Ok(Outcome::Refused(StatusCode::SERVICE_UNAVAILABLE));
            }
            (StatusCode::OK, _) => self.restart(response.headers())?,
            _ => return Ok(Outcome::Refused(status)),
        }
        let total = response.content_length().map(|rest| self.done + rest);
        progress(Progress { done: self.done, total });
        let mut body = response.bytes_stream();
        while let Some(piece) = body.next().await {
            match piece {
                Ok(bytes) => {
                    self.file.write_all(&bytes).map_err(self.cannot())?;
                    self.done += bytes.len() as u64;
                    progress(Progress { done: self.done, total });
                }
                Err(error) => {
                    if self.version.is_none() {
                        // it cannot be continued: the next attempt begins anew, and this one brought nothing
                        self.restart(&HeaderMap::new())?;
                    }
                    return Ok(Outcome::Cut(error.without_url()));
                }
            }
        }
        self.file.sync_all().map_err(self.cannot())?;
        Ok(Outcome::Whole)
    }
}

/// `bytes 5-9/10` is (5, 10), `bytes */10` is (none, 10).
fn parse_range(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split_once('-').and_then(|(start, _)| start.parse().ok()), total.parse().ok()))
}

#[cfg(test)]
pub(crate) mod tests;
