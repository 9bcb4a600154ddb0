//! What reference solutions showed, kept from run to run: they compute for longer than many samples, and always the same where they
//! are [pure](is_pure).
//!
//! A file for each suite in a folder of the user's own. Nothing in it is needed: what is missing, cut or made by other means is
//! worked out again.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{Mode, OFlags};

use super::pure::is_pure;
use super::servers::{self, Setup};
use super::wire::{Node, Writer};
use super::worker::Place;
use crate::domain::SandboxClass;

/// Changes with what the files hold.
const FORMAT: &[u8] = b"nbest references 3";
/// What one suite showed is not kept when it takes more bytes.
const ENTRY_MOST: usize = 32 << 20;
/// The folder may grow to this before the oldest files go.
const FOLDER_MOST: u64 = 512 << 20;
/// What stands in a file beside that takes less.
const ENTRY_MORE: usize = 4096;
/// A file begins with the hash of its name and what follows.
const HASH: usize = 32;

/// How a reference solution did on a suite.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Showed {
    /// Time for all its calls.
    pub(super) spent: Duration,
    /// Where it ran.
    pub(super) place: Place,
    /// What the suite's kind keeps of it.
    pub(super) body: Vec<u8>,
}

/// The folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct References {
    folder: PathBuf,
    /// Hash of the interpreter, the limits and the runtime.
    means: [u8; 32],
}

impl References {
    /// The part of the cache for this setup; `None` where nothing can be kept, since the user has modules loaded that may change,
    /// or somebody else could change it: a program in a weak sandbox, or another user.
    pub(super) fn open(cache: &Path, setup: &Setup) -> Option<Self> {
        if setup.class != SandboxClass::Strong || !setup.preload.is_empty() {
            return None;
        }
        let folder = cache.join("references");
        if let Err(error) = DirBuilder::new().recursive(true).mode(0o700).create(&folder) {
            tracing::debug!(%error, folder = %folder.display(), "what reference solutions show is not kept");
            return None;
        }
        if !fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir() && is_own(&found)) {
            tracing::warn!(
                folder = %folder.display(),
                "what reference solutions show is not kept: others may write to this folder, or it is a link"
            );
            return None;
        }
        Some(Self { folder, means: means(setup) })
    }

    /// The name of what `parts` decide together; `None` where some `code` among it may show something else another time.
    pub(super) fn name(&self, code: &[&str], parts: &[&[u8]]) -> Option<String> {
        let pure = code.iter().all(|code| is_pure(code));
        pure.then(|| digest(&self.means, parts.iter().copied()).to_hex().to_string())
    }

    pub(super) fn get(&self, name: &str) -> Option<Showed> {
        // whatever lies there: opening it must not wait for anybody
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(self.folder.join(name), flags, Mode::empty()).ok()?);
        let (found, most) = (file.metadata().ok()?, (HASH + ENTRY_MOST + ENTRY_MORE) as u64);
        if !found.is_file() || !is_own(&found) || found.len() > most {
            return None;
        }
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).ok()?;
        let (hash, rest) = bytes.split_first_chunk::<HASH>()?;
        if *hash != sum(name, rest) {
            return None;
        }
        let items = Node::read(rest)?.items();
        let [spent, place, body] = items.as_slice() else { return None };
        let spent = Duration::from_nanos(u64::try_from(spent.int()?).ok()?);
        let place =
            [Place::Forked, Place::Alone, Place::Roomy].into_iter().find(|p| *p as i64 == place.int().unwrap_or(-1))?;
        Some(Showed { spent, place, body: body.bytes().to_vec() })
    }

    /// Keeps it; where that fails it is worked out again another time.
    pub(super) fn put(&self, name: &str, showed: &Showed) {
        static TIDIED: Once = Once::new();
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        if showed.body.len() > ENTRY_MOST {
            return;
        }
        TIDIED.call_once(|| self.tidy());
        let mut w = Writer::default();
        let nanoseconds = u64::try_from(showed.spent.as_nanos()).unwrap_or(u64::MAX);
        w.tuple(3).int(nanoseconds).int(showed.place as u64).bytes(&showed.body);
        let mut bytes = sum(name, &w.0).to_vec();
        bytes.append(&mut w.0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder.join(format!("{name}.{}-{number}", std::process::id()));
        let create = || File::options().write(true).create_new(true).mode(0o600).open(&unfinished);
        let written = create()
            .and_then(|mut file| file.write_all(&bytes))
            .and_then(|()| fs::rename(&unfinished, self.folder.join(name)));
        if let Err(error) = written {
            tracing::debug!(%error, "what a reference solution showed is not kept");
            let _ = fs::remove_file(unfinished);
        }
    }

    /// Removes the oldest files of a folder that has grown too large.
    fn tidy(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter_map(|entry| {
                let found = entry.metadata().ok().filter(|found| found.is_file() && is_name(&entry.file_name()))?;
                Some((found.modified().ok()?, found.len(), entry.path()))
            })
            .collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, length, _)| length).sum();
        for (_, length, path) in files {
            if total <= FOLDER_MOST {
                break;
            }
            total -= length;
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a file of this name can only be ours: that of [`References::name`], or an unfinished one.
fn is_name(name: &OsStr) -> bool {
    let Some((key, rest)) = name.to_str().and_then(|name| name.split_at_checked(64)) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let ending = rest.strip_prefix('.').and_then(|rest| rest.split_once('-'));
    key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && (rest.is_empty() || ending.is_some_and(|(process, number)| digits(process) && digits(number)))
}

/// Of a file's name and what follows in it: a copy under another name is worth nothing.
fn sum(name: &str, rest: &[u8]) -> [u8; HASH] {
    *digest(&[0; 32], [name.as_bytes(), rest].into_iter()).as_bytes()
}

/// Whether only this user can have written it.
fn is_own(found: &Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o022 == 0
}

/// Hash of all that may change what a program does: another interpreter, other packages, other limits.
fn means(setup: &Setup) -> [u8; 32] {
    let interpreter = &setup.interpreter;
    let changed = |path: &Path| {
        let found = fs::metadata(path);
        found.map_or(0, |found| found.mtime_nsec() + 1_000_000_000 * found.mtime())
    };
    let mut parts = vec![FORMAT.to_vec(), interpreter.version.clone().into_bytes()];
    for path in interpreter.path.iter().map(Path::new).chain([&*interpreter.program]) {
        parts.push(path.as_os_str().as_encoded_bytes().to_vec());
        parts.push(changed(path).to_le_bytes().to_vec());
    }
    let limits = crate::registry::Limits { timeout: Duration::ZERO, ..setup.limits.clone() };
    parts.push(serde_json::to_vec(&limits).unwrap_or_default());
    parts.extend(servers::runtime().into_iter().map(|code| code.as_bytes().to_vec()));
    *digest(&[0; 32], parts.iter().map(Vec::as_slice)).as_bytes()
}

fn digest<'a>(key: &[u8; 32], parts: impl Iterator<Item = &'a [u8]>) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Limits, Ports};

    fn references(folder: &Path) -> References {
        References { folder: folder.to_owned(), means: [7; 32] }
    }

    #[test]
    fn what_is_kept_is_found_again_and_what_is_damaged_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let kept = references(folder.path());
        let name = kept.name(&[], &[b"a", b"bc"]).unwrap();
        let other = kept.name(&["import math"], &[b"ab", b"c"]).unwrap();
        assert_ne!(name, other);
        assert_eq!(kept.name(&["x = 1", "import time"], &[b"ab", b"c"]), None);
        assert_eq!(kept.get(&name), None);
        for place in [Place::Forked, Place::Alone, Place::Roomy] {
            let showed = Showed { spent: Duration::from_millis(5), place, body: b"some data".to_vec() };
            kept.put(&name, &showed);
            assert_eq!(kept.get(&name), Some(showed));
        }
        let path = folder.path().join(&name);
        fs::copy(&path, folder.path().join(&other)).unwrap();
        assert_eq!(kept.get(&other), None, "a copy under another name");
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(kept.get(&name), None, "a changed byte");
    }

    #[test]
    fn what_others_may_write_to_is_not_believed() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let kept = references(folder.path());
        let name = kept.name(&[], &[]).unwrap();
        kept.put(&name, &Showed { spent: Duration::ZERO, place: Place::Forked, body: Vec::new() });
        assert!(kept.get(&name).is_some());
        fs::set_permissions(folder.path().join(&name), fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(kept.get(&name), None);
    }

    #[test]
    fn what_is_no_file_of_ours_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let kept = references(folder.path());
        let name = kept.name(&[], &[]).unwrap();
        let path = folder.path().join(&name);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, Mode::from_raw_mode(0o600)).unwrap();
        assert_eq!(kept.get(&name), None, "it would wait for a writer");
        let showed = Showed { spent: Duration::ZERO, place: Place::Forked, body: vec![1; 9] };
        kept.put(&name, &showed);
        assert_eq!(kept.get(&name), Some(showed));
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert_eq!(kept.get(&name), None, "a link");
        fs::rename(&elsewhere, &path).unwrap();
        assert!(kept.get(&name).is_some());
        // sparse
        File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(kept.get(&name), None, "too long");
    }

    #[test]
    fn the_oldest_of_its_own_files_go_when_the_folder_grows_too_large() {
        let folder = tempfile::tempdir().unwrap();
        let named = |digit: &str, ending: &str| digit.repeat(64) + ending;
        let (old, unfinished, middle, new) = (named("a", ""), named("b", ".17-3"), named("c", ""), named("0", ""));
        let foreign = [named("d", ".tar"), named("e", ".17-"), named("g", ""), "thesis".to_owned()];
        let half = FOLDER_MOST / 2;
        let files = [(&old, half, 4), (&unfinished, half, 3), (&middle, half, 2), (&new, 10, 1)];
        for (name, length, age) in files.into_iter().chain(foreign.iter().map(|name| (name, FOLDER_MOST, 9))) {
            let file = File::create(folder.path().join(name)).unwrap();
            // sparse
            file.set_len(length).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_hours(age)).unwrap();
        }
        references(folder.path()).tidy();
        let left = |name: &String| folder.path().join(name).exists();
        assert_eq!([&old, &unfinished, &middle, &new].map(left), [false, false, true, true]);
        assert!(foreign.iter().all(left));
    }

    #[test]
    fn a_link_to_another_folder_is_refused() {
        let (cache, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let Ok(interpreter) = crate::program::interpreter::Interpreter::find(None) else { return };
        let setup = |preload: &[&str]| Setup {
            launcher: Ports::default().launcher,
            interpreter: interpreter.clone(),
            class: SandboxClass::Strong,
            preload: preload.iter().map(|&module| module.to_owned()).collect(),
            limits: Limits::default(),
        };
        std::os::unix::fs::symlink(other.path(), cache.path().join("references")).unwrap();
        assert_eq!(References::open(cache.path(), &setup(&[])), None);
        fs::remove_file(cache.path().join("references")).unwrap();
        assert!(References::open(cache.path(), &setup(&[])).is_some());
        assert_eq!(References::open(cache.path(), &setup(&["numpy"])), None, "modules of the user's choice");
    }
}
