//! The first line of a script: which interpreter it names, and the form that another path needs.

use std::borrow::Cow;

use memchr::memmem;

use super::relocate::{SHLEX, replace};

/// The longest `#!` line that systems follow: 127 bytes on Linux, 512 on macOS.
const LONGEST_SHEBANG: usize = if cfg!(target_os = "macos") { 512 } else { 127 };

/// The first line of a script.
pub(crate) struct Shebang<'a> {
    /// The absolute path of the interpreter.
    pub interpreter: Cow<'a, [u8]>,
    /// What follows it.
    pub arguments: &'a [u8],
    /// The quote that a trampoline puts around its interpreter: `"` by old distlibs, `'` from 0.4 on.
    pub quote: u8,
}

/// The start of the trampoline that pip writes where a plain `#!` line would be too long or hold a blank.
pub(super) const TRAMPOLINE: &[u8] = b"#!/bin/sh\n'''exec' ";
const TRAMPOLINE_END: &[u8] = b" \"$0\" \"$@\"\n' '''\n";

/// The interpreter that a script names, in either form, and the text below.
pub(crate) fn split_shebang(text: &[u8]) -> (Option<Shebang<'_>>, &[u8]) {
    split_shebang_after(text, 0)
}

/// The same where the first `known` bytes of a plain line's interpreter are part of its path, blanks and all.
pub(super) fn split_shebang_after(text: &[u8], known: usize) -> (Option<Shebang<'_>>, &[u8]) {
    if let Some(rest) = text.strip_prefix(TRAMPOLINE)
        && let Some(end) = memmem::find(rest, TRAMPOLINE_END)
    {
        return (Some(Shebang::of_word(&rest[..end], 0)), &rest[end + TRAMPOLINE_END.len()..]);
    }
    let Some(rest) = text.strip_prefix(b"#!") else { return (None, text) };
    let Some(end) = memchr::memchr(b'\n', rest) else { return (None, text) };
    (Some(Shebang::of_word(&rest[..end], known)), &rest[end + 1..])
}

impl<'a> Shebang<'a> {
    /// A path in quotes or, blanks in its first `known` bytes aside, up to a blank; arguments follow.
    fn of_word(word: &'a [u8], known: usize) -> Self {
        if let [quote @ (b'\'' | b'"'), rest @ ..] = word
            && let Some(end) = memchr::memrchr(*quote, rest)
        {
            let interpreter = match quote {
                b'\'' => replace(&rest[..end], SHLEX, b"'").into(),
                _ => rest[..end].into(),
            };
            return Self { interpreter, arguments: &rest[end + 1..], quote: *quote };
        }
        let end = memchr::memchr(b' ', &word[known..]).map_or(word.len(), |blank| known + blank);
        Self { interpreter: word[..end].into(), arguments: &word[end..], quote: b'"' }
    }

    /// The line for another interpreter, as distlib writes it, which pip has on board.
    pub(crate) fn with(&self, interpreter: &[u8]) -> Vec<u8> {
        let blank = interpreter.contains(&b' ');
        let plain = [b"#!".as_slice(), interpreter, self.arguments, b"\n"].concat();
        if !blank && plain.len() <= LONGEST_SHEBANG {
            return plain;
        }
        let word = match self.quote {
            b'\'' if blank || interpreter.contains(&b'\'') => {
                [b"'", replace(interpreter, b"'", SHLEX).as_slice(), b"'"].concat()
            }
            b'"' if blank => [b"\"", interpreter, b"\""].concat(),
            _ => interpreter.to_vec(),
        };
        [TRAMPOLINE, &word, self.arguments, TRAMPOLINE_END].concat()
    }
}
