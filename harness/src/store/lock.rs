//! One writer a file. The lock is the operating system's, so it goes with the process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::StoreError;

/// Held while a process samples, judges or imports into a database.
#[derive(Debug)]
pub struct WriteLock {
    file: File,
}

impl WriteLock {
    /// Takes the lock of this database; `purpose` is what another process is told.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with what the holder says of itself.
    pub fn acquire(database: &Path, purpose: &str) -> Result<Self, StoreError> {
        let path = lock_path(database);
        let fail = |source| StoreError::Lock { path: path.clone(), source };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
        // whoever asks whether the lock is held holds it for a moment himself
        let mut locked = file.try_lock();
        for _ in 0..20 {
            if !matches!(locked, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(3));
            locked = file.try_lock();
        }
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // the holder's line is a courtesy: without it the lock still holds
                let _ = file.read_to_string(&mut holder);
                let holder = holder.trim();
                let holder = if holder.is_empty() { "another process".to_owned() } else { holder.to_owned() };
                return Err(StoreError::Locked { path: database.to_path_buf(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        let line = format!("process {}: {purpose}\n", std::process::id());
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(line.as_bytes())).map_err(fail)?;
        Ok(Self { file })
    }

    /// Whether some process writes to this database now.
    #[must_use]
    pub fn is_held(database: &Path) -> bool {
        let Ok(file) = File::open(lock_path(database)) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // a stale line would name a process that is gone
        let _ = self.file.set_len(0);
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("a.db");
        let first = WriteLock::acquire(&database, "nbest run x.toml").unwrap();
        let error = WriteLock::acquire(&database, "nbest verify").unwrap_err();
        assert!(error.to_string().contains("nbest run x.toml"), "{error}");
        assert!(WriteLock::is_held(&database));
        drop(first);
        assert!(!WriteLock::is_held(&database));
        WriteLock::acquire(&database, "nbest verify").unwrap();
    }
}
