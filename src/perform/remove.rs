//! An environment vanishes by a rename, then its files go.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::delete::delete;
use super::nest::{self, Nest};
use crate::terminal;
use crate::venv::{Nesting, Venv, shown, typed};

/// Removes an environment: its name is gone at once. Tells whether all of it is: what cannot be deleted is named, and
/// no longer listed.
pub(super) fn remove(venv: &Venv) -> Result<bool> {
    let root = shown(venv.root());
    let nest =
        Nest::beside(venv.root(), Nesting::Removed).with_context(|| format!("cannot remove {root}"))?;
    match fs::rename(venv.root(), nest.place()) {
        Err(error) if is_gone(&error, venv.root()) => return Ok(true),
        renamed => renamed.with_context(|| format!("cannot remove {root}"))?,
    }
    let left = delete(nest.path());
    nest::sweep(venv.root().parent().unwrap_or(Path::new("/")));
    if let Some((path, error)) = &left {
        let nest = typed(nest.keep().as_os_str());
        let hint = if error.kind() == io::ErrorKind::ResourceBusy {
            // What is mounted would go with it. Once it is not, the next sweep takes the nest.
            format!("umount {}", typed(path.as_os_str()))
        } else {
            format!("chmod -R u+w {nest} && rm -r {nest}")
        };
        let path = shown(path);
        terminal::say(&format!(
            "ERROR: {root} is gone, but a part of it cannot be deleted: {path}: {error}\nhint: {hint}"
        ));
    }
    Ok(left.is_none())
}

/// Whether somebody else was quicker; says so, in the words for one that never was there.
pub(super) fn is_gone(error: &io::Error, root: &Path) -> bool {
    let is_gone = error.kind() == io::ErrorKind::NotFound && root.symlink_metadata().is_err();
    if is_gone {
        terminal::say(&format!("Did not find environment {} to remove.", shown(root)));
    }
    is_gone
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
        assert!(remove(&Venv::at(at("blog"))).unwrap());
        assert!(at("precious/file").exists());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
