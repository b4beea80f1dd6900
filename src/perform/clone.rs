//! An environment from a template: directories, links, and its own texts.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawMode, fchmod, fstat, getxattr_query, linkat, mkdirat, openat,
    statat, symlinkat,
};

use crate::venv::template::{Entry, FileFacts, Filling, LinkMode, Manifest, Template};

/// What became of a clone.
pub(super) enum Outcome {
    /// It is whole.
    Whole,
    /// The template is not what it was: somebody wrote through a hard link, or replaced it meanwhile.
    Changed,
}

/// Puts the environment together at `place`, which does not exist yet, as it reads at its final path.
pub(super) fn clone(
    template: &Template,
    manifest: &Manifest,
    place: &Path,
    filling: &Filling<'_>,
    mode: LinkMode,
) -> io::Result<Outcome> {
    let Ok(tree) = directory(&template.tree()) else { return Ok(Outcome::Changed) };
    let mut site = Site::new(tree, place, filling, mode)?;
    let mut texts: HashMap<&Path, Vec<u8>> = HashMap::new();
    for entry in &manifest.entries {
        let put = match entry {
            Entry::Directory(path, mode) => site.make_directory(path, *mode),
            Entry::Link(path, target) => symlinkat(target, &site.place, path).map_err(io::Error::from),
            Entry::Shared(path, facts) | Entry::Own(path, facts) if !site.is_as_made(path, *facts) => {
                return Ok(Outcome::Changed);
            }
            Entry::Shared(path, facts) => site.link(path, *facts),
            Entry::Own(path, facts) => site.copy(path, *facts),
            Entry::Text(path, facts, pieces) => {
                let text = filling.fill(pieces, |other| texts.get(other).cloned());
                let written = site.file(path, facts.mode()).and_then(|mut file| file.write_all(&text));
                texts.insert(path, text);
                written
            }
        };
        match put {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Outcome::Changed),
            put => put?,
        }
    }
    Ok(Outcome::Whole)
}

/// The template and the place of its clone. Both are open, so that no path is walked from the root a thousand times.
struct Site {
    tree: OwnedFd,
    place: OwnedFd,
    mode: LinkMode,
    links: bool,
    /// A default ACL says who may do what with new files, and not the umask.
    has_default_acl: bool,
    /// The permissions that new files can have.
    granted: RawMode,
}

impl Site {
    fn new(tree: OwnedFd, place: &Path, filling: &Filling<'_>, mode: LinkMode) -> io::Result<Self> {
        let home = Path::new(filling.root).parent().unwrap_or(Path::new("/"));
        let has_default_acl = getxattr_query(home, "system.posix_acl_default").is_ok();
        fs::create_dir(place)?;
        let place = directory(place)?;
        let granted = fstat(&place)?.st_mode;
        let links = match mode {
            LinkMode::Hardlink => true,
            LinkMode::Auto => !has_default_acl && !is_shared(home)?,
            LinkMode::Reflink | LinkMode::Copy => false,
        };
        Ok(Self { tree, place, mode, links, has_default_acl, granted })
    }

    fn is_as_made(&self, path: &Path, facts: FileFacts) -> bool {
        let data = statat(&self.tree, path, AtFlags::SYMLINK_NOFOLLOW);
        data.is_ok_and(|data| {
            FileType::from_raw_mode(data.st_mode).is_file() && FileFacts::of(&data) == facts
        })
    }

    fn make_directory(&self, path: &Path, mode: RawMode) -> io::Result<()> {
        let mode = if self.has_default_acl { 0o777 } else { mode };
        Ok(mkdirat(&self.place, path, Mode::from_raw_mode(mode))?)
    }

    fn link(&mut self, path: &Path, facts: FileFacts) -> io::Result<()> {
        if self.links && linkat(&self.tree, path, &self.place, path, AtFlags::empty()).is_ok() {
            return Ok(());
        }
        // Another device, too many links, a file system without: copies serve as well.
        self.links = false;
        self.copy(path, facts)
    }

    /// A copy with mode and times, which keep compiled Python valid.
    fn copy(&self, path: &Path, facts: FileFacts) -> io::Result<()> {
        let source = openat(&self.tree, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        let (mut source, mut copy) = (File::from(source), self.file(path, facts.mode())?);
        if self.mode == LinkMode::Copy {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            copy.write_all(&bytes)?;
        } else {
            // Where the file system can, the kernel lets the two share their blocks.
            io::copy(&mut source, &mut copy)?;
        }
        copy.set_modified(facts.modified())
    }

    /// A new file with `mode`, also where venv gave it more than the umask leaves.
    fn file(&self, path: &Path, mode: RawMode) -> io::Result<File> {
        let asked = if self.has_default_acl { mode | 0o666 } else { mode };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = openat(&self.place, path, flags, Mode::from_raw_mode(asked))?;
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

fn directory(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, path, flags, Mode::empty())?)
}
