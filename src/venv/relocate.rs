//! The text of an environment at one path, as it reads at another.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use memchr::memmem;

use super::prompt::{renamed, renamed_setting};
use super::shebang::{TRAMPOLINE, split_shebang_after};

/// A change of place. An old root may have several spellings: as typed, with links resolved, as the activate
/// script has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    from: Vec<PathBuf>,
    to: PathBuf,
}

impl Move {
    /// A move to `to` from a root that texts call by any of the absolute paths `from`.
    pub(crate) fn new(from: impl IntoIterator<Item = PathBuf>, to: &Path) -> Self {
        let mut from: Vec<PathBuf> = from.into_iter().collect();
        // The longest first: one may be the start of another.
        from.sort_by_key(|path| std::cmp::Reverse(path.as_os_str().len()));
        from.dedup();
        Self { from, to: to.to_path_buf() }
    }

    /// The text of the file `path`, relative to the root, at the new place; none if it reads the same there.
    ///
    /// A mention ends where the path does: `/envs/blog` is not mentioned in `/envs/blog2`.
    pub(crate) fn file(&self, path: &Path, text: &[u8]) -> Option<Vec<u8>> {
        match Kind::of(path)? {
            _ if text.contains(&0) => None,
            Kind::Script => self.script(path, text),
            Kind::Activation => {
                let moved = self.activation(text);
                let renamed = renamed(moved.as_deref().unwrap_or(text), &self.names());
                renamed.or(moved)
            }
            Kind::Settings => {
                let moved = self.raw(text);
                let renamed = renamed_setting(moved.as_deref().unwrap_or(text), &self.names());
                renamed.or(moved)
            }
            Kind::Text => self.in_language(text, Language::of(path, text)),
        }
    }

    /// The new target of a link that points into the old place.
    pub(crate) fn target(&self, target: &Path) -> Option<PathBuf> {
        self.from.iter().find_map(|from| target.strip_prefix(from).ok()).map(|inside| self.to.join(inside))
    }

    /// Whether `bytes` name the old place.
    pub(crate) fn is_named_in(&self, bytes: &[u8]) -> bool {
        let ends = |end: usize| !bytes.get(end).is_some_and(|byte| is_inside_name(*byte));
        self.from.iter().any(|from| {
            let from = from.as_os_str().as_bytes();
            memmem::find_iter(bytes, from).any(|start| ends(start + from.len()))
        })
    }

    /// The length of the longest spelling of the old place, in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.from.first().map_or(0, |from| from.as_os_str().len())
    }

    /// A `#!` line takes the form that the new interpreter path needs; the rest is replaced as it stands.
    fn script(&self, path: &Path, text: &[u8]) -> Option<Vec<u8>> {
        let (shebang, body) = split_shebang_after(text, self.root_in_shebang(text));
        let interpreter = shebang.as_ref().and_then(|shebang| self.raw(&shebang.interpreter));
        let replaced = self.in_language(body, Language::of(path, text));
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

    /// How much of the `#!` line's interpreter is an old root. pip pastes one with blanks as it is into scripts that
    /// are data, which the system then cannot start.
    fn root_in_shebang(&self, text: &[u8]) -> usize {
        let line = text.strip_prefix(b"#!").unwrap_or_default();
        let roots = self.from.iter().map(|from| from.as_os_str().as_bytes());
        roots.filter(|root| line.starts_with(root)).map(<[u8]>::len).max().unwrap_or(0)
    }

    fn raw(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.in_language(text, Language::None)
    }

    /// Each mention is replaced in the spelling that it has: as it is, with its `'` escaped in one of the usual
    /// ways, or as in a URL. One that needed no escape gets those that the new path needs.
    fn in_language(&self, text: &[u8], language: Language) -> Option<Vec<u8>> {
        let mut spellings: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for from in &self.from {
            let (from, to) = (from.as_os_str().as_bytes(), self.to.as_os_str().as_bytes());
            for quote in QUOTES {
                spellings.push((replace(from, b"'", quote), replace(to, b"'", quote)));
            }
            spellings.push((percent_encoded(from), percent_encoded(to)));
        }
        // Where nothing needs an escape the spellings are one.
        let mut seen = std::collections::HashSet::new();
        spellings.retain(|(from, _)| seen.insert(from.clone()));
        let plain = self.to.as_os_str().as_bytes();
        substitute(text, &spellings, |text, start, to| {
            if to == plain { language.spelled(text, start, to) } else { to.to_vec() }
        })
    }

    /// In activate scripts of shells a mention takes the quotes that the new path needs where it stands.
    fn activation(&self, text: &[u8]) -> Option<Vec<u8>> {
        let escaped = self.escaped(text);
        let text = escaped.as_deref().unwrap_or(text);
        let mut spellings: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for from in &self.from {
            let (from, to) = (from.as_os_str().as_bytes().to_vec(), self.to.as_os_str().as_bytes().to_vec());
            if from.contains(&b'\'') {
                spellings.push((shell_quoted(&from), shell_quoted(&to)));
            }
            spellings.push((from, to));
        }
        substitute(text, &spellings, |text, start, to| {
            if to.starts_with(b"'") { to.to_vec() } else { Language::Shell.spelled(text, start, to) }
        })
        .or(escaped)
    }

    /// The mentions whose `'` is escaped as virtualenv does it for fish, or in fish's own way.
    fn escaped(&self, text: &[u8]) -> Option<Vec<u8>> {
        let ways: [&[u8]; 2] = [b"'\\''", b"\\'"];
        let mut spellings: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for from in
            self.from.iter().map(|from| from.as_os_str().as_bytes()).filter(|from| from.contains(&b'\''))
        {
            let to = self.to.as_os_str().as_bytes();
            spellings.extend(ways.map(|way| (replace(from, b"'", way), replace(to, b"'", way))));
        }
        substitute(text, &spellings, |_, _, to| to.to_vec())
    }

    /// Each name that the environment had, and the new one.
    fn names(&self) -> Vec<(&str, &str)> {
        let Some(new) = self.to.file_name().and_then(OsStr::to_str) else { return Vec::new() };
        let names = self.from.iter().filter_map(|from| from.file_name()?.to_str());
        names.filter(|old| *old != new).map(|old| (old, new)).collect()
    }
}

/// How a text of an environment mentions its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Script,
    Activation,
    Settings,
    Text,
}

impl Kind {
    /// What the file at `path`, relative to the root, is; none if its text cannot depend on the place.
    fn of(path: &Path) -> Option<Self> {
        let parts: Vec<&str> =
            path.components().map(|part| part.as_os_str().to_str().unwrap_or_default()).collect();
        let ends = |endings: &[&str]| endings.iter().any(|ending| path.to_string_lossy().ends_with(ending));
        match parts[..] {
            ["bin", "activate" | "activate.csh" | "activate.fish"] => Some(Self::Activation),
            ["bin", ..] => Some(Self::Script),
            ["pyvenv.cfg"] => Some(Self::Settings),
            ["lib" | "lib64", _, "site-packages", _] if ends(&[".pth", ".egg-link", ".py"]) => {
                Some(Self::Text)
            }
            ["lib" | "lib64", _, "site-packages", _, "direct_url.json"] | ["share" | "etc" | "src", ..] => {
                Some(Self::Text)
            }
            _ => None,
        }
    }
}

/// How a text spells a path that holds blanks and quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    Shell,
    Python,
    PowerShell,
    /// As it is.
    None,
}

impl Language {
    /// What the file at `path` is written in, by its name or its `#!` line.
    fn of(path: &Path, text: &[u8]) -> Self {
        match path.extension().and_then(OsStr::to_str) {
            Some("py" | "xsh") => return Self::Python,
            Some("ps1") => return Self::PowerShell,
            _ => {}
        }
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        if text.starts_with(TRAMPOLINE) || text.starts_with(b"#!") && memmem::find(line, b"python").is_some()
        {
            Self::Python
        } else if text.starts_with(b"#!") && line.ends_with(b"sh") {
            Self::Shell
        } else {
            Self::None
        }
    }

    /// The path `to` as it stands at `start` of the text.
    fn spelled(self, text: &[u8], start: usize, to: &[u8]) -> Vec<u8> {
        if text[..start].ends_with(b"file://") {
            return percent_encoded(to);
        }
        match (self, quote_at(text, start)) {
            (Self::Shell, None) => shell_quoted(to),
            (Self::Shell, Some(b'\'')) => replace(to, b"'", SHLEX),
            (Self::Python, Some(b'\'')) => replace(to, b"'", b"\\'"),
            (Self::PowerShell, Some(b'\'')) => replace(to, b"'", b"\'\'"),
            _ => to.to_vec(),
        }
    }
}

/// Whether the text of the file `path`, relative to the root, may depend on the environment's place.
pub(crate) fn is_concerned(path: &Path) -> bool {
    // What Python compiled it mends itself, or compiles anew where the source was rewritten.
    path.extension().is_none_or(|extension| extension != "pyc") && Kind::of(path).is_some()
}

/// How a `'` in a path may be spelled: as it is, by Python's shlex, in fish, by PowerShell, in POSIX shells.
const QUOTES: [&[u8]; 5] = [b"'", SHLEX, b"\\'", b"''", b"'\\''"];
pub(super) const SHLEX: &[u8] = b"'\"'\"'";

/// `text` with each `old` in it replaced.
pub(super) fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut rest = text;
    while let Some(start) = memmem::find(rest, old) {
        replaced.extend_from_slice(&rest[..start]);
        replaced.extend_from_slice(new);
        rest = &rest[start + old.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// Replaces, in one pass from left to right, each mention of a spelling; none if there is none.
fn substitute(
    text: &[u8],
    spellings: &[(Vec<u8>, Vec<u8>)],
    spelled: impl Fn(&[u8], usize, &[u8]) -> Vec<u8>,
) -> Option<Vec<u8>> {
    let mut moved = Vec::new();
    let (mut done, mut from_here) = (0, 0);
    while let Some((start, (from, to))) = spellings
        .iter()
        .filter_map(|spelling| Some((from_here + memmem::find(&text[from_here..], &spelling.0)?, spelling)))
        .min_by_key(|(start, (from, _))| (*start, std::cmp::Reverse(from.len())))
    {
        let end = start + from.len();
        let starts = start == 0 || !is_inside_name(text[start - 1]) || b"+@".contains(&text[start - 1]);
        let is_mention = starts && !text.get(end).is_some_and(|byte| is_inside_name(*byte));
        from_here = if is_mention { end } else { start + 1 };
        if is_mention {
            moved.extend_from_slice(&text[done..start]);
            moved.extend_from_slice(&spelled(text, start, to));
            done = end;
        }
    }
    if done == 0 {
        return None;
    }
    moved.extend_from_slice(&text[done..]);
    Some(moved)
}

fn is_inside_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.+@-".contains(&byte)
}

/// The quote that is open where `start` is, counted from the line's beginning.
fn quote_at(text: &[u8], start: usize) -> Option<u8> {
    let line = text[..start].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut open = None;
    for &byte in &text[line..start] {
        match (open, byte) {
            (None, b'\'' | b'"') => open = Some(byte),
            (Some(quote), byte) if quote == byte => open = None,
            _ => {}
        }
    }
    open
}

/// A word as Python's `shlex.quote` writes it.
pub(super) fn shell_quoted(word: &[u8]) -> Vec<u8> {
    let is_safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(byte);
    if !word.is_empty() && word.iter().all(is_safe) {
        return word.to_vec();
    }
    [b"'", replace(word, b"'", SHLEX).as_slice(), b"'"].concat()
}

/// A path as in a `file:` URL.
fn percent_encoded(path: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/_.-~".contains(&byte) {
            encoded.push(byte);
        } else {
            encoded.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moved(text: &str, from: &str, to: &str) -> Option<String> {
        moved_as("bin/script", text, from, to)
    }

    fn moved_as(file: &str, text: &str, from: &str, to: &str) -> Option<String> {
        let change = Move::new([PathBuf::from(from)], Path::new(to));
        change.file(Path::new(file), text.as_bytes()).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn compiled_scripts_are_no_texts_of_ours() {
        assert!(is_concerned(Path::new("bin/jp.py")));
        assert!(!is_concerned(Path::new("bin/__pycache__/jp.cpython-311.pyc")));
    }

    #[test]
    fn an_activate_script_takes_the_quotes_that_the_new_path_needs() {
        let activate = |text: &str, to: &str| moved_as("bin/activate", text, "/e/a", to).unwrap();
        assert_eq!(
            activate("V=/e/a\nX=\"/e/a/bin\"\nY='/e/a'\n", "/e/b c"),
            "V='/e/b c'\nX=\"/e/b c/bin\"\nY='/e/b c'\n"
        );
        assert_eq!(activate("V='/e/a'\n", "/e/it's"), "V='/e/it'\"'\"'s'\n");
        let spaced = moved_as("bin/activate", "V='/e/it'\"'\"'s'/bin\n", "/e/it's", "/e/b").unwrap();
        assert_eq!(spaced, "V=/e/b/bin\n");
    }

    #[test]
    fn a_prompt_of_the_name_follows_and_one_of_the_users_stays() {
        let activate = |text: &str| moved_as("bin/activate", text, "/e/old", "/e/my new");
        assert_eq!(activate("PS1=\"(old) ${PS1:-}\"\n").unwrap(), "PS1=\"(my new) ${PS1:-}\"\n");
        assert_eq!(activate("PS1='(old) '\"${PS1:-}\"\n").unwrap(), "PS1='(my new) '\"${PS1:-}\"\n");
        assert_eq!(activate("VIRTUAL_ENV_PROMPT=old\n").unwrap(), "VIRTUAL_ENV_PROMPT='my new'\n");
        assert_eq!(activate("VIRTUAL_ENV_PROMPT=\"old\"\n").unwrap(), "VIRTUAL_ENV_PROMPT=\"my new\"\n");
        assert_eq!(activate("PS1=\"(\"old\") ${PS1:-}\"\n").unwrap(), "PS1=\"(\"'my new'\") ${PS1:-}\"\n");
        let quote = moved_as("bin/activate", "PS1='(old) '\"${PS1:-}\"\n", "/e/old", "/e/it's").unwrap();
        assert_eq!(quote, "PS1='(it'\"'\"'s) '\"${PS1:-}\"\n");
        assert_eq!(activate("PS1=\"(hello) ${PS1:-}\"\n# the old one\n"), None);
        assert_eq!(
            moved_as("pyvenv.cfg", "a = b\nprompt = old\n", "/e/old", "/e/new").unwrap(),
            "a = b\nprompt = new\n"
        );
    }

    #[test]
    fn an_escaped_quote_in_a_path_stays_escaped_in_its_way() {
        let activate = |text: &str, to: &str| moved_as("bin/activate.fish", text, "/e/it's", to).unwrap();
        assert_eq!(activate("set V '/e/it'\\''s'\n", "/e/b's c"), "set V '/e/b'\\''s c'\n");
        assert_eq!(activate("set V '/e/it\\'s/bin'\n", "/e/b's"), "set V '/e/b\\'s/bin'\n");
        assert_eq!(activate("set V '/e/it'\\''s'\n", "/e/b"), "set V '/e/b'\n");
    }

    #[test]
    fn a_url_is_a_mention_too() {
        let json = |text: &str| {
            moved_as("lib/python3/site-packages/x.dist-info/direct_url.json", text, "/e/a b", "/n")
        };
        assert_eq!(json("{\"url\": \"file:///e/a%20b/src\"}").unwrap(), "{\"url\": \"file:///n/src\"}");
        let plain = moved("#!/bin/sh\ncurl file:///e/a/x", "/e/a", "/n/it's a").unwrap();
        assert_eq!(plain, "#!/bin/sh\ncurl file:///n/it%27s%20a/x");
    }

    #[test]
    fn a_path_is_escaped_as_the_language_of_its_text_asks() {
        let there = |file: &str, text: &str| moved_as(file, text, "/e/a", "/n/it's a").unwrap();
        let finder = "lib/python3/site-packages/__editable___x_finder.py";
        assert_eq!(
            there(finder, "M = {'x': '/e/a/x', 'y': \"/e/a\"}"),
            "M = {'x': '/n/it\\'s a/x', 'y': \"/n/it's a\"}"
        );
        assert_eq!(
            there("bin/x", "#!/e/a/bin/python\nf = '/e/a'").lines().last().unwrap(),
            "f = '/n/it\\'s a'"
        );
        assert_eq!(there("bin/x", "#!/bin/sh\nexec /e/a/bin/x"), "#!/bin/sh\nexec '/n/it'\"'\"'s a'/bin/x");
        assert_eq!(there("bin/activate.ps1", "$v = '/e/a'"), "$v = '/n/it''s a'");
        assert_eq!(there("lib/python3/site-packages/x.pth", "/e/a/src"), "/n/it's a/src");
    }

    #[test]
    fn of_two_old_roots_neither_spoils_the_other() {
        let change = Move::new(["/l/a", "/real/a"].map(PathBuf::from), Path::new("/l/a b"));
        let text = change.file(Path::new("bin/x"), b"/real/a:/l/a:/l/a2").unwrap();
        assert_eq!(text, b"/l/a b:/l/a b:/l/a2");
    }

    #[test]
    fn what_cannot_depend_on_the_place_is_left_alone() {
        assert_eq!(moved_as("lib/python3/site-packages/django/x.py", "/e/a", "/e/a", "/n"), None);
        assert_eq!(moved_as("bin/tool", "\0/e/a", "/e/a", "/n"), None);
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
    fn a_pasted_or_quoted_path_with_blanks_becomes_one_that_starts() {
        let works = "#!/bin/sh\n'''exec' \"/e/c d/bin/python\" \"$0\" \"$@\"\n' '''\nimport re\n";
        for broken in ["#!/e/a b/bin/python\nimport re\n", "#!\"/e/a b/bin/python\"\nimport re\n"] {
            assert_eq!(moved(broken, "/e/a b", "/e/c d").unwrap(), works);
            assert_eq!(moved(broken, "/e/a b", "/e/c").unwrap(), "#!/e/c/bin/python\nimport re\n");
        }
    }

    #[test]
    fn arguments_of_an_interpreter_stay() {
        let plain = "#!/e/a/bin/python3 -u\n";
        let blank = "#!/bin/sh\n'''exec' \"/e/b c/bin/python3\" -u \"$0\" \"$@\"\n' '''\n";
        assert_eq!(moved(plain, "/e/a", "/e/b c").unwrap(), blank);
        assert_eq!(moved(blank, "/e/b c", "/e/a").unwrap(), plain);
    }

    #[test]
    fn of_an_environment_that_was_moved_by_hand_either_name_is_a_prompt() {
        let change = Move::new(["/envs/now", "/a/longer/before"].map(PathBuf::from), Path::new("/envs/next"));
        for prompt in ["now", "before"] {
            let text = format!("PS1=\"({prompt}) ${{PS1:-}}\"\n");
            assert_eq!(
                change.file(Path::new("bin/activate"), text.as_bytes()).unwrap(),
                b"PS1=\"(next) ${PS1:-}\"\n"
            );
        }
    }

    proptest! {
        #[test]
        fn there_and_back_is_the_same(
            body in "[a-z/ \n\"']{0,40}",
            name in "[a-zA-Z0-9 _+-]{1,150}",
        ) {
            let (here, there) = ("/home/ann/.envs/blog", format!("/srv/{name}"));
            let text = format!("#!{here}/bin/python3\n{body}\n{here}/x\n");
            let away = moved(&text, here, &there).unwrap();
            prop_assert!(!away.contains(here));
            prop_assert_eq!(moved(&away, &there, here).unwrap(), text);
        }
    }
}
