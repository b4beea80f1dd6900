//! A file's new contents, whole or not at all, and the directories that we make.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::NamedTempFile;

use super::nest;
use crate::venv::shown;

/// A file that is being written beside another is called `.venvyard-`, so many random letters, `.partial`.
const LETTERS: usize = 16;
const PREFIX: &str = ".venvyard-";
const SUFFIX: &str = ".partial";

/// Writes `contents` beside `path` and renames it into place; a link is followed, the mode is kept.
pub(super) fn write(path: &Path, contents: &[u8]) -> Result<()> {
    let real = destination(path);
    let written = || -> io::Result<()> {
        let directory = real.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(directory)?;
        sweep(directory);
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

/// A new file in `directory` that is to take another's place. It is locked until it is closed.
pub(super) fn beside(directory: &Path, permissions: Option<fs::Permissions>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).rand_bytes(LETTERS).suffix(SUFFIX);
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
        if is_ours(&entry.file_name())
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a file is called like those that are being written, and no user would call one so.
fn is_ours(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    let rest = name.strip_prefix(PREFIX.as_bytes()).and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    rest.is_some_and(|letters| letters.len() == LETTERS && letters.iter().all(u8::is_ascii_alphanumeric))
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
        beside(directory.path(), None).unwrap().keep().unwrap();
        write(&directory.path().join("file"), b"new").unwrap();
        assert!(running.path().exists());
        assert_eq!(names(), 2);
        drop(running);
        assert_eq!(names(), 1);
    }

    #[test]
    fn what_is_only_called_alike_stays() {
        let directory = tempfile::tempdir().unwrap();
        let all = [
            ".venvyard-notes.txt",
            ".venvyard-abcdef",
            ".venvyard-settings.partial",
            ".venvyard-a-b-c-d-e-f-g-h-.partial",
        ];
        for name in all {
            fs::write(directory.path().join(name), "mine").unwrap();
        }
        write(&directory.path().join("file"), b"new").unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), all.len() + 1);
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
