//! A tree goes, and nothing that is only linked from it or mounted in it.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use rustix::fs::{AtFlags, CWD, Dev, Dir, FileType, Mode, OFlags, fstat, openat, renameat, statat, unlinkat};
use rustix::process::{Resource, getrlimit};

/// So many entries one thread deletes alone: fewer are gone before others have started.
const FEW: usize = 256;

/// So many threads delete more of them.
const THREADS: usize = 8;

/// So many directories, one in the other, a thread has open at most.
const DEEP: usize = 16;

/// Deletes a tree, following no link and crossing no mount point; returns the first path that stays, and why.
pub(super) fn delete(tree: &Path) -> Option<(PathBuf, io::Error)> {
    let above = tree.parent().unwrap_or(Path::new("/"));
    let name = CString::new(tree.file_name().unwrap_or_default().as_bytes()).unwrap_or_default();
    // Only below it no link is followed: a home may be one.
    let opened = openat(CWD, above, DIRECTORY.difference(OFlags::NOFOLLOW), Mode::empty());
    let (device, open) = match opened.and_then(|open| Ok((fstat(&open)?.st_dev, open))) {
        Err(error) => return Some((tree.to_path_buf(), error.into())),
        Ok(opened) => opened,
    };
    let holder = Arc::new(Directory { place: None, depth: 0, open });
    let deletion = Deletion::of(above, device, vec![Place { directory: holder, name }]);
    // A process may have few files open.
    let threads = getrlimit(Resource::Nofile)
        .current
        .map_or(THREADS, |limit| usize::try_from(limit).unwrap_or(usize::MAX) / (2 * DEEP));
    let mut others = threads.clamp(1, THREADS) - 1;
    thread::scope(|scope| {
        deletion.work(|| {
            if deletion.met.load(Relaxed) > FEW {
                // Where no thread can be had, one does it all.
                let start = |_| thread::Builder::new().spawn_scoped(scope, || deletion.work(|| {})).ok();
                (0..std::mem::take(&mut others)).map_while(start).for_each(drop);
            }
        });
    });
    deletion.left.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// What the system says of removing a mount point, too.
fn mounted() -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "something is mounted there")
}

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// An open directory. Each name is told to the one that it is in, so that no path is walked, by whoever changes it.
struct Directory {
    /// Where it is; none of the one that holds the tree.
    place: Option<Place>,
    /// How many lie above it, as far as the one that holds the tree.
    depth: usize,
    open: OwnedFd,
}

/// A name in a directory.
struct Place {
    directory: Arc<Directory>,
    name: CString,
}

/// A deletion under way.
struct Deletion<'a> {
    /// The path of the directory that holds the tree.
    above: &'a Path,
    device: Dev,
    waiting: Mutex<Waiting>,
    more: Condvar,
    /// How many entries were met.
    met: AtomicUsize,
    left: Mutex<Option<(PathBuf, io::Error)>>,
}

/// The directories that were found and not yet opened.
struct Waiting {
    places: Vec<Place>,
    /// How many threads are in a directory, and may find others.
    busy: usize,
}

impl<'a> Deletion<'a> {
    fn of(above: &'a Path, device: Dev, places: Vec<Place>) -> Self {
        let waiting = Waiting { places, busy: 0 }.into();
        Self { above, device, waiting, more: Condvar::new(), met: 0.into(), left: None.into() }
    }

    /// Empties directories until there are none; calls `after` after each.
    fn work(&self, mut after: impl FnMut()) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // What was found last comes first, so that few are open at a time.
            if let Some(place) = waiting.places.pop() {
                waiting.busy += 1;
                drop(waiting);
                let found = self.empty(place);
                after();
                waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.places.extend(found);
                waiting.busy -= 1;
                self.more.notify_all();
            } else if waiting.busy > 0 {
                waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            } else {
                return;
            }
        }
    }

    /// Deletes what is in the directory at `place`, but for the directories in it, which are returned.
    fn empty(&self, place: Place) -> Vec<Place> {
        let read = self.open(&place).and_then(|open| {
            // All names are read before the first goes: what a directory tells after that is up to the file system.
            let entries = Dir::read_from(&open)?.collect::<Result<Vec<_>, _>>()?;
            Ok((open, entries))
        });
        let (open, entries) = match read {
            Err(error) => {
                self.note(&place.directory, &place.name, error);
                self.leave(place.directory);
                return Vec::new();
            }
            Ok(read) => read,
        };
        self.met.fetch_add(entries.len(), Relaxed);
        let depth = place.directory.depth + 1;
        let directory = Arc::new(Directory { place: Some(place), depth, open });
        let mut found = Vec::new();
        for entry in entries {
            let name = entry.file_name();
            if [&b"."[..], b".."].contains(&name.to_bytes()) {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => statat(&directory.open, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(FileType::Unknown, |data| FileType::from_raw_mode(data.st_mode)),
                kind => kind,
            };
            if kind.is_dir() {
                found.push(self.place(&directory, name));
            } else if let Err(error) = unlinkat(&directory.open, name, AtFlags::empty()) {
                self.note(&directory, name, error.into());
            }
        }
        self.leave(directory);
        found
    }

    /// Where the directory `name` will be emptied. What lies deep is brought up into the tree's root first, since all
    /// that is above a directory is open meanwhile.
    fn place(&self, directory: &Arc<Directory>, name: &CStr) -> Place {
        if directory.depth > DEEP {
            let mut root = directory;
            while let Some(place) = &root.place
                && root.depth > 1
            {
                root = &place.directory;
            }
            let number = self.met.fetch_add(1, Relaxed);
            let new = CString::new(format!(".deep-{}-{number}", std::process::id())).unwrap_or_default();
            if renameat(&directory.open, name, &root.open, &new).is_ok() {
                return Place { directory: root.clone(), name: new };
            }
        }
        Place { directory: directory.clone(), name: name.to_owned() }
    }

    /// Opens the directory at `place`, unless something is mounted there.
    fn open(&self, place: &Place) -> io::Result<OwnedFd> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{ResolveFlags, openat2};
            use rustix::io::Errno;
            let (directory, name) = (&place.directory.open, &place.name);
            match openat2(directory, name, DIRECTORY, Mode::empty(), ResolveFlags::NO_XDEV) {
                Err(Errno::XDEV) => return Err(mounted()),
                // Linux before 5.6, or a container that forbids what it does not know.
                Err(Errno::NOSYS | Errno::PERM) => {}
                opened => return Ok(opened?),
            }
        }
        self.open_on_device(place)
    }

    /// The same by what every system tells. A part of a file system that is mounted within it goes unseen.
    fn open_on_device(&self, place: &Place) -> io::Result<OwnedFd> {
        let opened = openat(&place.directory.open, &place.name, DIRECTORY, Mode::empty())?;
        if fstat(&opened)?.st_dev == self.device { Ok(opened) } else { Err(mounted()) }
    }

    /// Lets go of a directory. Whoever is the last to do so removes it, and lets go of the one above it.
    fn leave(&self, mut directory: Arc<Directory>) {
        while let Some(Directory { place: Some(place), .. }) = Arc::into_inner(directory) {
            if let Err(error) = unlinkat(&place.directory.open, &place.name, AtFlags::REMOVEDIR) {
                self.note(&place.directory, &place.name, error.into());
            }
            directory = place.directory;
        }
    }

    /// Notes what stays. What it is in stays too, and comes after it.
    fn note(&self, directory: &Directory, name: &CStr, error: io::Error) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.get_or_insert_with(|| (self.path(directory).join(OsStr::from_bytes(name.to_bytes())), error));
    }

    fn path(&self, directory: &Directory) -> PathBuf {
        match &directory.place {
            None => self.above.to_path_buf(),
            Some(Place { directory, name }) => self.path(directory).join(OsStr::from_bytes(name.to_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_not_there_cannot_be_deleted() {
        let directory = tempfile::tempdir().unwrap();
        for tree in [directory.path().join("tree"), directory.path().join("nowhere/tree")] {
            let (path, error) = delete(&tree).unwrap();
            assert_eq!((path, error.kind()), (tree, io::ErrorKind::NotFound));
        }
    }

    #[test]
    fn what_lies_behind_a_link_goes_and_a_link_in_its_place_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        fs::create_dir_all(at("real/tree/deep")).unwrap();
        std::os::unix::fs::symlink("real", at("link")).unwrap();
        std::os::unix::fs::symlink("tree", at("real/other")).unwrap();
        assert!(delete(&at("link/other")).is_some() && at("real/tree/deep").exists());
        assert!(delete(&at("link/tree")).is_none() && !at("real/tree").exists());
    }

    #[test]
    fn a_directory_on_another_device_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("tree")).unwrap();
        let open = openat(CWD, directory.path(), DIRECTORY, Mode::empty()).unwrap();
        let device = fstat(&open).unwrap().st_dev;
        let holder = Arc::new(Directory { place: None, depth: 0, open });
        let place = Place { directory: holder, name: c"tree".into() };
        let mut deletion = Deletion::of(directory.path(), device, Vec::new());
        assert!(deletion.open_on_device(&place).is_ok());
        deletion.device = device.wrapping_add(1);
        assert_eq!(deletion.open_on_device(&place).unwrap_err().to_string(), mounted().to_string());
    }
}
