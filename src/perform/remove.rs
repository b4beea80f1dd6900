//! An environment vanishes by a rename, then its files go.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use walkdir::WalkDir;

use super::nest::{self, Nest};
use crate::venv::Venv;

/// Removes an environment: its name is gone at once. What cannot be deleted is named, and no longer listed.
pub(super) fn remove(venv: &Venv) -> Result<()> {
    let shown = venv.root().display();
    let nest = Nest::beside(venv.root(), "removed").with_context(|| format!("cannot remove {shown}"))?;
    fs::rename(venv.root(), nest.place()).with_context(|| format!("cannot remove {shown}"))?;
    let left = delete(nest.path());
    nest::sweep(venv.root().parent().unwrap_or(Path::new("/")));
    match left {
        None => Ok(()),
        Some((path, error)) => bail!(
            "{shown} is gone, but a part of it cannot be deleted: {}: {error}\nhint: rm -r '{}'",
            path.display(),
            nest.keep().display()
        ),
    }
}

/// Deletes a tree, following no link and crossing no mount point; returns the first path that stays, and why.
pub(super) fn delete(tree: &Path) -> Option<(std::path::PathBuf, io::Error)> {
    let mut first = None;
    for entry in WalkDir::new(tree).contents_first(true).same_file_system(true) {
        let deleted = match &entry {
            Ok(entry) if entry.file_type().is_dir() => fs::remove_dir(entry.path()),
            Ok(entry) => fs::remove_file(entry.path()),
            Err(error) => Err(io::Error::other(error.to_string())),
        };
        if let (Err(error), None) = (deleted, &first) {
            let path = match &entry {
                Ok(entry) => entry.path().to_path_buf(),
                Err(error) => error.path().unwrap_or(tree).to_path_buf(),
            };
            first = Some((path, error));
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_goes_and_what_its_links_point_to_stays() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        fs::create_dir_all(at("blog/lib/deep")).unwrap();
        fs::write(at("blog/lib/deep/file"), "").unwrap();
        fs::create_dir(at("precious")).unwrap();
        fs::write(at("precious/file"), "").unwrap();
        std::os::unix::fs::symlink(at("precious"), at("blog/lib/link")).unwrap();
        remove(&Venv::at(at("blog"))).unwrap();
        assert!(at("precious/file").exists());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
