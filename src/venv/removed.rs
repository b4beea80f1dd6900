//! Environments that were removed and can come back: hidden siblings `.NAME.removed-TIME` in the home.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Name, Venv};

/// What stands between the name and the time. A nest has twenty letters in place of the time.
const MARK: &[u8] = b".removed-";

/// An environment that was removed and is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// What it was called.
    pub name: Name,
    /// When it was removed, to the second.
    pub time: SystemTime,
    /// What it is now.
    pub venv: Venv,
}

impl Removed {
    /// The one at `path`, if an environment lies there under the name that removed ones have.
    pub fn at(path: &Path) -> Option<Self> {
        let file = path.file_name()?.as_bytes().strip_prefix(b".")?;
        let mark = file.windows(MARK.len()).rposition(|part| part == MARK)?;
        let name = Name::existing(OsStr::from_bytes(&file[..mark])).ok()?;
        let time = parsed(str::from_utf8(&file[mark + MARK.len()..]).ok()?)?;
        let venv = Venv::at(path.to_path_buf());
        let is_directory = path.symlink_metadata().is_ok_and(|data| data.is_dir());
        (is_directory && venv.exists()).then_some(Self { name, time, venv })
    }

    /// Where the environment at `root` lies when it was removed at `time`.
    pub fn place(root: &Path, time: SystemTime) -> PathBuf {
        let mut file = OsString::from(".");
        file.push(root.file_name().unwrap_or_default());
        file.push(OsStr::from_bytes(MARK));
        file.push(stamp(time));
        root.with_file_name(file)
    }

    /// Its time as it is typed, in UTC: `20261129T161530Z`.
    pub fn stamp(&self) -> String {
        stamp(self.time)
    }

    /// When it has been kept for that long, as it would be typed; none after the year 9999.
    pub fn expiry(&self, kept: Duration) -> Option<String> {
        let end = self.time.checked_add(kept)?;
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
        (end <= last).then(|| stamp(end))
    }

    /// Whether its directory belongs to `user`.
    pub fn is_of(&self, user: u32) -> bool {
        self.venv.root().symlink_metadata().is_ok_and(|data| data.uid() == user)
    }
}

/// ISO 8601's basic form: no letter in it means anything to a shell, a file system or a tab key.
fn stamp(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().replace(['-', ':'], "")
}

fn parsed(text: &str) -> Option<SystemTime> {
    let (date, clock) = text.split_once('T')?;
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute, rest) = (clock.get(..2)?, clock.get(2..4)?, clock.get(4..)?);
    let time = humantime::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{rest}")).ok()?;
    (stamp(time) == text).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_place_tells_name_and_time() {
        let home = tempfile::tempdir().unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_968_930);
        for name in ["blog", "my env", "a.removed-20200101T000000Z", "it's-b.removed-", "é"] {
            let place = Removed::place(&home.path().join(name), time);
            assert!(Removed::at(&place).is_none(), "nothing is there");
            fs::create_dir_all(place.join("bin")).unwrap();
            fs::write(place.join("bin/activate"), "").unwrap();
            let removed = Removed::at(&place).unwrap();
            assert_eq!((removed.name.as_os_str(), removed.time), (name.as_ref(), time));
            assert_eq!(removed.stamp(), "20261129T161530Z");
        }
    }

    #[test]
    fn nothing_else_is_taken_for_one() {
        let home = tempfile::tempdir().unwrap();
        for name in [
            "blog.removed-20261129T161530Z",
            ".blog.removed-abcdefgh",
            ".blog.removed-20261329T161530Z",
            ".blog.removed-20261129T161530",
            ".blog.removed-20261129T161530.5Z",
            ".removed-20261129T161530Z",
            "..removed-20261129T161530Z",
        ] {
            fs::create_dir_all(home.path().join(name).join("bin")).unwrap();
            fs::write(home.path().join(name).join("bin/activate"), "").unwrap();
            assert_eq!(Removed::at(&home.path().join(name)), None, "{name}");
        }
        let note = home.path().join(".note.removed-20261129T161530Z");
        fs::create_dir(&note).unwrap();
        assert_eq!(Removed::at(&note), None, "no environment");
        std::os::unix::fs::symlink("nowhere", home.path().join(".link.removed-20261129T161530Z")).unwrap();
        assert_eq!(Removed::at(&home.path().join(".link.removed-20261129T161530Z")), None);
    }
}
