//! The name of an environment: a direct child of the home, and nothing that runs as code.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use anyhow::{Result, bail};

use super::{Hook, shown};
use crate::shell::quote::typed;

/// What file systems take for one name, in bytes.
pub(crate) const LONGEST: usize = 255;

/// What happens to an environment in a nest, as the nest's name says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Nesting {
    Partial,
    Removed,
}

impl Nesting {
    /// What stands in the name between that of the environment and the random letters.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Partial => ".partial-",
            Self::Removed => ".removed-",
        }
    }
}

/// Whether a directory so called is made or unmade just now, or was when its command ended: a dot, the environment's
/// name, a mark and random letters, more than a word that a person would write there, or a date and a time.
pub(crate) fn is_nest(name: &OsStr) -> bool {
    let Some((start, letters)) = name.as_bytes().split_last_chunk::<NEST_LETTERS>() else { return false };
    let marks = [Nesting::Partial, Nesting::Removed].map(Nesting::mark);
    start.starts_with(b".")
        && letters.iter().all(u8::is_ascii_alphanumeric)
        && marks.iter().any(|mark| start.ends_with(mark.as_bytes()))
}

/// So many random letters end the name of a nest.
pub(crate) const NEST_LETTERS: usize = 20;

/// A name that cannot lead out of the home.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(OsString);

impl Name {
    /// A name under which something may exist already. A trailing `/`, as tab completion leaves it, is
    /// dropped; what names no direct child of the home, or what is made or unmade just now, is refused.
    pub fn existing(word: &OsStr) -> Result<Self> {
        let mut bytes = word.as_bytes();
        while let [start @ .., b'/'] = bytes {
            bytes = start;
        }
        if bytes.is_empty()
            || bytes == b"."
            || bytes == b".."
            || bytes.contains(&b'/')
            || is_nest(OsStr::from_bytes(bytes))
        {
            bail!("'{}' is not a name of an environment.\nhint: lsvirtualenv -b", shown(word));
        }
        Ok(Self(OsStr::from_bytes(bytes).to_owned()))
    }

    /// A name for a new environment: besides, nothing that a shell, an activate script or PATH would take
    /// for more than a name.
    pub fn new(word: &OsStr) -> Result<Self> {
        let name = Self::existing(word)?;
        let Some(text) = name.0.to_str() else {
            bail!(
                "'{}' is not UTF-8, which Python requires of a path.\nhint: mkvirtualenv blog",
                shown(word)
            );
        };
        if text.len() > LONGEST {
            let hint: String = text.chars().take(20).collect();
            bail!(
                "An environment's name cannot be longer than {LONGEST} bytes.\nhint: mkvirtualenv {}",
                typed(hint.as_ref())
            );
        }
        if let Some(bad) = text.chars().find(|letter| "$`\"\\:".contains(*letter) || letter.is_control()) {
            let wholesome: String =
                text.chars().filter(|letter| letter.is_alphanumeric() || "-_.+ ".contains(*letter)).collect();
            let hint = if wholesome.is_empty() { "blog" } else { &wholesome };
            bail!(
                "An environment's name cannot hold {bad:?}: shells would act on it.\nhint: mkvirtualenv {}",
                typed(hint.as_ref())
            );
        }
        if text.starts_with('-') || text.starts_with('.') {
            let hint = text.trim_start_matches(['-', '.']);
            let hint = if hint.is_empty() { "blog" } else { hint };
            bail!(
                "An environment's name cannot start with '{}'.\nhint: mkvirtualenv {}",
                &text[..1],
                typed(hint.as_ref())
            );
        }
        let hook_of_a_shell = text.strip_suffix(".fish").unwrap_or(text);
        if Hook::ALL.iter().any(|hook| hook.file() == hook_of_a_shell) {
            bail!("'{text}' is the name of a hook.\nhint: mkvirtualenv my-{text}");
        }
        Ok(name)
    }

    /// The name as one types it after a command's own name, and after options of it.
    pub fn typed(&self) -> String {
        let dashes = if self.0.as_bytes().starts_with(b"-") { "-- " } else { "" };
        format!("{dashes}{}", typed(&self.0))
    }

    /// The name as the file system has it.
    pub fn as_os_str(&self) -> &OsStr {
        &self.0
    }
}

/// As people read it: no control character in it acts.
impl std::fmt::Display for Name {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&shown(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_name_is_a_direct_child() {
        assert_eq!(Name::existing("blog//".as_ref()).unwrap().as_os_str(), "blog");
        assert_eq!(Name::existing("$(id)".as_ref()).unwrap().as_os_str(), "$(id)");
        for word in ["", "/", ".", "..", "../x", "/etc", "a/b", "./a"] {
            assert!(Name::existing(word.as_ref()).is_err(), "{word}");
        }
    }

    #[test]
    fn a_name_like_an_option_can_be_typed() {
        assert_eq!(Name::existing("-x".as_ref()).unwrap().typed(), "-- -x");
        assert_eq!(Name::existing("a b".as_ref()).unwrap().typed(), "'a b'");
    }

    #[test]
    fn a_name_as_text_is_one_line() {
        let name = Name::existing("a\nERROR: b\u{1b}[2J".as_ref()).unwrap();
        assert_eq!(name.to_string(), "a\\nERROR: b\\u{1b}[2J");
    }

    #[test]
    fn a_new_name_is_no_longer_than_a_file_may_be_called() {
        assert!(Name::new("e".repeat(255).as_ref()).is_ok());
        let error = Name::new("é".repeat(128).as_ref()).unwrap_err().to_string();
        assert!(error.ends_with(&format!("\nhint: mkvirtualenv {}", "é".repeat(20))), "{error}");
    }

    #[test]
    fn a_new_name_is_only_a_name() {
        for word in ["blog", "my env", "it's", "é", "a%b", "a;b*&#![{~=", "python3.12"] {
            assert!(Name::new(word.as_ref()).is_ok(), "{word}");
        }
        for word in ["$(id)", "`id`", "a\"b", "a\\b", "a:b", "a\nb", "\u{1b}[2J", "-x", ".x", "postactivate"]
        {
            assert!(Name::new(word.as_ref()).is_err(), "{word}");
        }
        assert!(Name::new(OsStr::from_bytes(b"\xff")).is_err());
    }
}
