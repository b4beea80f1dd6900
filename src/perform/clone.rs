//! An environment from a template: directories, links, and its own texts.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::Sender;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawMode, fchmod, fstat, getxattr_query, linkat, mkdirat, openat,
    statat, symlinkat,
};

use super::hands::share_out;
use super::relocate::copy_bytes;
use crate::venv::template::{Directory, Entry, FileFacts, Filling, LinkMode, Manifest, Template};

/// What became of a clone.
pub(super) enum Outcome {
    /// It is whole.
    Whole,
    /// The template is not what it was: somebody wrote through a hard link, or replaced it meanwhile.
    Changed,
}

/// Puts the environment together in `place`, an empty directory, as it reads at its final path.
pub(super) fn clone(
    template: &Template,
    manifest: &Manifest<'_>,
    place: &Path,
    filling: &Filling<'_>,
    mode: LinkMode,
) -> io::Result<Outcome> {
    let Ok(tree) = open(CWD, &template.tree()) else { return Ok(Outcome::Changed) };
    let site = Site::new(tree, place, filling, mode)?;
    // Files are linked while directories are still being made.
    let done = share_out(
        1,
        |sender| {
            site.make_directories(&manifest.directories, &sender)?;
            site.put_own(&manifest.entries, filling)
        },
        |directory| site.share_files(directory),
    );
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Outcome::Changed),
        done => done.map(|()| Outcome::Whole),
    }
}

/// The template and the place of its clone. Both are open, so that no path is walked from the root a thousand times.
struct Site {
    tree: OwnedFd,
    place: OwnedFd,
    mode: LinkMode,
    links: AtomicBool,
    /// A default ACL says who may do what with new files, and not the umask.
    has_default_acl: bool,
    /// The permissions that new files can have.
    granted: RawMode,
}

impl Site {
    fn new(tree: OwnedFd, place: &Path, filling: &Filling<'_>, mode: LinkMode) -> io::Result<Self> {
        let home = Path::new(filling.root).parent().unwrap_or(Path::new("/"));
        let has_default_acl = getxattr_query(home, "system.posix_acl_default").is_ok();
        let place = open(CWD, place)?;
        let granted = fstat(&place)?.st_mode;
        let links = match mode {
            LinkMode::Hardlink => true,
            LinkMode::Auto => !has_default_acl && !is_shared(home)?,
            LinkMode::Reflink | LinkMode::Copy => false,
        };
        Ok(Self { tree, place, mode, links: links.into(), has_default_acl, granted })
    }

    /// Makes the directories, and hands out those with files to share.
    fn make_directories<'a>(
        &self,
        directories: &'a [Directory<'a>],
        sender: &Sender<&'a Directory<'a>>,
    ) -> io::Result<()> {
        for directory in directories {
            let mode = if self.has_default_acl { 0o777 } else { directory.mode };
            mkdirat(&self.place, directory.path, Mode::from_raw_mode(mode))?;
            if !directory.shared.is_empty() {
                let _ = sender.send(directory);
            }
        }
        Ok(())
    }

    /// Puts in place what is the environment's own.
    fn put_own(&self, entries: &[Entry<'_>], filling: &Filling<'_>) -> io::Result<()> {
        let mut texts: HashMap<&Path, Vec<u8>> = HashMap::new();
        for entry in entries {
            match entry {
                Entry::Link(path, target) => symlinkat(target, &self.place, path)?,
                Entry::Own(path, facts) => {
                    is_as_made(&self.tree, path, *facts)?;
                    self.copy(&self.tree, &self.place, path, *facts)?;
                }
                Entry::Text(path, facts, pieces) => {
                    let text = filling.fill(pieces, |other| texts.get(other).cloned());
                    self.file(&self.place, path, facts.mode())?.write_all(&text)?;
                    texts.insert(path, text);
                }
            }
        }
        Ok(())
    }

    /// Shares the files in a directory, which are named to it, so that its path is walked once.
    fn share_files(&self, directory: &Directory<'_>) -> io::Result<()> {
        let (from, to) = (open(&self.tree, directory.path)?, open(&self.place, directory.path)?);
        for (name, facts) in &directory.shared {
            is_as_made(&from, name, *facts)?;
            self.share(&from, &to, name, *facts)?;
        }
        Ok(())
    }

    fn share(&self, from: &OwnedFd, to: &OwnedFd, name: &Path, facts: FileFacts) -> io::Result<()> {
        if self.links.load(Relaxed) && linkat(from, name, to, name, AtFlags::empty()).is_ok() {
            return Ok(());
        }
        // Another device, too many links, a file system without: copies serve as well.
        self.links.store(false, Relaxed);
        self.copy(from, to, name, facts)
    }

    /// A copy with mode and times, which keep compiled Python valid.
    fn copy(&self, from: &OwnedFd, to: &OwnedFd, path: &Path, facts: FileFacts) -> io::Result<()> {
        let source = openat(from, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let (mut source, mut copy) = (File::from(source), self.file(to, path, facts.mode())?);
        if self.mode == LinkMode::Copy {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            copy.write_all(&bytes)?;
        } else {
            copy_bytes(&mut source, &mut copy, facts.size())?;
        }
        copy.set_modified(facts.modified())
    }

    /// A new file with `mode`, also where venv gave it more than the umask leaves.
    fn file(&self, to: &OwnedFd, path: &Path, mode: RawMode) -> io::Result<File> {
        let asked = if self.has_default_acl { mode | 0o666 } else { mode };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(to, path, flags, Mode::from_raw_mode(asked))?;
        if !self.has_default_acl && mode & !self.granted != 0 {
            fchmod(&file, Mode::from_raw_mode(mode))?;
        }
        Ok(file.into())
    }
}

/// Whether others work in `home` too: then its group and its owner count, which a link to a file of the cache lacks.
fn is_shared(home: &Path) -> io::Result<bool> {
    let data = fs::metadata(home)?;
    Ok(data.mode() & 0o2000 != 0 || data.uid() != rustix::process::geteuid().as_raw())
}

/// Fails as if the file were gone where it is another one than the manifest has.
fn is_as_made(directory: &OwnedFd, name: &Path, facts: FileFacts) -> io::Result<()> {
    let data = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let same = FileType::from_raw_mode(data.st_mode).is_file() && FileFacts::of(&data) == facts;
    if same { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// A directory as a place to begin paths at, and nothing more: such a handle takes half the time.
fn open(directory: impl AsFd, path: &Path) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    let access = OFlags::PATH;
    #[cfg(not(target_os = "linux"))]
    let access = OFlags::RDONLY;
    Ok(openat(directory, path, access | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}
