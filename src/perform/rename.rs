//! Renames over which nothing is lost: to a name that is free, or in exchange.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{Access, AtFlags, CWD, RenameFlags, accessat, renameat_with};

/// Fails where the user may not write to `directory`, which the kernel asks for when a directory is moved into another
/// one, and not within one: what is protected so is neither replaced nor taken apart.
pub(super) fn refuse_protected(directory: &Path) -> io::Result<()> {
    Ok(accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)?)
}

/// Renames `from` to `to`, which must be free.
pub(super) fn to_free(from: &Path, to: &Path) -> io::Result<()> {
    match rename(from, to, RenameFlags::NOREPLACE) {
        Err(error) if is_unknown(&error) => match to.symlink_metadata() {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(from, to),
        },
        renamed => renamed,
    }
}

/// Lets `one` and `other` change places. Where a file system cannot do it at once, `other` steps aside under a name that
/// no sweep takes, and comes back if `one` cannot take its place.
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    match rename(one, other, RenameFlags::EXCHANGE) {
        Err(error) if is_unknown(&error) => {}
        renamed => return renamed,
    }
    let mut aside = OsString::from(".");
    aside.push(other.file_name().unwrap_or_default());
    aside.push(".replaced");
    let aside = other.with_file_name(aside);
    fs::rename(other, &aside)?;
    fs::rename(one, other).inspect_err(|_| {
        let _ = fs::rename(&aside, other);
    })?;
    fs::rename(&aside, one)
}

fn rename(from: &Path, to: &Path, flags: RenameFlags) -> io::Result<()> {
    Ok(renameat_with(CWD, from, CWD, to, flags)?)
}

/// Whether it says that the file system knows no such renames.
fn is_unknown(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}
