//! The text of an environment that was made at one path, as it reads at another.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

/// The longest `#!` line that systems follow: 127 bytes on Linux, 512 on macOS.
const LONGEST_SHEBANG: usize = if cfg!(target_os = "macos") { 512 } else { 127 };

/// A move from one root to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move<'a> {
    /// The absolute path that the text names.
    pub from: &'a Path,
    /// The absolute path that it shall name.
    pub to: &'a Path,
}

impl Move<'_> {
    /// `text` with each mention of the old root replaced, or none if it holds none. A `#!` line takes the
    /// form that the new interpreter path needs.
    ///
    /// A mention ends where the path does: `/envs/blog` is not mentioned in `/envs/blog2`.
    pub(crate) fn text(&self, text: &[u8]) -> Option<Vec<u8>> {
        let (shebang, body) = split_shebang(text);
        let interpreter = shebang.as_ref().and_then(|shebang| self.replaced(&shebang.interpreter));
        let replaced = self.replaced(body);
        if interpreter.is_none() && replaced.is_none() {
            return None;
        }
        let mut moved = match (shebang, &interpreter) {
            (Some(shebang), Some(interpreter)) => shebang.with(interpreter),
            _ => text[..text.len() - body.len()].to_vec(),
        };
        moved.extend_from_slice(replaced.as_deref().unwrap_or(body));
        Some(moved)
    }

    fn replaced(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut replaced = None;
        for quote in QUOTES {
            let spelled = |path: &Path| replace(path.as_os_str().as_bytes(), b"'", quote);
            let text = replaced.as_deref().unwrap_or(text);
            replaced = replaced_spelling(text, &spelled(self.from), &spelled(self.to)).or(replaced);
            // Without a quote in it there is one spelling.
            if !self.from.as_os_str().as_bytes().contains(&b'\'') {
                break;
            }
        }
        replaced
    }
}

/// How a `'` in a path may be spelled: as it is, by Python's shlex, in fish, by PowerShell, in POSIX shells.
const QUOTES: [&[u8]; 5] = [b"'", SHLEX, b"\\'", b"''", b"'\\''"];
const SHLEX: &[u8] = b"'\"'\"'";

/// `text` with each `old` in it replaced.
fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.windows(old.len()).position(|window| window == old) {
        replaced.extend_from_slice(&rest[..start]);
        replaced.extend_from_slice(new);
        rest = &rest[start + old.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

fn replaced_spelling(text: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    let mut replaced = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.windows(from.len()).position(|window| window == from) {
        let after = &rest[start + from.len()..];
        let is_mention =
            !after.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_.+@-".contains(byte));
        replaced.extend_from_slice(&rest[..start]);
        replaced.extend_from_slice(if is_mention { to } else { from });
        rest = after;
    }
    if replaced.is_empty() && rest.len() == text.len() {
        return None;
    }
    replaced.extend_from_slice(rest);
    Some(replaced)
}

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
    if let Some(rest) = text.strip_prefix(TRAMPOLINE)
        && let Some(end) = rest.windows(TRAMPOLINE_END.len()).position(|window| window == TRAMPOLINE_END)
    {
        let word = &rest[..end];
        let (interpreter, quote) = match word {
            [b'\'', inside @ .., b'\''] => (replace(inside, SHLEX, b"'").into(), b'\''),
            _ => {
                let inside = word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\""));
                (inside.unwrap_or(word).into(), b'"')
            }
        };
        return (Some(Shebang { interpreter, arguments: b"", quote }), &rest[end + TRAMPOLINE_END.len()..]);
    }
    let Some(rest) = text.strip_prefix(b"#!") else { return (None, text) };
    let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { return (None, text) };
    let line = &rest[..end];
    let blank = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
    let interpreter = line[..blank].into();
    (Some(Shebang { interpreter, arguments: &line[blank..], quote: b'"' }), &rest[end + 1..])
}

impl Shebang<'_> {
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
        [TRAMPOLINE, &word, TRAMPOLINE_END].concat()
    }
}

/// A RECORD's text with hash and size of rewritten files brought up to date, or none if it lists none.
///
/// `contents` returns the bytes of the listed path if that file was rewritten.
pub(crate) fn record(text: &str, contents: impl Fn(&str) -> Option<Vec<u8>>) -> Option<String> {
    let mut changed = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let path = line.split(',').next().unwrap_or_default();
        match contents(path.trim_matches('"')) {
            Some(bytes) if line.contains("sha256=") => {
                changed = true;
                let hash = Base64UrlUnpadded::encode_string(&Sha256::digest(&bytes));
                let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                format!("{path},sha256={hash},{}{end}", bytes.len())
            }
            _ => line.to_owned(),
        }
    });
    let text: String = lines.collect();
    changed.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moved(text: &str, from: &str, to: &str) -> Option<String> {
        let change = Move { from: Path::new(from), to: Path::new(to) };
        change.text(text.as_bytes()).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_mention_ends_where_the_path_does() {
        assert_eq!(moved("X=\"/e/a\"\nY=/e/a/bin:/e/ab", "/e/a", "/n").unwrap(), "X=\"/n\"\nY=/n/bin:/e/ab");
        assert_eq!(moved("nothing here", "/e/a", "/n"), None);
        assert_eq!(moved("/e/a", "/e/a", "/n").unwrap(), "/n");
    }

    #[test]
    fn a_mention_is_found_in_every_quoting() {
        for quote in ["'", "'\"'\"'", "\\'", "''", "'\\''"] {
            let text = format!("X='/e/it{quote}s/a{quote}/bin'");
            let expected = format!("X='/n/it{quote}s/bin'");
            assert_eq!(moved(&text, "/e/it's/a'", "/n/it's").unwrap(), expected);
        }
    }

    #[test]
    fn a_shebang_takes_the_form_that_its_path_needs() {
        let plain = "#!/e/a/bin/python3\nimport re\n";
        let blank = "#!/bin/sh\n'''exec' \"/e/a b/bin/python3\" \"$0\" \"$@\"\n' '''\nimport re\n";
        assert_eq!(moved(plain, "/e/a", "/e/a b").unwrap(), blank);
        assert_eq!(moved(blank, "/e/a b", "/e/a").unwrap(), plain);
        let long = format!("/{}", "x".repeat(120));
        let trampoline = moved(plain, "/e/a", &long).unwrap();
        assert!(
            trampoline.starts_with(&format!("#!/bin/sh\n'''exec' {long}/bin/python3 \"$0\"")),
            "{trampoline}"
        );
        assert_eq!(moved(&trampoline, &long, "/e/a").unwrap(), plain);
        assert_eq!(moved("#!/bin/sh -e\necho\n", "/e/a", "/n"), None);
        assert_eq!(moved("#!/e/a/bin/python3 -s\n", "/e/a", "/n").unwrap(), "#!/n/bin/python3 -s\n");
    }

    #[test]
    fn a_trampoline_keeps_its_way_of_quoting() {
        let single = "#!/bin/sh\n'''exec' '/e/a b/bin/python3' \"$0\" \"$@\"\n' '''\nimport re\n";
        let quote = "#!/bin/sh\n'''exec' '/e/a b'\"'\"'s/bin/python3' \"$0\" \"$@\"\n' '''\nimport re\n";
        assert_eq!(moved(single, "/e/a b", "/e/a b's").unwrap(), quote);
        assert_eq!(moved(quote, "/e/a b's", "/e/a b").unwrap(), single);
        assert_eq!(moved(quote, "/e/a b's", "/e/a").unwrap(), "#!/e/a/bin/python3\nimport re\n");
    }

    #[test]
    fn a_record_follows_its_scripts() {
        let text = "../../../bin/pip,sha256=old,1\npip/__init__.py,sha256=keep,2\n";
        let new = record(text, |path| (path == "../../../bin/pip").then(|| b"abc".to_vec())).unwrap();
        let hash = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
        assert_eq!(new, format!("../../../bin/pip,sha256={hash},3\npip/__init__.py,sha256=keep,2\n"));
        assert_eq!(record(text, |_| None), None);
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same(
            body in "[a-z/ \n\"']{0,40}",
            name in "[a-zA-Z0-9 _+-]{1,150}",
        ) {
            let (here, there) = ("/home/ann/.envs/blog", format!("/srv/{name}"));
            let text = format!("#!{here}/bin/python3\n{body}{here}/x\n");
            let away = moved(&text, here, &there).unwrap();
            prop_assert!(!away.contains(here));
            prop_assert_eq!(moved(&away, &there, here).unwrap(), text);
        }
    }
}
