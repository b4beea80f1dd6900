//! A file's new contents, whole or not at all.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::venv::shown;

/// Writes `contents` beside `path` and renames it into place; a link is followed, the mode is kept.
pub(super) fn write(path: &Path, contents: &[u8]) -> Result<()> {
    let real = destination(path);
    let written = || -> std::io::Result<()> {
        let directory = real.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(directory)?;
        // The mode of a file that a shell redirects to: less the umask.
        let new = fs::Permissions::from_mode(0o666);
        let mut beside =
            tempfile::Builder::new().prefix(".venvyard-").permissions(new).tempfile_in(directory)?;
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
