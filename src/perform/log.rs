//! `$VIRTUALENVWRAPPER_LOG_FILE`: what was done, a line each.

use std::fmt;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::terminal;
use crate::venv::shown;

/// The size that a log stays below, in bytes: what is older goes into a second file.
const LIMIT: u64 = 10_240;

/// How much a line matters, in the words that Python's logging has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    /// What the shell is about to do.
    Debug,
    /// What was done.
    Info,
    /// What failed.
    Error,
}

/// A log that may have no file.
pub(super) struct Log {
    /// None if nobody wants one, or it cannot be written.
    file: Option<PathBuf>,
}

impl Log {
    /// A log at the end of `file`; nothing is opened before there is something to note.
    pub(super) fn at(file: Option<&Path>) -> Self {
        Self { file: file.map(Path::to_path_buf) }
    }

    /// Adds a line. That it cannot be written is said once, and stops nothing.
    pub(super) fn note(&mut self, level: Level, text: &str) {
        let Some(file) = &self.file else { return };
        let time = humantime::format_rfc3339_millis(SystemTime::now());
        let line = format!("{time} {level} venvyard {}\n", shown(text));
        if let Err(error) = append(file, &line) {
            terminal::say(&format!("WARNING: cannot write the log {}: {error}", shown(file)));
            self.file = None;
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Error => "ERROR",
        })
    }
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let is_full = |data: fs::Metadata| data.is_file() && data.len() + line.len() as u64 >= LIMIT;
    if fs::metadata(path).is_ok_and(is_full) {
        let mut second = path.as_os_str().to_owned();
        second.push(".1");
        fs::rename(path, second)?;
    }
    let new = File::options().append(true).create_new(true).open(path);
    let mut file = match new {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            File::options().append(true).open(path)?
        }
        // A group that shares its environments shares the log.
        new => new.and_then(|file| file.set_permissions(Permissions::from_mode(0o664)).map(|()| file))?,
    };
    file.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_a_groups_and_has_one_predecessor() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("log");
        let mut log = Log::at(Some(&file));
        for number in 0..400 {
            log.note(Level::Info, &format!("remove: /envs/{number}\nERROR"));
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.ends_with(" INFO venvyard remove: /envs/399\\nERROR\n"), "{text}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o664);
        let sizes = ["log", "log.1"].map(|name| fs::metadata(directory.path().join(name)).unwrap().len());
        assert!(sizes[0] < LIMIT && sizes[1] < LIMIT && sizes[1] > LIMIT - 100, "{sizes:?}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
