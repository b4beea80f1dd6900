//! A file's new contents, whole or not at all, and the directories that we make.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::NamedTempFile;

use super::nest;
use crate::venv::shown;

/// How the name of a file begins that is being written beside another.
const PREFIX: &str = ".venvyard-";

/// Writes `contents` beside `path` and renames it into place; a link is followed, the mode is kept.
pub(super) fn write(path: &Path, contents: &[u8]) -> Result<()> {
    let real = destination(path);
    let written = || -> io::Result<()> {
        let directory = real.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(directory)?;
        // The mode of a file that a shell redirects to: less the umask.
        let new = fs::Permissions::from_mode(0o666);
        let mut beside = beside(directory, Some(new))?;
        beside.write_all(contents)?;
        if let Ok(old) = fs::metadata(&real) {
            beside.as_file().set_permissions(old.permissions())?;
        }
        beside.as_file().sync_all()?;
        beside.persist(&real)?;
        Ok(())
    };
    written().with_context(|| format!("cannot write {}", shown(path)))
}

/// A new file in `directory` that is to take another's place. It is locked until it is closed, and those whose writers
/// are gone are deleted.
pub(super) fn beside(directory: &Path, permissions: Option<fs::Permissions>) -> io::Result<NamedTempFile> {
    sweep(directory);
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    loop {
        let file = builder.tempfile_in(directory)?;
        // Between making and locking, another writer may take it for left behind.
        match file.as_file().try_lock() {
            Err(TryLockError::WouldBlock) => {}
            Ok(()) if !nest::is_at(file.as_file(), file.path()) => {}
            _ => return Ok(file),
        }
    }
}

/// Deletes what killed writers left. Where a file system knows no locks nothing is.
fn sweep(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_left = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes())
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_left
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes a directory and those above it, which only the user can write to: what lies in another one is not trusted.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path)
}

/// Where a file written to `path` lies: at the end of its links, also where nothing is there yet.
fn destination(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let mut real = path.to_path_buf();
    // A circle of links ends too.
    for _ in 0..40 {
        let Ok(target) = real.read_link() else { return real };
        real = real.parent().unwrap_or(Path::new("/")).join(target);
    }
    path.to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_points_nowhere_stays_too() {
        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("new/file", &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(directory.path().join("new/file")).unwrap(), b"new");
    }

    #[test]
    fn what_a_killed_writer_left_goes_and_what_is_being_written_stays() {
        let directory = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(directory.path()).unwrap().count();
        let running = beside(directory.path(), None).unwrap();
        fs::write(directory.path().join(".venvyard-killed"), "").unwrap();
        write(&directory.path().join("file"), b"new").unwrap();
        assert!(running.path().exists());
        assert_eq!(names(), 2);
        drop(running);
        assert_eq!(names(), 1);
    }

    #[test]
    fn a_link_and_a_mode_stay() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("real"), directory.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
