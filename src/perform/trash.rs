//! An environment that is removed and kept steps aside by one rename, and comes back by one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};

use super::delete::delete;
use super::nest::{self, Nest};
use super::remove::is_gone;
use super::rename;
use crate::venv::{Nesting, Removed, Venv, shown};

/// Removes an environment, so that it can come back.
pub(super) fn keep(venv: &Venv, time: SystemTime) -> Result<()> {
    let root = venv.root();
    match put(root, root, time) {
        Err(error) if is_gone(&error, root) => {}
        put => {
            put.with_context(|| format!("cannot remove {}", shown(root)))?;
        }
    }
    nest::sweep(root.parent().unwrap_or(Path::new("/")));
    Ok(())
}

/// Renames `from` to where the environment at `root` is kept, which is returned: a second later if one of its name went
/// in the same.
pub(super) fn put(from: &Path, root: &Path, mut time: SystemTime) -> io::Result<PathBuf> {
    loop {
        let place = Removed::place(root, time);
        match rename::to_free(from, &place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => time += Duration::from_secs(1),
            renamed => return renamed.map(|()| place),
        }
    }
}

/// Brings back what lies at `removed`; the name must be free.
pub(super) fn restore(removed: &Path, venv: &Venv) -> Result<()> {
    let root = shown(venv.root());
    match rename::to_free(removed, venv.root()) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{root} exists already: it was made just now.\nhint: lsvirtualenv -b")
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            bail!("{} is gone: it was restored or deleted just now.\nhint: restorevirtualenv", shown(removed))
        }
        renamed => renamed.with_context(|| format!("cannot restore {root}")),
    }
}

/// Deletes those whose time has come. What cannot be deleted stays hidden, and is tried again.
pub(super) fn expire(removed: &[PathBuf]) {
    for path in removed {
        let Ok(nest) = Nest::beside(path, Nesting::Removed) else { return };
        // Of this and a restoring, one rename finds it.
        if fs::rename(path, nest.place()).is_ok() && delete(nest.path()).is_some() {
            nest.keep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_one_name_that_go_in_one_second_are_both_kept() {
        let home = tempfile::tempdir().unwrap();
        let venv = Venv::at(home.path().join("blog"));
        for number in ["1", "2"] {
            fs::create_dir_all(venv.bin()).unwrap();
            fs::write(venv.activate(), number).unwrap();
            keep(&venv, SystemTime::UNIX_EPOCH).unwrap();
        }
        let text = |second| {
            let place = Removed::place(venv.root(), SystemTime::UNIX_EPOCH + Duration::from_secs(second));
            fs::read_to_string(place.join("bin/activate")).unwrap()
        };
        assert_eq!([text(0), text(1)], ["1", "2"]);
        restore(&Removed::place(venv.root(), SystemTime::UNIX_EPOCH), &venv).unwrap();
        assert_eq!(fs::read_to_string(venv.activate()).unwrap(), "1");
        assert!(restore(&Removed::place(venv.root(), SystemTime::UNIX_EPOCH), &venv).is_err());
    }
}
