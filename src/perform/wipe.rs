//! An environment becomes as new: what its packages' metadata lists goes, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use walkdir::WalkDir;

use super::delete::delete;
use super::nest::{self, Nest};
use crate::venv::{Package, Venv, normal, shown, typed};

/// Removes every package but the seed. Whole directories are renamed aside, then deleted.
pub(super) fn wipe(venv: &Venv) -> Result<()> {
    let (seeds, others): (Vec<Package>, Vec<Package>) =
        venv.installed().into_iter().partition(Package::is_seed);
    let root = venv.root().canonicalize().with_context(|| format!("cannot wipe {}", shown(venv.root())))?;
    let paths = |packages: &[Package]| -> BTreeSet<PathBuf> {
        let of = |package: &Package| {
            let directory =
                package.metadata.parent().unwrap_or(Path::new("/")).canonicalize().unwrap_or_default();
            package.files().into_iter().map(move |file| normal(&directory.join(file))).collect::<Vec<_>>()
        };
        // What a RECORD says of a place outside is none of ours.
        packages.iter().flat_map(of).filter(|path| path.starts_with(&root) && *path != root).collect()
    };
    let kept = paths(&seeds);
    let mut listed = paths(&others);
    if others.iter().any(is_link) {
        listed.extend(linked_scripts(&Venv::at(root.clone())));
    }
    listed.retain(|path| !kept.contains(path));
    let nest = Nest::beside(&root, "removed").with_context(|| format!("cannot wipe {}", shown(&root)))?;
    fs::create_dir(nest.place())?;
    forget_links(&others)?;
    for (number, directory) in whole_directories(&listed, &kept).into_iter().enumerate() {
        fs::rename(&directory, nest.place().join(number.to_string()))
            .with_context(|| format!("cannot remove {}", shown(&directory)))?;
        listed.retain(|path| !path.starts_with(&directory));
    }
    let mut left = None;
    for path in &listed {
        let removed = if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                left = left.or(Some((path.clone(), error)));
            }
            _ => prune(path.parent(), &root),
        }
    }
    left = left.or(delete(nest.path()));
    nest::sweep(root.parent().unwrap_or(Path::new("/")));
    match left {
        None => Ok(()),
        Some((path, error)) => {
            bail!(
                "a part cannot be removed: {}: {error}\nhint: rm -r {}",
                shown(&path),
                typed(path.as_os_str())
            )
        }
    }
}

/// The directories in site-packages that hold only what is listed, and what Python compiled from it.
fn whole_directories(listed: &BTreeSet<PathBuf>, kept: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let tops: BTreeSet<PathBuf> = listed.iter().filter_map(|path| top(path)).collect();
    let is_whole = |directory: &PathBuf| {
        directory.is_dir()
            && !directory.is_symlink()
            && !kept.iter().any(|path| path.starts_with(directory))
            && (listed.contains(directory)
                || WalkDir::new(directory)
                    .into_iter()
                    .flatten()
                    .filter(|entry| !entry.file_type().is_dir())
                    .all(|entry| {
                        let compiled = entry.path().extension().is_some_and(|extension| extension == "pyc");
                        compiled || listed.contains(entry.path())
                    }))
    };
    tops.into_iter().filter(is_whole).collect()
}

/// The entry of site-packages that `path` is, or lies in.
fn top(path: &Path) -> Option<PathBuf> {
    path.ancestors()
        .find(|above| above.parent().is_some_and(|above| above.ends_with("site-packages")))
        .map(Path::to_path_buf)
}

/// What `setup.py develop` left: the link's line in easy-install.pth. The link itself is metadata and listed.
fn forget_links(packages: &[Package]) -> Result<()> {
    for link in packages.iter().filter(|package| is_link(package)) {
        let Some(directory) = link.metadata.parent() else { continue };
        let file = directory.join("easy-install.pth");
        let target = fs::read_to_string(&link.metadata).unwrap_or_default();
        let target = target.lines().next().unwrap_or_default();
        if let Ok(text) = fs::read_to_string(&file) {
            let kept: String = text.split_inclusive('\n').filter(|line| line.trim_end() != target).collect();
            if kept.is_empty() {
                fs::remove_file(&file)?;
            } else {
                super::write::write(&file, kept.as_bytes())?;
            }
        }
    }
    Ok(())
}

fn is_link(package: &Package) -> bool {
    package.metadata.extension().is_some_and(|ending| ending == "egg-link")
}

/// The scripts that `setup.py develop` made. No metadata lists them; a comment tells whose they are.
fn linked_scripts(venv: &Venv) -> Vec<PathBuf> {
    let entries = fs::read_dir(venv.bin()).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_linked = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mark = text.lines().take(6).find_map(|line| line.strip_prefix("# EASY-INSTALL-"));
        let owner = mark.and_then(|mark| mark.split(['\'', '=']).nth(1));
        owner.is_some_and(|owner| !Package::is_seed_name(owner))
    };
    entries.filter(|path| path.is_file() && is_linked(path)).collect()
}

/// Removes directories that became empty, up to those that an environment always has.
fn prune(directory: Option<&Path>, root: &Path) {
    let mut directory = directory;
    while let Some(path) = directory.filter(|path| {
        let inside = path.strip_prefix(root).unwrap_or(Path::new(""));
        let always = ["bin", "lib", "lib64", "include", ""].map(Path::new);
        path.starts_with(root) && !always.contains(&inside) && !path.ends_with("site-packages")
    }) {
        if fs::remove_dir(path).is_err() {
            return;
        }
        directory = path.parent();
    }
}
