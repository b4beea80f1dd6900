//! The path file of add2virtualenv: directories from which an environment imports before what is installed.

use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::write::write;
use crate::terminal;
use crate::venv::shown;

/// Notes how long the import path was before the directories that follow.
const FIRST: &[u8] = b"import sys; sys.__plen = len(sys.path)";

/// Puts what was added since before everything else. Both lines are virtualenvwrapper's, letter for letter.
const LAST: &[u8] = b"import sys; new=sys.path[sys.__plen:]; del sys.path[sys.__plen:]; \
    p=getattr(sys,'__egginsert',0); sys.path[p:p]=new; sys.__egginsert = p+len(new)";

/// Lets `file` name `add` and not `remove`; one that it did not name is told. Whoever does the same at the same time
/// waits.
pub(super) fn extend(file: &Path, add: &[PathBuf], remove: &[PathBuf]) -> Result<()> {
    let _lock = locked(file.parent().unwrap_or(Path::new("/")))?;
    let old = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        result => result.with_context(|| format!("cannot read {}", shown(file)))?,
    };
    let mut lines: Vec<&[u8]> = old.split(|&byte| byte == b'\n').collect();
    lines.pop_if(|last| last.is_empty());
    for path in remove {
        let count = lines.len();
        lines.retain(|line| *line != path.as_os_str().as_bytes());
        if lines.len() == count {
            terminal::say(&format!("NOTE: {} was not among the paths.", shown(path)));
        }
    }
    insert(&mut lines, add);
    let mut new = lines.join(&b'\n');
    if !new.is_empty() {
        new.push(b'\n');
    }
    if new == old { Ok(()) } else { write(file, &new) }
}

/// Puts those of `paths` that are not there behind the first line, so that the last one is found first.
fn insert<'a>(lines: &mut Vec<&'a [u8]>, paths: &'a [PathBuf]) {
    if !paths.is_empty() && !lines.contains(&FIRST) {
        lines.insert(0, FIRST);
        lines.push(LAST);
    }
    for path in paths.iter().map(|path| path.as_os_str().as_bytes()) {
        if !lines.contains(&path) {
            lines.insert(1, path);
        }
    }
}

/// A lock on `directory`, held until it is dropped. A file system that knows none is told of, and stops nothing.
fn locked(directory: &Path) -> Result<File> {
    let lock = File::open(directory).with_context(|| format!("cannot open {}", shown(directory)))?;
    if let Err(error) = lock.lock() {
        let directory = shown(directory);
        terminal::say(&format!(
            "NOTE: cannot lock {directory} ({error}): of two changes at once one may be lost."
        ));
    }
    Ok(lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file's lines after `add` and `remove`; its first and last one as `FIRST` and `LAST`.
    fn extended(old: &str, add: &[&str], remove: &[&str]) -> String {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.pth");
        let (first, last) = (std::str::from_utf8(FIRST).unwrap(), std::str::from_utf8(LAST).unwrap());
        if !old.is_empty() {
            fs::write(&file, old.replace("FIRST", first).replace("LAST", last)).unwrap();
        }
        let paths = |words: &[&str]| words.iter().map(PathBuf::from).collect::<Vec<_>>();
        extend(&file, &paths(add), &paths(remove)).unwrap();
        fs::read_to_string(&file).unwrap_or_default().replace(first, "FIRST").replace(last, "LAST")
    }

    #[test]
    fn the_last_one_added_is_found_first() {
        assert_eq!(extended("", &["/a", "/b"], &[]), "FIRST\n/b\n/a\nLAST\n");
        assert_eq!(extended("FIRST\n/a\nLAST\n", &["/b"], &[]), "FIRST\n/b\n/a\nLAST\n");
    }

    #[test]
    fn what_is_there_is_not_added_again() {
        assert_eq!(extended("", &["/a", "/a"], &[]), "FIRST\n/a\nLAST\n");
        assert_eq!(extended("FIRST\n/b\n/a\nLAST\n", &["/a"], &[]), "FIRST\n/b\n/a\nLAST\n");
    }

    #[test]
    fn only_a_line_that_is_the_same_goes() {
        let old = "FIRST\n/a.b\n/axb\n/a.b/c\nLAST\n";
        assert_eq!(extended(old, &[], &["/a.b", "/a"]), "FIRST\n/axb\n/a.b/c\nLAST\n");
        assert_eq!(extended("", &[], &["/a"]), "");
    }

    #[test]
    fn a_file_made_by_hand_gets_the_two_lines_around_its_own() {
        assert_eq!(extended("/a", &["/b"], &[]), "FIRST\n/b\n/a\nLAST\n");
    }
}
