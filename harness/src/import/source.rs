//! Files as streams: compressed or not, by what they hold; lines with their numbers; how far one is.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{Fault, ImportError};
use crate::client::mend::parse_line;

/// How far an import is; shared with whoever shows it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of all files.
    pub total_bytes: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Samples read.
    pub samples: AtomicU64,
    /// Verdicts read.
    pub verdicts: AtomicU64,
}

/// Counts what is read.
struct Metered {
    file: File,
    progress: Arc<Progress>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.progress.bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// A stream of bytes that were packed with gzip, zstd or not at all.
pub(super) type Stream = Box<dyn BufRead + Send>;

/// Opens a file; compression is told by its first bytes, not by its name.
pub(super) fn open(path: &Path, progress: &Arc<Progress>) -> Result<Stream, ImportError> {
    let file = File::open(path).map_err(ImportError::read(path))?;
    let mut plain = BufReader::with_capacity(1 << 17, Metered { file, progress: Arc::clone(progress) });
    let head = plain.fill_buf().map_err(ImportError::read(path))?;
    Ok(match head {
        [0x1f, 0x8b, ..] => Box::new(BufReader::with_capacity(1 << 17, flate2::bufread::MultiGzDecoder::new(plain))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            let decoder = zstd::Decoder::with_buffer(plain).map_err(ImportError::read(path))?;
            Box::new(BufReader::with_capacity(1 << 17, decoder))
        }
        _ => Box::new(plain),
    })
}

/// The longest line that is taken for one.
const LONGEST_LINE: u64 = 1 << 30;

/// Lines that are not blank, with their numbers from 1.
pub(super) struct Lines {
    path: PathBuf,
    stream: Stream,
    number: u64,
    line: Vec<u8>,
}

impl Lines {
    pub(super) fn new(path: &Path, stream: Stream) -> Self {
        Self { path: path.to_owned(), stream, number: 0, line: Vec::new() }
    }

    /// The next line that is not blank, without its end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &[u8])>, ImportError> {
        loop {
            self.line.clear();
            let mut limited = (&mut self.stream).take(LONGEST_LINE);
            let n = limited.read_until(b'\n', &mut self.line).map_err(ImportError::read(&self.path))?;
            if n == 0 {
                return Ok(None);
            }
            self.number += 1;
            if n as u64 == LONGEST_LINE {
                let fault = Fault::new("a line of more than 1 GiB", "the file must be JSON lines or CSV");
                return Err(fault.at(&self.path, self.number));
            }
            let bom = usize::from(self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf")) * 3;
            if self.line[bom..].trim_ascii().is_empty() {
                continue;
            }
            return Ok(Some((self.number, self.line[bom..].trim_ascii())));
        }
    }

    /// Parses every line and hands it on.
    pub(super) fn each<T: serde::de::DeserializeOwned>(
        mut self,
        mut take: impl FnMut(T) -> Result<(), Fault>,
    ) -> Result<(), ImportError> {
        let path = self.path.clone();
        while let Some((number, line)) = self.next()? {
            let record = parse_line(line).map_err(Fault::from);
            record.and_then(&mut take).map_err(|fault| fault.at(&path, number))?;
        }
        Ok(())
    }
}

/// The files that are meant: a folder stands for the files in it, in order of their names; one without files for the programs in its
/// own folders, one folder a problem.
pub(super) fn expand(files: &[PathBuf]) -> Result<Vec<PathBuf>, ImportError> {
    let mut list = Vec::new();
    for file in files {
        if !file.is_dir() {
            list.push(file.clone());
            continue;
        }
        let (mut inside, folders) = listed(file)?;
        if inside.is_empty() {
            for folder in folders {
                inside.extend(listed(&folder)?.0.into_iter().filter(|path| is_program(path)));
            }
        }
        if inside.is_empty() {
            return Err(ImportError::file(
                file,
                "a folder without files",
                "name the files, or a folder that holds them",
            ));
        }
        list.extend(inside);
    }
    Ok(list)
}

/// Files and folders of a folder in the order that people count, without the hidden ones.
fn listed(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), ImportError> {
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(ImportError::read(folder))? {
        let path = entry.map_err(ImportError::read(folder))?.path();
        if path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')) {
            inside.push(path);
        }
    }
    inside.sort_by_cached_key(|path| natural(path));
    let (folders, rest): (Vec<_>, Vec<_>) = inside.into_iter().partition(|path| path.is_dir());
    Ok((rest.into_iter().filter(|path| path.is_file()).collect(), folders))
}

/// A sample that is a file of its own.
pub(super) fn is_program(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "py")
}

/// `9.yaml` before `10.yaml`.
fn natural(path: &Path) -> Vec<(u8, u64, String)> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut parts: Vec<(u8, u64, String)> = Vec::new();
    for c in name.chars() {
        match (c.to_digit(10), parts.last_mut()) {
            (Some(digit), Some((0, n, _))) => *n = n.saturating_mul(10).saturating_add(u64::from(digit)),
            (Some(digit), _) => parts.push((0, u64::from(digit), String::new())),
            (None, Some((1, _, text))) => text.push(c),
            (None, _) => parts.push((1, 0, c.to_string())),
        }
    }
    parts
}

/// A hash of what the files hold, as they stand.
pub(super) fn content(files: &[PathBuf]) -> Result<String, ImportError> {
    let mut hasher = blake3::Hasher::new();
    for path in files {
        let mut file = File::open(path).map_err(ImportError::read(path))?;
        let mut one = blake3::Hasher::new();
        if is_program(path) {
            // its name and its folder's are a part of what it says
            let name: PathBuf = path.components().rev().take(2).collect();
            one.update(name.to_string_lossy().as_bytes());
        }
        let mut buffer = vec![0; 1 << 18];
        loop {
            let n = file.read(&mut buffer).map_err(ImportError::read(path))?;
            if n == 0 {
                break;
            }
            one.update(&buffer[..n]);
        }
        hasher.update(one.finalize().as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_in_the_order_that_people_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["10.yaml", "9.yaml", ".hidden", "b2.yaml", "b10.yaml"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let list = expand(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = list.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["9.yaml", "10.yaml", "b2.yaml", "b10.yaml"]);
    }

    #[test]
    fn folders_of_programs_are_read_where_there_is_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["HumanEval_10", "HumanEval_9"] {
            std::fs::create_dir(at(name)).unwrap();
            std::fs::write(at(name).join("0.py"), "x").unwrap();
            std::fs::write(at(name).join("notes.txt"), "x").unwrap();
        }
        let read = || expand(&[folder.path().to_owned()]).unwrap();
        assert_eq!(read(), [at("HumanEval_9/0.py"), at("HumanEval_10/0.py")]);
        let before = content(&read()).unwrap();
        std::fs::rename(at("HumanEval_9"), at("HumanEval_8")).unwrap();
        assert_ne!(content(&read()).unwrap(), before, "another problem is another content");
        std::fs::write(at("eval_results.json"), "{}").unwrap();
        assert_eq!(read(), [at("eval_results.json")], "the results have the programs, too");
    }

    #[test]
    fn compression_is_told_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let text = b"\xef\xbb\xbf{\"a\":1}\n\n  \r\n{\"a\":2}";
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gz, text).unwrap();
        let packed = [text.to_vec(), gz.finish().unwrap(), zstd::encode_all(&text[..], 1).unwrap()];
        for bytes in packed {
            let path = folder.path().join("samples.jsonl");
            std::fs::write(&path, bytes).unwrap();
            let mut lines = Lines::new(&path, open(&path, &Arc::default()).unwrap());
            assert_eq!(lines.next().unwrap(), Some((1, &b"{\"a\":1}"[..])));
            assert_eq!(lines.next().unwrap(), Some((4, &b"{\"a\":2}"[..])));
            assert_eq!(lines.next().unwrap(), None);
        }
    }
}
