//! A word as a shell reads it: data, whatever is in it.

use std::ffi::OsStr;
use std::fmt::Write as _;

use super::line::Quote;

/// Quotes `word` for bash, zsh, ksh and mksh: the shell reads back exactly these bytes and expands none.
///
/// A word cannot hold NUL; operating systems hand out none. The quoted word is one line: under zsh's
/// `csh_junkie_quotes` no quotes may reach over a line's end.
pub(crate) fn posix(word: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(word.len() + 2);
    quoted.push(b'\'');
    for &byte in word {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            b'\n' => quoted.extend_from_slice(br"'$'\n''"),
            _ => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// Quotes `word` for fish, where a backslash in single quotes acts before a quote and before a backslash.
pub(crate) fn fish(word: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(word.len() + 2);
    quoted.push(b'\'');
    for &byte in word {
        if matches!(byte, b'\'' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'\'');
    quoted
}

/// `word` as bash reads it where it is inserted into a line in which `quote` is open: readline closes that.
pub(crate) fn inserted(word: &[u8], quote: Quote) -> Vec<u8> {
    let mut inserted = Vec::with_capacity(word.len() + 4);
    for &byte in word {
        match (quote, byte) {
            // No quotes but single ones keep the history out.
            (Quote::Double, b'!') => inserted.extend_from_slice(br#""'!'""#),
            (Quote::Single, b'\'') => inserted.extend_from_slice(br"'\''"),
            (Quote::None, _) if byte.is_ascii_alphanumeric() || !byte.is_ascii() => inserted.push(byte),
            (Quote::None, _) if b"-_./+:=@%,".contains(&byte) => inserted.push(byte),
            (Quote::Single, _) => inserted.push(byte),
            (Quote::Double, _) if !b"$`\"\\".contains(&byte) => inserted.push(byte),
            (Quote::Escaping, _) if !b"'\\".contains(&byte) => inserted.push(byte),
            (Quote::None | Quote::Double | Quote::Escaping, _) => inserted.extend_from_slice(&[b'\\', byte]),
        }
    }
    inserted
}

/// `word` as people would type it into a shell, for hints: a plain one bare, others quoted. It is one line, and no
/// control character in it acts.
pub(crate) fn typed(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./+:,@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into_owned();
    }
    if !word.contains(char::is_control) {
        return String::from_utf8_lossy(&posix(word.as_bytes())).into_owned();
    }
    let mut quoted = String::from("$'");
    for letter in word.chars() {
        match letter {
            '\'' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => {
                // Three octal digits end by themselves: what follows may be a digit.
                let mut bytes = [0; 4];
                for byte in letter.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(quoted, "\\{byte:03o}");
                }
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{Quote, fish, inserted, posix, typed};

    #[test]
    fn what_readline_inserts_fits_the_quote_that_is_open() {
        let word = "it's $(x) \"\\a!é=";
        for (quote, expected) in [
            (Quote::None, r#"it\'s\ \$\(x\)\ \"\\a\!é="#),
            (Quote::Single, r#"it'\''s $(x) "\a!é="#),
            (Quote::Double, r#"it's \$(x) \"\\a"'!'"é="#),
            (Quote::Escaping, r#"it\'s $(x) "\\a!é="#),
        ] {
            assert_eq!(String::from_utf8(inserted(word.as_bytes(), quote)).unwrap(), expected);
        }
    }

    #[test]
    fn a_hint_can_be_typed() {
        for (word, expected) in [
            ("blog", "blog"),
            ("/usr/bin/python3.12", "/usr/bin/python3.12"),
            ("my blog", "'my blog'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("~", "'~'"),
            ("a\n'\u{1b}2", r"$'a\012\'\0332'"),
        ] {
            assert_eq!(typed(word.as_ref()), expected);
        }
    }

    #[test]
    fn in_fish_the_backslash_needs_care_too() {
        assert_eq!(fish(b"blog"), b"'blog'");
        assert_eq!(fish(b""), b"''");
        assert_eq!(fish(b"it's $(rm) (rm) \\"), br"'it\'s $(rm) (rm) \\'");
        assert_eq!(fish(b"\xff\n"), b"'\xff\n'");
    }

    #[test]
    fn only_the_single_quote_and_the_end_of_a_line_need_care() {
        assert_eq!(posix(b"blog"), b"'blog'");
        assert_eq!(posix(b""), b"''");
        assert_eq!(posix(b"it's $(rm) `x`\n\\"), b"'it'\\''s $(rm) `x`'$'\\n''\\'");
        assert_eq!(posix(b"\xff'"), b"'\xff'\\'''");
    }
}
