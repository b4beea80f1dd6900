//! Hidden directories beside an environment, as which or in which it is made or unmade.
//!
//! A nest is locked by its maker. The lock ends with the process, however that ends, so that a later
//! command can tell a nest left behind from one in use.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::delete::delete;
use crate::venv::{NEST_LETTERS, Nesting, is_nest};

/// A hidden directory that is deleted when it is dropped.
pub(super) struct Nest {
    place: PathBuf,
    is_kept: bool,
    // Holds the lock. None where the file system knows no locks: then nobody sweeps.
    _lock: Option<File>,
}

impl Nest {
    /// Makes and locks a nest beside the environment at `root`.
    pub(super) fn beside(root: &Path, nesting: Nesting) -> io::Result<Self> {
        let home = root.parent().unwrap_or(Path::new("/"));
        let name = root.file_name().unwrap_or_default();
        let mut prefix = OsString::from(".");
        // A file's name ends at 255 bytes.
        prefix.push(if name.len() > 200 { "long".as_ref() } else { name });
        prefix.push(nesting.mark());
        loop {
            let directory =
                tempfile::Builder::new().prefix(&prefix).rand_bytes(NEST_LETTERS).tempdir_in(home)?;
            // Between making and locking, a sweep may take it for left behind.
            let lock = match File::open(directory.path()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                lock => lock?,
            };
            match lock.try_lock() {
                Ok(()) if !is_at(&lock, directory.path()) => {}
                Err(TryLockError::WouldBlock) => {}
                result => {
                    // It would be deleted by tempfile, which crosses mount points.
                    let place = directory.keep().join(name);
                    return Ok(Self { place, is_kept: false, _lock: result.is_ok().then_some(lock) });
                }
            }
        }
    }

    /// The nest itself.
    pub(super) fn path(&self) -> &Path {
        self.place.parent().unwrap_or(Path::new("/"))
    }

    /// Where in the nest an environment stands that has to be made under its own name.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// Deletes what is in it.
    pub(super) fn clear(&self) {
        for entry in fs::read_dir(self.path()).into_iter().flatten().flatten() {
            if fs::remove_file(entry.path()).is_err() {
                let _ = delete(&entry.path());
            }
        }
    }

    /// Leaves the nest where it is.
    pub(super) fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        self.path().to_path_buf()
    }
}

impl Drop for Nest {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = delete(self.path());
        }
    }
}

/// Whether an open file, or directory, is what is called so now.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    let identity = |data: fs::Metadata| (data.dev(), data.ino());
    let (open, named) = (file.metadata().map(identity), fs::symlink_metadata(path).map(identity));
    matches!((open, named), (Ok(open), Ok(named)) if open == named)
}

/// Deletes the nests in `home` whose makers are gone.
pub(super) fn sweep(home: &Path) {
    let Ok(entries) = fs::read_dir(home) else { return };
    for entry in entries.flatten() {
        if !is_nest(&entry.file_name()) || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let Ok(lock) = File::open(entry.path()) else { continue };
        if lock.try_lock().is_ok() {
            // What cannot be deleted stays hidden; the next sweep tries again.
            let _ = delete(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn a_nest_is_swept_only_when_its_maker_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let entries = || fs::read_dir(home.path()).unwrap().count();
        let nest = Nest::beside(&home.path().join("blog"), Nesting::Partial).unwrap();
        sweep(home.path());
        assert_eq!(entries(), 1, "in use");
        nest.keep();
        sweep(home.path());
        assert_eq!(entries(), 0, "left behind");
        drop(Nest::beside(&home.path().join("blog"), Nesting::Partial).unwrap());
        assert_eq!(entries(), 0, "dropped");
        // Where a file system takes names of other bytes.
        if let Ok(nest) = Nest::beside(&home.path().join(OsStr::from_bytes(b"bl\xffg")), Nesting::Removed) {
            nest.keep();
        }
        sweep(home.path());
        assert_eq!(entries(), 0, "not UTF-8");
    }

    #[test]
    fn nothing_else_is_swept() {
        let home = tempfile::tempdir().unwrap();
        let names = [
            ".git",
            "blog",
            ".blog.partial",
            ".partial-note",
            ".x.partial-notebook",
            ".x.removed-20261129",
            ".x.removed-20261129T120000Z",
            ".x.partial-my-twenty-letters-12",
            "x.partial-12345678901234567890",
        ];
        for name in names {
            fs::create_dir(home.path().join(name)).unwrap();
        }
        sweep(home.path());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), names.len());
    }
}
