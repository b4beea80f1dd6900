//! A template's files, copied into a project over nothing that is there.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use walkdir::{DirEntry, WalkDir};

use crate::terminal;
use crate::venv::shown;

/// Copies what is in `template` into `project`; modes and links stay as they are. What is there stays too, and is told.
pub(super) fn fill(project: &Path, template: &Path) -> Result<()> {
    // All names are read before the first copy: a project may lie in its template.
    let tree =
        WalkDir::new(template).min_depth(1).sort_by_file_name().into_iter().collect::<Result<Vec<_>, _>>();
    let tree = tree.with_context(|| format!("cannot read {}", shown(template)))?;
    let mut narrow: Vec<(PathBuf, Permissions)> = Vec::new();
    let mut kept: Vec<PathBuf> = Vec::new();
    for entry in tree {
        let path = entry.path().strip_prefix(template)?;
        if kept.iter().any(|kept| path.starts_with(kept)) {
            continue;
        }
        let target = project.join(path);
        let copied = put(&entry, &target, &mut narrow);
        match copied {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => kept.push(path.to_path_buf()),
            copied => copied.with_context(|| format!("cannot write {}", shown(&target)))?,
        }
    }
    // Directories that nobody may write into have to be filled first.
    for (directory, mode) in narrow.into_iter().rev() {
        fs::set_permissions(&directory, mode)
            .with_context(|| format!("cannot write {}", shown(&directory)))?;
    }
    for path in kept {
        terminal::say(&format!("NOTE: {} is there already and stays as it is.", shown(project.join(path))));
    }
    Ok(())
}

/// Puts one thing in its place, which must be free; a directory may be there, but not as a link to elsewhere.
fn put(entry: &DirEntry, target: &Path, narrow: &mut Vec<(PathBuf, Permissions)>) -> io::Result<()> {
    let kind = entry.file_type();
    if kind.is_dir() {
        return match fs::create_dir(target) {
            Err(_) if target.symlink_metadata().is_ok_and(|data| data.is_dir()) => Ok(()),
            made => made.and_then(|()| {
                narrow.push((target.to_path_buf(), entry.metadata()?.permissions()));
                Ok(())
            }),
        };
    }
    if kind.is_symlink() {
        return symlink(fs::read_link(entry.path())?, target);
    }
    if !kind.is_file() {
        let path = shown(entry.path());
        terminal::say(&format!("WARNING: {path} is neither a file nor a directory, and is left out."));
        return Ok(());
    }
    let mut source = File::open(entry.path())?;
    let directory = target.parent().unwrap_or(Path::new("/"));
    let mut beside = super::write::beside(directory, None)?;
    io::copy(&mut source, beside.as_file_mut())?;
    beside.as_file().set_permissions(source.metadata()?.permissions())?;
    beside.persist_noclobber(target)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_there_stays_and_modes_and_links_arrive() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        fs::create_dir_all(at("template/site/static")).unwrap();
        fs::create_dir_all(at("project/site")).unwrap();
        fs::create_dir(at("elsewhere")).unwrap();
        fs::create_dir(at("template/data")).unwrap();
        fs::write(at("template/data/a"), "").unwrap();
        symlink("../elsewhere", at("project/data")).unwrap();
        fs::write(at("template/manage.py"), "new").unwrap();
        fs::write(at("template/README"), "new").unwrap();
        fs::write(at("template/.venvyard-settings.toml"), "new").unwrap();
        fs::write(at("project/README"), "old").unwrap();
        symlink("manage.py", at("template/run")).unwrap();
        for (path, mode) in [("template/manage.py", 0o750), ("template/site/static", 0o555)] {
            fs::set_permissions(at(path), Permissions::from_mode(mode)).unwrap();
        }
        fill(&at("project"), &at("template")).unwrap();
        let mode = |path: &str| fs::metadata(at(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(fs::read(at("project/README")).unwrap(), b"old");
        assert_eq!(fs::read(at("project/run")).unwrap(), b"new");
        assert!(at("project/.venvyard-settings.toml").exists());
        assert_eq!(fs::read_link(at("project/run")).unwrap(), Path::new("manage.py"));
        assert_eq!(mode("project/manage.py"), 0o750);
        assert_eq!(mode("project/site/static"), 0o555);
        assert_eq!(fs::read_dir(at("elsewhere")).unwrap().count(), 0);
    }
}
