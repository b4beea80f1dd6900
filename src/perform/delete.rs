//! A tree goes.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dev, Dir, FileType, Mode, OFlags, fstat, openat, stat, unlinkat};
use rustix::path::Arg;

/// Deletes a tree, following no link and crossing no mount point; returns the first path that stays, and why.
pub(super) fn delete(tree: &Path) -> Option<(PathBuf, io::Error)> {
    let mut left = None;
    let above = tree.parent().unwrap_or(Path::new("/"));
    let device = stat(above).map(|data| data.st_dev);
    let deleted = open(CWD, tree).and_then(|directory| empty(&directory, tree, device?, &mut left));
    let deleted = deleted.and_then(|()| fs::remove_dir(tree));
    left.or(deleted.err().map(|error| (tree.to_path_buf(), error)))
}

/// Deletes what is in `directory`. Each name is told to its open directory, so that no path is walked again.
fn empty(
    directory: &OwnedFd,
    path: &Path,
    device: Dev,
    left: &mut Option<(PathBuf, io::Error)>,
) -> io::Result<()> {
    if fstat(directory)?.st_dev != device {
        return Err(io::Error::other("it is another file system"));
    }
    // All names are read before the first goes: what a directory tells after that is up to the file system.
    for entry in Dir::read_from(directory)?.collect::<Result<Vec<_>, _>>()? {
        let name = entry.file_name();
        if [&b"."[..], b".."].contains(&name.to_bytes()) {
            continue;
        }
        let below = || path.join(OsStr::from_bytes(name.to_bytes()));
        let is_directory = match entry.file_type() {
            FileType::Unknown => below().symlink_metadata().is_ok_and(|data| data.is_dir()),
            kind => kind.is_dir(),
        };
        let deleted = if is_directory {
            let inner = open(directory, name);
            let emptied = inner.and_then(|inner| empty(&inner, &below(), device, left));
            emptied.and_then(|()| Ok(unlinkat(directory, name, AtFlags::REMOVEDIR)?))
        } else {
            unlinkat(directory, name, AtFlags::empty()).map_err(io::Error::from)
        };
        if let (Err(error), None) = (deleted, &left) {
            *left = Some((below(), error));
        }
    }
    Ok(())
}

fn open(directory: impl AsFd, name: impl Arg) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(directory, name, flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_system_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let tree = directory.path().join("tree");
        fs::create_dir_all(tree.join("lib")).unwrap();
        fs::write(tree.join("lib/file"), "").unwrap();
        let mut left = None;
        let opened = open(CWD, &tree).unwrap();
        let error = empty(&opened, &tree, 0, &mut left).unwrap_err();
        assert_eq!(error.to_string(), "it is another file system");
        assert!(tree.join("lib/file").exists() && left.is_none());
        assert!(delete(&tree).is_none() && !tree.exists());
        let (path, error) = delete(&tree).unwrap();
        assert_eq!((path, error.kind()), (tree, io::ErrorKind::NotFound));
    }
}
