//! What is mounted in a directory, which a removal must not reach.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{shown, typed};

/// Fails if `root`, or anything below it, is a mount point.
///
/// Only Linux tells, and so only there one file system can be mounted within itself, which its device number would not
/// betray.
pub(crate) fn refuse_mounts(root: &Path) -> Result<()> {
    let Ok(real) = root.canonicalize() else { return Ok(()) };
    let table = fs::read("/proc/self/mountinfo").unwrap_or_default();
    match mount_points(&table).find(|point| point.starts_with(&real)) {
        None => Ok(()),
        Some(point) => bail!(
            "{} is a mount point, and what is mounted is not removed.\nhint: umount {}",
            shown(&point),
            typed(point.as_os_str())
        ),
    }
}

/// The fifth field of each line, in which a blank, say, is `\040`.
fn mount_points(table: &[u8]) -> impl Iterator<Item = PathBuf> {
    let fields =
        table.split(|&byte| byte == b'\n').filter_map(|line| line.split(|&byte| byte == b' ').nth(4));
    fields.map(|field| {
        let mut parts = field.split(|&byte| byte == b'\\');
        let mut path = parts.next().unwrap_or_default().to_vec();
        for part in parts {
            let (digits, rest) = part.split_at(part.len().min(3));
            path.push(digits.iter().fold(0, |byte: u8, digit| byte << 3 | digit & 7));
            path.extend(rest);
        }
        PathBuf::from(OsString::from_vec(path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_as_they_are_called() {
        let table = b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
            40 22 8:1 /src /home/my\\040envs/b\\134\\012g rw - ext4 /dev/sda1 rw\n";
        let points: Vec<PathBuf> = mount_points(table).collect();
        assert_eq!(points, [Path::new("/"), Path::new("/home/my envs/b\\\ng")]);
    }

    #[test]
    fn a_directory_in_which_nothing_is_mounted_is_not_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(refuse_mounts(directory.path()).is_ok());
        assert!(refuse_mounts(&directory.path().join("gone")).is_ok());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_mount_point_is_refused() {
        let error = refuse_mounts(Path::new("/proc")).unwrap_err().to_string();
        assert!(
            error.contains("/proc is a mount point") && error.contains("\nhint: umount /proc"),
            "{error}"
        );
    }
}
