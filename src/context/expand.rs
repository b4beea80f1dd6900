//! `~`, `~user`, `$VAR` and `${VAR}` in a path, of which a shell in double quotes reads the last two.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::venv::shown;

/// Expands every `$VAR` and `${VAR}`, then a leading `~` or `~user`, as Python does it; an unset variable is an error.
pub(super) fn expand(path: &OsStr, variables: &HashMap<OsString, OsString>) -> Result<PathBuf> {
    let mut expanded = Vec::new();
    let mut rest = path.as_bytes();
    while let Some(dollar) = rest.iter().position(|&byte| byte == b'$') {
        expanded.extend_from_slice(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        let braced = rest.first() == Some(&b'{') && rest.contains(&b'}');
        if braced {
            rest = &rest[1..];
        }
        let length = rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
        let (name, after) = rest.split_at(length.unwrap_or(rest.len()));
        if name.is_empty() {
            expanded.push(b'$');
            continue;
        }
        let name = OsStr::from_bytes(name);
        let value = variables.get(name);
        let value = value.with_context(|| {
            let name = name.display();
            format!("The variable {name} in '{}' is not set.\nhint: export {name}=VALUE", shown(path))
        })?;
        expanded.extend_from_slice(value.as_bytes());
        rest = if braced { after.strip_prefix(b"}").unwrap_or(after) } else { after };
    }
    expanded.extend_from_slice(rest);
    let (mut start, rest) = tilde(&expanded, variables)?;
    start.push(OsStr::from_bytes(rest));
    Ok(start.into())
}

/// Expands a leading `~` or `~user` and nothing else.
pub(super) fn expand_home(path: &OsStr, variables: &HashMap<OsString, OsString>) -> Result<PathBuf> {
    let (mut start, rest) = tilde(path.as_bytes(), variables)?;
    start.push(OsStr::from_bytes(rest));
    Ok(start.into())
}

/// What a leading `~` stands for, and what follows it.
fn tilde<'a>(path: &'a [u8], variables: &HashMap<OsString, OsString>) -> Result<(OsString, &'a [u8])> {
    let Some(rest) = path.strip_prefix(b"~") else { return Ok((OsString::new(), path)) };
    let (user, rest) = rest.split_at(rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len()));
    if user.is_empty() {
        let home = variables.get(OsStr::new("HOME")).filter(|home| !home.is_empty());
        return Ok((
            home.context("HOME is not set, and '~' means it.\nhint: export HOME=/home/you")?.clone(),
            rest,
        ));
    }
    Ok((home_of(user)?, rest))
}

/// The home directory of `user`. The system's shell is asked: it knows every user database, while a
/// static binary would have to load the C library's modules for them.
#[expect(clippy::disallowed_methods, reason = "a question, which changes nothing")]
fn home_of(user: &[u8]) -> Result<OsString> {
    let name = shown(OsStr::from_bytes(user));
    let is_plain = user.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    if !is_plain {
        bail!("'~{name}' names no user.");
    }
    let mut sh = Command::new("/bin/sh");
    sh.arg("-c").arg(format!("printf %s ~{name}")).stdin(Stdio::null());
    let home = sh.output().context("cannot ask /bin/sh")?.stdout;
    if !home.starts_with(b"/") {
        bail!("'~{name}' names no user.");
    }
    Ok(OsString::from_vec(home))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(path: &str) -> String {
        let variables = [("HOME", "/home/ann"), ("A", "x y"), ("ME", "root"), ("THERE", "~/e")]
            .map(|(n, v)| (n.into(), v.into()))
            .into();
        expand(path.as_ref(), &variables).unwrap().into_os_string().into_string().unwrap()
    }

    #[test]
    fn only_what_a_shell_expands_in_double_quotes() {
        assert_eq!(expanded("~/e"), "/home/ann/e");
        assert_eq!(expanded("/a~/$A-$A"), "/a~/x y-x y");
        assert_eq!(expanded("${A}b"), "x yb");
        assert_eq!(expanded("~$ME"), expanded("~root"));
        assert_eq!(expanded("$THERE"), "/home/ann/e");
        assert_eq!(expanded("/cost/5$"), "/cost/5$");
        assert_eq!(expanded("/$(id)/`id`"), "/$(id)/`id`");
    }

    #[test]
    fn a_user_is_looked_up() {
        assert_eq!(expanded("~root/e"), format!("{}/e", home_of(b"root").unwrap().display()));
        assert!(expand("~no-such-user-here/e".as_ref(), &HashMap::new()).is_err());
        assert!(expand("~$(id)/e".as_ref(), &HashMap::new()).is_err());
    }
}
