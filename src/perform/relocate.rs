//! A used environment at another place: copied or linked, its texts as they read there.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context as _, Result};
use walkdir::WalkDir;

use super::hands::share_out;
use crate::venv::record::{digest, record};
use crate::venv::relocate::{Move, is_concerned};
use crate::venv::{Venv, normal, shown};

/// So many neighbours a thread takes at a time: two threads in one directory wait for each other.
const CHUNK: usize = 64;

/// So much of a library is read and searched at a time, in bytes. More than any path is long.
const PART: usize = 256 << 10;

/// How the files of a copy stand to those of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Share {
    /// Nothing that is written into one is seen in the other; blocks are shared where the file system can.
    Nothing,
    /// The same files, as hard links: the source is about to go.
    Files,
}

/// Puts what is in `source` into `place`, an empty directory, with its texts as `change` has them. Returns the paths,
/// relative to the root, of files that name the old place and cannot be changed.
pub(super) fn copy(source: &Path, place: &Path, change: &Move, share: Share) -> Result<Vec<PathBuf>> {
    let mut narrow: Vec<(PathBuf, Permissions)> = Vec::new();
    let granted = fs::metadata(place)?.mode() & 0o777;
    let task = Task { source, place, change, share, granted, all: Mutex::default() };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(4);
    // Files are copied while the tree is still being walked.
    share_out(threads - 1, |sender| task.walk(&sender, &mut narrow), |chunk| task.copy_files(chunk))?;
    let mut copied = task.all.into_inner().unwrap_or_else(PoisonError::into_inner);
    bring_records(&Venv::at(place.to_path_buf()), &copied.rewritten)?;
    forget_compiled(place, &copied.rewritten);
    for (directory, mode) in narrow.into_iter().rev() {
        fs::set_permissions(&directory, mode).with_context(|| cannot(&directory))?;
    }
    copied.left.sort();
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
    write_new(path, text, data, 0)
}

fn write_new(path: &Path, text: &[u8], data: &Metadata, granted: u32) -> io::Result<()> {
    let mut file = new_file(path, data)?;
    file.write_all(text)?;
    finish(&file, data, granted)
}

fn new_file(path: &Path, data: &Metadata) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(data.mode()).open(path)
}

/// Gives a file the mode and the time of the one that it is a copy of, where it has permissions of `granted` from its
/// making. Compiled Python is valid while its source's time is the same.
fn finish(file: &File, data: &Metadata, granted: u32) -> io::Result<()> {
    if data.mode() & 0o7777 & !granted != 0 {
        file.set_permissions(data.permissions())?;
    }
    file.set_modified(data.modified()?)
}

fn cannot(path: &Path) -> String {
    format!("cannot write {}", shown(path))
}

#[derive(Default)]
struct Copied {
    /// What RECORD says of the files that changed.
    rewritten: BTreeMap<PathBuf, String>,
    left: Vec<PathBuf>,
}

/// Files of a directory or two, their paths relative to the root.
type Chunk = Vec<(PathBuf, Metadata)>;

/// A copy under way.
struct Task<'a> {
    source: &'a Path,
    place: &'a Path,
    change: &'a Move,
    share: Share,
    /// The permissions that new files can have: the umask leaves no others.
    granted: u32,
    all: Mutex<Copied>,
}

impl Task<'_> {
    /// Makes directories and links, and hands out the files. Directories that nobody may write into are noted: they
    /// have to be filled first.
    fn walk(&self, sender: &Sender<Chunk>, narrow: &mut Vec<(PathBuf, Permissions)>) -> Result<()> {
        let mut chunk = Chunk::new();
        for entry in WalkDir::new(self.source) {
            let entry = entry.with_context(|| format!("cannot read {}", shown(self.source)))?;
            let path = entry.path().strip_prefix(self.source)?.to_path_buf();
            let data = entry.metadata()?;
            let kind = data.file_type();
            let to = self.place.join(&path);
            if kind.is_dir() {
                let is_root = path.as_os_str().is_empty();
                if !is_root {
                    let made = DirBuilder::new().mode(data.mode() | 0o700).create(&to);
                    made.with_context(|| cannot(&to))?;
                }
                if is_root || data.mode() & 0o700 != 0o700 {
                    narrow.push((to, data.permissions()));
                }
            } else if kind.is_symlink() {
                let target = fs::read_link(entry.path())?;
                symlink(self.change.target(&target).unwrap_or(target), &to).with_context(|| cannot(&to))?;
            } else if !(kind.is_socket() || kind.is_fifo()) {
                chunk.push((path, data));
                if chunk.len() == CHUNK {
                    sender.send(std::mem::take(&mut chunk))?;
                }
            }
        }
        Ok(sender.send(chunk)?)
    }

    fn copy_files(&self, chunk: Chunk) -> Result<()> {
        let mut copied = Copied::default();
        for (path, data) in chunk {
            self.copy_file(&path, &data, &mut copied).with_context(|| cannot(&self.place.join(&path)))?;
        }
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.rewritten.append(&mut copied.rewritten);
        all.left.append(&mut copied.left);
        Ok(())
    }

    fn copy_file(&self, path: &Path, data: &Metadata, copied: &mut Copied) -> io::Result<()> {
        let (from, to) = (self.source.join(path), self.place.join(path));
        if is_concerned(path) {
            let bytes = fs::read(&from)?;
            if let Some(text) = self.change.file(path, &bytes) {
                copied.rewritten.insert(path.to_path_buf(), digest(&text));
                return write_new(&to, &text, data, self.granted);
            }
            if self.change.is_named_in(&bytes) {
                copied.left.push(path.to_path_buf());
            }
        } else if is_library(path) && is_named_in_file(self.change, &from)? {
            copied.left.push(path.to_path_buf());
        }
        if self.share == Share::Files && fs::hard_link(&from, &to).is_ok() {
            return Ok(());
        }
        let (mut reader, mut writer) = (File::open(&from)?, new_file(&to, data)?);
        copy_bytes(&mut reader, &mut writer, data.len())?;
        finish(&writer, data, self.granted)
    }
}

/// Whether a library names the old place. It is read part by part, each of which is searched while it is in the
/// processor's cache.
fn is_named_in_file(change: &Move, file: &Path) -> io::Result<bool> {
    let mut reader = File::open(file)?;
    let mut part = vec![0; PART];
    let mut kept = 0;
    loop {
        let read = reader.read(&mut part[kept..])?;
        if read == 0 {
            return Ok(false);
        }
        let end = kept + read;
        if change.is_named_in(&part[..end]) {
            // The part may end in the middle of a longer name.
            return Ok(change.is_named_in(&fs::read(file)?));
        }
        // A mention may begin at the end of one part and go on in the next.
        let start = end.saturating_sub(change.longest());
        part.copy_within(start..end, 0);
        kept = end - start;
    }
}

/// Copies what a file of `size` bytes holds, in one call where the system has it: of ten thousand small files it is the
/// calls that cost. Where the file system can, the two then share their blocks.
pub(super) fn copy_bytes(reader: &mut File, writer: &mut File, size: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let length = usize::try_from(size).unwrap_or(usize::MAX);
        if rustix::fs::copy_file_range(&*reader, None, &*writer, None, length)
            .is_ok_and(|copied| copied == length)
        {
            return Ok(());
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = size;
    io::copy(reader, writer).map(drop)
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
    for file in venv.records()? {
        let packages =
            file.parent().and_then(Path::parent).unwrap_or(Path::new("")).strip_prefix(venv.root())?;
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let new = record(&text, |listed| rewritten.get(&normal(&packages.join(listed))).cloned());
        if let Some(new) = new {
            put(&file, new.as_bytes(), &fs::metadata(&file)?).with_context(|| cannot(&file))?;
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
