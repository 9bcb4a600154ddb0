//! Every table of a run in one folder, with a manifest that says what is there and where it comes from.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Format, Interval, RowWriter, write_with};
use crate::digest::Digest;
use crate::rows::{Rows, SAMPLES, VERDICTS};
use crate::store::row::RunRow;
use crate::store::{Reader, StoreError};
use crate::table::{self, NAMES, Settings, TableError};

/// The name of the manifest; it is written last, so a folder that has one is complete.
const MANIFEST: &str = "manifest.json";

/// Why a folder cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The store cannot be read.
    #[error("cannot read the run")]
    Store(#[from] StoreError),
    /// A table cannot be built.
    #[error("cannot build a table")]
    Table(#[from] TableError),
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// The version of this layout.
    pub manifest: u32,
    /// Program and version that wrote it.
    pub written_by: String,
    /// The run.
    pub run: RunFacts,
    /// How the numbers were made.
    pub analysis: AnalysisFacts,
    /// The files, in the order in which they were written.
    pub files: Vec<FileFacts>,
}

/// Where a run comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunFacts {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Program and version that made it.
    pub made_by: String,
    /// When it began. Unit: milliseconds since 1970, UTC.
    pub created_at_ms: i64,
    /// `running`, `stopped`, `finished` or `failed`.
    pub state: String,
    /// Samples a problem.
    pub samples: u32,
    /// Its seed.
    pub seed: u64,
    /// blake3 of the problem set as it was understood.
    pub problem_set: String,
    /// What answered.
    pub endpoint: serde_json::Value,
    /// The experiment as it was resolved.
    pub experiment: serde_json::Value,
}

/// How the numbers were made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnalysisFacts {
    /// Two-sided confidence of every interval.
    pub confidence: f64,
    /// Bootstrap resamples.
    pub bootstrap: usize,
    /// Costs of a submitted wrong answer.
    pub costs: Vec<f64>,
    /// Seed of every resample.
    pub seed: u64,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileFacts {
    /// Its name in the folder.
    pub path: String,
    /// The table in it.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Its columns.
    pub columns: Vec<String>,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Its blake3, hexadecimal.
    pub blake3: String,
    /// What a reader of the table must know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Writes every table of a run into a folder, each beside its place and moved there whole; the manifest comes last.
///
/// # Errors
/// The store cannot be read, a table cannot be built, or a file cannot be written; then there is no new manifest.
pub async fn bundle(
    reader: &Reader,
    run: &RunRow,
    settings: &Settings,
    (format, interval): (Format, Interval),
    folder: &Path,
) -> Result<Manifest, BundleError> {
    let cannot = |path: &Path| {
        let path = path.to_owned();
        move |source| BundleError::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(cannot(folder))?;
    let manifest = folder.join(MANIFEST);
    match fs::remove_file(&manifest) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(cannot(&manifest)(error)),
        _ => {}
    }
    let mut files = Vec::with_capacity(NAMES.len() + 2);
    let data = reader.run_data(run).await?;
    for name in NAMES {
        let built = table::build(name, &data, settings)?;
        let path = folder.join(format!("{name}.{}", format.ending()));
        let mut target = Hashed::create(&path).map_err(cannot(&path))?;
        let written = write_with(&built, format, interval, &mut target).and_then(|()| target.finish(&path));
        let columns = built.columns.iter().map(ToString::to_string).collect();
        let facts = FileFacts {
            table: name.to_owned(),
            rows: built.rows.len() as u64,
            columns,
            notes: built.notes,
            ..written.map_err(cannot(&path))?
        };
        files.push(facts);
    }
    drop(data);
    for (name, mut pages) in
        [(SAMPLES, Rows::samples(reader.clone(), run)), (VERDICTS, Rows::verdicts(reader.clone(), run))]
    {
        let path = folder.join(format!("{name}.{}", format.ending()));
        let mut target = Hashed::create(&path).map_err(cannot(&path))?;
        let mut columns = Vec::new();
        let mut writer = RowWriter::new(format, &mut target);
        while let Some(page) = pages.next_page().await? {
            columns = page.columns.iter().map(ToString::to_string).collect();
            writer.write(&page).map_err(cannot(&path))?;
        }
        let rows = writer.finish().map_err(cannot(&path))?;
        let facts = target.finish(&path).map_err(cannot(&path))?;
        files.push(FileFacts { table: name.to_owned(), rows, columns, ..facts });
    }
    let made = Manifest {
        manifest: 1,
        written_by: format!("nbest {}", env!("CARGO_PKG_VERSION")),
        run: RunFacts {
            name: run.name.clone(),
            id: run.uuid.clone(),
            made_by: format!("nbest {}", run.version),
            created_at_ms: run.created_at_ms,
            state: run.state.clone(),
            samples: run.samples,
            seed: run.seed,
            problem_set: run.set_hash.clone(),
            endpoint: run.identity.as_deref().map(json).unwrap_or_default(),
            experiment: json(&run.config),
        },
        analysis: AnalysisFacts {
            confidence: settings.confidence,
            bootstrap: settings.bootstrap,
            costs: settings.costs.clone(),
            seed: settings.seed,
        },
        files,
    };
    let mut text = serde_json::to_vec_pretty(&made).map_err(|e| cannot(&manifest)(e.into()))?;
    text.push(b'\n');
    let mut target = Hashed::create(&manifest).map_err(cannot(&manifest))?;
    target.write_all(&text).and_then(|()| target.finish(&manifest)).map_err(cannot(&manifest))?;
    Ok(made)
}

/// What is stored as JSON; what is not, as text.
fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_: serde_json::Error| text.into())
}

/// A file that is written beside its place, and hashed as it is written. Left unfinished it is removed.
struct Hashed {
    file: BufWriter<File>,
    beside: PathBuf,
    sha256: Digest,
    blake3: blake3::Hasher,
    bytes: u64,
    done: bool,
}

impl Hashed {
    fn create(path: &Path) -> io::Result<Self> {
        let mut beside = path.to_owned().into_os_string();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let file = BufWriter::with_capacity(1 << 16, File::create(&beside)?);
        Ok(Self { file, beside, sha256: Digest::default(), blake3: blake3::Hasher::new(), bytes: 0, done: false })
    }

    /// Moves the file to its place.
    fn finish(mut self, path: &Path) -> io::Result<FileFacts> {
        self.file.flush()?;
        fs::rename(&self.beside, path)?;
        self.done = true;
        Ok(FileFacts {
            path: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            table: String::new(),
            rows: 0,
            columns: Vec::new(),
            bytes: self.bytes,
            sha256: std::mem::take(&mut self.sha256).finish(),
            blake3: self.blake3.finalize().to_hex().to_string(),
            notes: Vec::new(),
        })
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.blake3.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Hashed {
    fn drop(&mut self) {
        if !self.done {
            fs::remove_file(&self.beside).ok();
        }
    }
}
