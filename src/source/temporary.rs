//! Temporary folders that are gone also when the program is told to end.
//!
//! A signal that ends a program runs no destructor. The first folder installs a handler of SIGHUP, SIGINT and SIGTERM, which deletes all that
//! are there and ends the program with 128 and the number of the signal, as a shell reports it. Nothing helps against SIGKILL.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use tempfile::TempDir;

static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A folder for its owner only; on Windows the user's own temporary folder is such a one.
#[derive(Debug)]
pub struct TemporaryFolder {
    // Deleted when this is dropped.
    folder: TempDir,
}

impl TemporaryFolder {
    /// A new folder whose name begins with `prefix`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(prefix: &str) -> io::Result<Self> {
        #[cfg(unix)]
        signals::watch();
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        // Made and noted in one, so that no signal comes between.
        let mut folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = builder.tempdir()?;
        folders.push(folder.path().to_owned());
        Ok(Self { folder })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Deletes it now, and tells whether that works.
    ///
    /// # Errors
    /// It cannot be deleted.
    pub fn close(self) -> io::Result<()> {
        self.delete()
    }

    fn delete(&self) -> io::Result<()> {
        // First deleted, then forgotten: a signal may come between.
        let mut folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        let deleted = match fs::remove_dir_all(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        folders.retain(|folder| folder != self.path());
        deleted
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // Nobody is there to be told; `close` tells.
        let _ = self.delete();
    }
}

#[cfg(unix)]
mod signals {
    use std::thread;
    use std::time::Duration;

    use super::{FOLDERS, Once, PoisonError, fs};
    use tokio::signal::unix::{Signal, SignalKind, signal};

    /// How often a folder is tried to delete into which something is still written.
    const TRIES: u32 = 20;

    /// Handles signals from now on.
    pub(super) fn watch() {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else {
                return;
            };
            let kinds = [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()];
            let handlers = {
                let _guard = runtime.enter();
                kinds.map(signal)
            };
            // Without a handler a signal ends the program, and leaves the folders.
            let [Ok(hangup), Ok(interrupt), Ok(terminate)] = handlers else {
                return;
            };
            thread::spawn(move || {
                let number = runtime.block_on(first(hangup, interrupt, terminate));
                clean();
                std::process::exit(128 + number);
            });
        });
    }

    async fn first(mut hangup: Signal, mut interrupt: Signal, mut terminate: Signal) -> i32 {
        tokio::select! {
            _ = hangup.recv() => SignalKind::hangup().as_raw_value(),
            _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
            _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
        }
    }

    fn clean() {
        // Held to the end: no other folder is made.
        let folders = FOLDERS.lock().unwrap_or_else(PoisonError::into_inner);
        for folder in folders.iter() {
            for _ in 0..TRIES {
                if fs::remove_dir_all(folder).is_ok() || !folder.exists() {
                    break;
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
        // Nobody else is to wait for the lock while the process ends, nor to go on.
        std::mem::forget(folders);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_its_owners_and_gone_with_its_value() {
        let folder = TemporaryFolder::new("checker-test-").unwrap();
        let path = folder.path().to_owned();
        fs::write(path.join("file"), "text").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        }
        drop(folder);
        assert!(!path.exists());
    }
}
