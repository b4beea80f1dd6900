//! A used environment at another place: copied or linked, its texts as they read there.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::num::NonZero;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context as _, Result};
use walkdir::WalkDir;

use crate::venv::relocate::{Move, digest, is_concerned, record};
use crate::venv::{Venv, normal};

/// Below so many files a second thread costs more than it brings.
const MANY: usize = 2000;

/// How the files of a copy stand to those of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Nothing that is written into one is seen in the other; blocks are shared where the file system can.
    Nothing,
    /// The same files, as hard links: the source is about to go.
    Files,
}

/// Puts `source` at `place`, which does not exist, with its texts as `change` has them. Returns the paths, relative
/// to the root, of files that name the old place and cannot be changed.
pub(super) fn copy(source: &Path, place: &Path, change: &Move, share: Share) -> Result<Vec<PathBuf>> {
    let mut files: Vec<(PathBuf, Metadata)> = Vec::new();
    for entry in WalkDir::new(source) {
        let entry = entry.with_context(|| format!("cannot read {}", source.display()))?;
        let path = entry.path().strip_prefix(source)?.to_path_buf();
        let data = entry.metadata()?;
        let kind = data.file_type();
        let to = place.join(&path);
        if kind.is_dir() {
            // Write permission is needed to fill it; the mode proper comes last.
            DirBuilder::new().mode(data.mode() | 0o700).create(&to).with_context(|| cannot(&to))?;
        } else if kind.is_symlink() {
            let target = fs::read_link(entry.path())?;
            symlink(change.target(&target).unwrap_or(target), &to).with_context(|| cannot(&to))?;
        } else if !(kind.is_socket() || kind.is_fifo()) {
            files.push((path, data));
        }
    }
    let copied = copy_files(source, place, change, share, &files)?;
    bring_records(&Venv::at(place.to_path_buf()), &copied.rewritten)?;
    forget_compiled(place, &copied.rewritten);
    restore_modes(source, place)?;
    Ok(copied.left)
}

/// Rewrites the texts of `root` where they lie, which nobody sees yet.
pub(super) fn in_place(root: &Path, change: &Move) -> Result<()> {
    let mut rewritten = BTreeMap::new();
    for entry in
        WalkDir::new(root).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file())
    {
        let path = entry.path().strip_prefix(root)?;
        if !is_concerned(path) {
            continue;
        }
        if let Some(text) = change.file(path, &fs::read(entry.path())?) {
            put(entry.path(), &text, &entry.metadata()?).with_context(|| cannot(entry.path()))?;
            rewritten.insert(path.to_path_buf(), digest(&text));
        }
    }
    bring_records(&Venv::at(root.to_path_buf()), &rewritten)
}

/// Puts a new file in place of an old one, which may be a hard link into some cache.
fn put(path: &Path, text: &[u8], data: &Metadata) -> io::Result<()> {
    fs::remove_file(path)?;
    write_new(path, text, data)
}

fn write_new(path: &Path, text: &[u8], data: &Metadata) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(data.mode()).open(path)?;
    file.write_all(text)?;
    file.set_permissions(data.permissions())?;
    file.set_modified(data.modified()?)
}

fn cannot(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

#[derive(Default)]
struct Copied {
    /// What RECORD says of the files that changed.
    rewritten: BTreeMap<PathBuf, String>,
    left: Vec<PathBuf>,
}

fn copy_files(
    source: &Path,
    place: &Path,
    change: &Move,
    share: Share,
    files: &[(PathBuf, Metadata)],
) -> Result<Copied> {
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Copied::default());
    let work = || -> Result<()> {
        let mut mine = Copied::default();
        while let Some((path, data)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            copy_file(source, place, change, share, path, data, &mut mine)
                .with_context(|| cannot(&place.join(path)))?;
        }
        let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.rewritten.append(&mut mine.rewritten);
        all.left.append(&mut mine.left);
        Ok(())
    };
    let threads =
        if files.len() < MANY { 1 } else { thread::available_parallelism().map_or(1, NonZero::get).min(4) };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        others.into_iter().map(|other| other.join().expect("it does not panic")).fold(mine, Result::and)
    })?;
    let mut all = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.left.sort();
    Ok(all)
}

fn copy_file(
    source: &Path,
    place: &Path,
    change: &Move,
    share: Share,
    path: &Path,
    data: &Metadata,
    copied: &mut Copied,
) -> io::Result<()> {
    let (from, to) = (source.join(path), place.join(path));
    if is_concerned(path) {
        let text = fs::read(&from)?;
        if let Some(text) = change.file(path, &text) {
            write_new(&to, &text, data)?;
            copied.rewritten.insert(path.to_path_buf(), digest(&text));
            return Ok(());
        }
        if change.is_named_in(&text) {
            copied.left.push(path.to_path_buf());
        }
    } else if is_library(path) && change.is_named_in(&fs::read(&from)?) {
        copied.left.push(path.to_path_buf());
    }
    if share == Share::Files && fs::hard_link(&from, &to).is_ok() {
        return Ok(());
    }
    let mut reader = File::open(&from)?;
    let mut writer = OpenOptions::new().write(true).create_new(true).mode(data.mode()).open(&to)?;
    io::copy(&mut reader, &mut writer)?;
    writer.set_permissions(data.permissions())?;
    // Compiled Python is valid while its source's time is the same.
    writer.set_modified(data.modified()?)
}

/// Compiled code, which may hold the path that it was built for.
fn is_library(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.contains(".so") || name.ends_with(".dylib") || name.ends_with(".a")
}

/// Brings RECORD up to date for the files that changed, and no others.
fn bring_records(venv: &Venv, rewritten: &BTreeMap<PathBuf, String>) -> Result<()> {
    if rewritten.is_empty() {
        return Ok(());
    }
    for file in venv.records() {
        let packages =
            file.parent().and_then(Path::parent).unwrap_or(Path::new("")).strip_prefix(venv.root())?;
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let new = record(&text, |listed| rewritten.get(&normal(&packages.join(listed))).cloned());
        if let Some(new) = new {
            // A hard link is the source's too: a new file takes its place.
            super::write::write(&file, new.as_bytes())?;
        }
    }
    Ok(())
}

/// A compiled file keeps the constants of its source: of one that was rewritten it has to go.
fn forget_compiled(place: &Path, rewritten: &BTreeMap<PathBuf, String>) {
    for path in rewritten.keys().filter(|path| path.extension().is_some_and(|extension| extension == "py")) {
        let (Some(directory), Some(stem)) =
            (place.join(path).parent().map(Path::to_path_buf), path.file_stem())
        else {
            continue;
        };
        let start = format!("{}.", stem.to_string_lossy());
        for entry in fs::read_dir(directory.join("__pycache__")).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&start) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Directories that nobody may write into are so again.
fn restore_modes(source: &Path, place: &Path) -> Result<()> {
    let directories = WalkDir::new(source).contents_first(true).into_iter().filter_map(Result::ok);
    for entry in directories.filter(|entry| entry.file_type().is_dir()) {
        let mode = entry.metadata()?.permissions();
        if mode_is_narrow(&mode) {
            fs::set_permissions(place.join(entry.path().strip_prefix(source)?), mode)?;
        }
    }
    Ok(())
}

fn mode_is_narrow(mode: &fs::Permissions) -> bool {
    use std::os::unix::fs::PermissionsExt;
    mode.mode() & 0o700 != 0o700
}
