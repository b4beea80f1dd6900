//! An environment becomes as new: what its packages' metadata lists goes, and nothing else.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use walkdir::WalkDir;

use super::nest::Nest;
use super::run;
use crate::venv::{Nesting, Package, Venv, normal, shown, typed};

/// Removes every package but the seed. Whole directories are renamed aside; `program`, ourselves, deletes them when we
/// are gone.
pub(super) fn wipe(venv: &Venv, program: &Path) -> Result<()> {
    let cannot = || format!("cannot wipe {}", shown(venv.root()));
    let root = venv.root().canonicalize().with_context(cannot)?;
    let venv = Venv::at(root.clone());
    let installed = venv.installed().with_context(cannot)?;
    let (seeds, others): (Vec<Package>, Vec<Package>) = installed.into_iter().partition(Package::is_seed);
    let nest = Nest::beside(&root, Nesting::Removed).with_context(cannot)?;
    fs::create_dir(nest.place())?;
    let kept = listed(&seeds, &venv)?;
    let mut wiped = listed(&others, &venv)?;
    forget_links(&others)?;
    if others.iter().any(is_link) {
        wiped.extend(linked_scripts(&venv).into_iter().map(|script| (script.clone(), [script].into())));
    }
    // Metadata goes last, and stays if something else does: by it another run finds what this one left.
    let is_metadata = |entry: &PathBuf| others.iter().any(|other| other.metadata == *entry);
    let mut wiped: Vec<_> = wiped.into_iter().collect();
    wiped.sort_by_key(|(entry, _)| is_metadata(entry));
    let mut left = None;
    for (number, (entry, files)) in wiped.into_iter().enumerate() {
        if left.is_some() && is_metadata(&entry) {
            break;
        }
        let seed = kept.get(&entry);
        if seed.is_none() && is_whole(&entry, &files) {
            let aside = fs::rename(&entry, nest.place().join(number.to_string()));
            left = left.or(aside.err().map(|error| (entry, error)));
            continue;
        }
        for path in files.iter().filter(|path| !seed.is_some_and(|seed| seed.contains(*path))) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    left = left.or(Some((path.clone(), error)));
                }
                _ => prune(path.parent(), &root),
            }
        }
    }
    // Without the lock of this process the other one may have it.
    drop(nest.keep());
    run::behind(program, root.parent().unwrap_or(Path::new("/")));
    match left {
        None => Ok(()),
        Some((path, error)) => {
            let (path, hint) = (shown(&path), typed(path.as_os_str()));
            bail!("a part cannot be removed: {path}: {error}\nhint: rm -r {hint}")
        }
    }
}

/// What the metadata of `packages` lists, by the entry of site-packages that holds it; what lies elsewhere stands for
/// itself.
fn listed(packages: &[Package], venv: &Venv) -> Result<BTreeMap<PathBuf, HashSet<PathBuf>>> {
    let directories = venv.site_packages()?;
    let mut entries: BTreeMap<PathBuf, HashSet<PathBuf>> = BTreeMap::new();
    for package in packages {
        let directory =
            package.metadata.parent().and_then(|path| path.canonicalize().ok()).unwrap_or_default();
        let files = package.files().with_context(|| format!("cannot read {}", shown(&package.metadata)))?;
        for file in files {
            let path = normal(&directory.join(file));
            let holder = directories.iter().find_map(|directory| {
                let first = path.strip_prefix(directory).ok()?.components().next()?;
                Some(directory.join(first))
            });
            // What a RECORD says of a place outside is none of ours.
            if path.starts_with(venv.root()) && path != venv.root() {
                entries.entry(holder.unwrap_or_else(|| path.clone())).or_default().insert(path);
            }
        }
    }
    Ok(entries)
}

/// Whether `entry` is a directory that holds only `files`, and what Python compiled from them.
fn is_whole(entry: &Path, files: &HashSet<PathBuf>) -> bool {
    entry.is_dir()
        && !entry.is_symlink()
        && (files.contains(entry)
            || WalkDir::new(entry).into_iter().flatten().filter(|found| !found.file_type().is_dir()).all(
                |found| {
                    let compiled = found.path().extension().is_some_and(|extension| extension == "pyc");
                    compiled || files.contains(found.path())
                },
            ))
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
