//! Templates: what an interpreter's own venv makes, once, with blanks where the environment's path stood.
//!
//! A workshop is a directory of the user's cache, one for each interpreter; in it lie what the interpreter
//! was when it was last asked, and a template for each kind of environment.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{RawMode, Stat};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Python;
use super::record::digest;
use super::shebang::{Shebang, TRAMPOLINE};

/// Counts up when what is written below changes its meaning.
const FORMAT: u32 = 3;

/// Where the templates of one interpreter lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workshop(PathBuf);

impl Workshop {
    /// The workshop for `executable` in the user's cache. Modes follow the umask, so each has its own.
    pub fn of(cache: &Path, executable: &Path, umask: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("{FORMAT} {umask:o} "));
        hash.update(executable.as_os_str().as_bytes());
        let name = u64::from_be_bytes(*hash.finalize().first_chunk().expect("a hash is longer"));
        Self(Self::all(cache).join(format!("{name:016x}")))
    }

    /// Where all workshops lie in the user's `cache`.
    pub fn all(cache: &Path) -> PathBuf {
        cache.join("templates")
    }

    /// Whether `directory` holds workshops and nothing else.
    pub fn are_all(directory: &Path) -> bool {
        let is_workshop = |name: &[u8]| name.len() == 16 && name.iter().all(u8::is_ascii_hexdigit);
        // What a killed one left is hidden.
        let is_ours = |name: &OsStr| name.as_bytes().starts_with(b".") || is_workshop(name.as_bytes());
        fs::read_dir(directory).is_ok_and(|all| all.flatten().all(|entry| is_ours(&entry.file_name())))
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the interpreter said when it was last asked, if nothing that it depends on has changed since.
    pub fn python(&self) -> Option<Python> {
        let record: Record = serde_json::from_slice(&fs::read(self.0.join(RECORD)).ok()?).ok()?;
        let holds = record.watched.iter().all(|(path, stamp)| Stamp::of(path) == *stamp);
        holds.then_some(record.python)
    }

    /// Where the template for `kind` lies, whether or not there is one.
    pub fn template(&self, kind: Kind) -> Template {
        Template(self.0.join(kind.name()))
    }
}

/// The file of a workshop's record.
pub(crate) const RECORD: &str = "record.json";

/// What a workshop knows of its interpreter.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    /// The interpreter's answers.
    pub python: Python,
    /// The files that these and the templates depend on, as they were.
    pub watched: Vec<(PathBuf, Option<Stamp>)>,
}

impl Record {
    /// A record of `python` as it is now.
    pub(crate) fn new(python: Python) -> Self {
        let library = &python.library;
        let mut watched = vec![python.executable.clone()];
        watched.extend(python.executable.canonicalize());
        let parts =
            ["venv/__init__.py", "venv/scripts/common", "venv/scripts/posix", "ensurepip/__init__.py"];
        watched.extend(parts.map(|part| library.join(part)));
        watched.extend(
            ["common/activate", "posix/activate"].map(|part| library.join("venv/scripts").join(part)),
        );
        watched.push(library.join("ensurepip/_bundled"));
        watched.extend(python.wheels.clone());
        watched.dedup();
        let watched = watched.into_iter().map(|path| (path.clone(), Stamp::of(&path))).collect();
        Self { python, watched }
    }
}

/// What tells that a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Stamp(u64, u64, u64, i64, i64);

impl Stamp {
    /// Device, inode, size and modification time of `path`; none if there is nothing.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let data = fs::metadata(path).ok()?;
        Some(Self(data.dev(), data.ino(), data.size(), data.mtime(), data.mtime_nsec()))
    }
}

/// The kinds of environments that differ in more than text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// With pip in it.
    pub pip: bool,
    /// With a copy of the interpreter.
    pub copies: bool,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self { pip: true, copies: false },
        Self { pip: false, copies: false },
        Self { pip: true, copies: true },
        Self { pip: false, copies: true },
    ];

    /// The options of venv that make it.
    pub fn options(self) -> Vec<&'static str> {
        let options = [(self.copies, "--copies"), (!self.pip, "--without-pip")];
        options.into_iter().filter(|(given, _)| *given).map(|(_, option)| option).collect()
    }

    /// The name of its directory in a workshop.
    fn name(self) -> &'static str {
        match (self.pip, self.copies) {
            (true, false) => "pip",
            (false, false) => "bare",
            (true, true) => "pip-copies",
            (false, true) => "bare-copies",
        }
    }
}

/// How environments share files with their template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkMode {
    /// Hard links where that is safe, else copies.
    #[default]
    Auto,
    /// Hard links where the file system has them.
    Hardlink,
    /// Copies whose blocks are shared, where the file system can.
    Reflink,
    /// Copies of every byte.
    Copy,
}

/// One template: a tree, and the manifest of what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(PathBuf);

impl Template {
    /// The template in `directory`.
    pub fn at(directory: &Path) -> Self {
        Self(directory.to_path_buf())
    }

    /// Its directory in the workshop.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The environment that the interpreter made.
    pub fn tree(&self) -> PathBuf {
        self.0.join("tree")
    }

    /// The file of the manifest.
    pub fn manifest_file(&self) -> PathBuf {
        self.0.join("manifest")
    }

    /// What is in the tree; none if there is no template.
    pub fn manifest(&self) -> Option<Manifest<'static>> {
        // A process reads one, or two, and ends soon after; a thousand names need not be copied.
        let bytes = fs::read(self.manifest_file()).ok()?.leak();
        postcard::from_bytes(bytes).ok()
    }
}

/// All that is in a template. It is read at each creation, so that its file is bytes, of which its texts are parts.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Manifest<'a> {
    /// A word that no other template has.
    pub token: String,
    /// Why an environment cannot be made from this tree, if its texts are not understood.
    pub unproven: Option<String>,
    /// The directories, each after the one that it is in.
    #[serde(borrow)]
    pub directories: Vec<Directory<'a>>,
    /// What every environment has for itself. A text comes after those whose digests it holds.
    #[serde(borrow)]
    pub entries: Vec<Entry<'a>>,
}

/// A directory of a template, its path relative to the root.
#[derive(Debug, Deserialize, Serialize)]
pub struct Directory<'a> {
    /// Where it is.
    #[serde(borrow)]
    pub path: &'a Path,
    /// Its permissions.
    pub mode: RawMode,
    /// The names of the files in it that environments may share by hard links.
    #[serde(borrow)]
    pub shared: Vec<(&'a Path, FileFacts)>,
}

/// An entry that is each environment's own, its path relative to the root.
#[derive(Debug, Deserialize, Serialize)]
pub enum Entry<'a> {
    /// A symbolic link and its target.
    Link(PathBuf, PathBuf),
    /// A file that tools write into.
    Own(PathBuf, FileFacts),
    /// A text that differs between environments.
    Text(PathBuf, FileFacts, #[serde(borrow)] Vec<Piece<'a>>),
}

/// What a file of a template was when it was made: mode, size, modification time in nanoseconds since 1970, owner.
/// A change through a hard link shows here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct FileFacts(RawMode, i64, i64, u32);

impl FileFacts {
    /// Those of `data`. The change time is left out: a link sets it.
    pub fn of(data: &Stat) -> Self {
        let nanoseconds = i64::try_from(data.st_mtime_nsec).unwrap_or_default();
        let modified = data.st_mtime.saturating_mul(1_000_000_000).saturating_add(nanoseconds);
        Self(data.st_mode & 0o7777, data.st_size, modified, data.st_uid)
    }

    /// Its permissions.
    pub fn mode(self) -> RawMode {
        self.0
    }

    /// Its size in bytes.
    pub fn size(self) -> u64 {
        u64::try_from(self.1).unwrap_or_default()
    }

    /// When it was last changed.
    pub fn modified(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(self.2).unwrap_or_default())
    }
}

/// A part of a text: as it stands, or a blank to be filled in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Piece<'a> {
    /// The same in every environment.
    Plain(&'a str),
    /// The environment's path.
    Path(Spelling),
    /// The environment's name.
    Name(Spelling),
    /// The prompt, with `(` and `) ` around it inside the quotes or not.
    Prompt(Spelling, bool),
    /// The `#!` line of a console script and the path of its interpreter in the environment. The third part tells
    /// that an empty line follows a plain one, as old distlib writes it; the fourth is the quote of a trampoline.
    Shebang(String, String, bool, u8),
    /// Hash and size of a text of this environment, as RECORD has them.
    Digest(PathBuf),
    /// `true` or `false`: whether the interpreter's packages are seen.
    SystemSitePackages,
    /// The same as an option of venv.
    SystemSitePackagesOption,
    /// The line of pyvenv.cfg that holds a prompt of the user's.
    PromptLine,
    /// The same as an option of venv.
    PromptOption,
}

/// How venv writes a word into a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Spelling {
    /// As it is.
    Raw,
    /// As Python's `shlex.quote` does.
    Shell,
    /// In single quotes, doubled inside.
    PowerShell,
}

impl Spelling {
    const ALL: [Self; 3] = [Self::Shell, Self::PowerShell, Self::Raw];

    fn spell(self, word: &str) -> String {
        let is_safe = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./-_".contains(letter);
        match self {
            Self::Raw => word.to_owned(),
            Self::Shell if !word.is_empty() && word.chars().all(is_safe) => word.to_owned(),
            Self::Shell => format!("'{}'", word.replace('\'', "'\"'\"'")),
            Self::PowerShell => format!("'{}'", word.replace('\'', "''")),
        }
    }
}

/// What is filled into the blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filling<'a> {
    /// The environment's absolute path.
    pub root: &'a str,
    /// Its name, the last part of the path.
    pub name: &'a str,
    /// A prompt of the user's.
    pub prompt: Option<&'a str>,
    /// Whether it sees the interpreter's packages.
    pub system_site_packages: bool,
}

impl Filling<'_> {
    /// Whether venv's texts come out with this filling as venv writes them; else venv has to do it.
    pub(crate) fn is_plain(&self) -> bool {
        // In old interpreters' double quotes these would act, and Python's repr would escape some.
        let plain = |word: &str| !word.chars().any(|letter| "\"$`\\".contains(letter) || letter.is_control());
        let printable = |word: &str| word.is_ascii();
        plain(self.root)
            && self
                .prompt
                .is_none_or(|prompt| plain(prompt) && printable(prompt) && !["", "."].contains(&prompt))
    }

    /// The text that `pieces` make; `text_of` gives the other texts of the same environment, for their digests.
    pub(crate) fn fill(&self, pieces: &[Piece<'_>], text_of: impl Fn(&Path) -> Option<Vec<u8>>) -> Vec<u8> {
        let mut text = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Plain(plain) => text.extend_from_slice(plain.as_bytes()),
                Piece::Path(spelling) => text.extend_from_slice(spelling.spell(self.root).as_bytes()),
                Piece::Name(spelling) => text.extend_from_slice(spelling.spell(self.name).as_bytes()),
                Piece::Prompt(spelling, parentheses) => {
                    let prompt = self.prompt.unwrap_or(self.name);
                    let word = if *parentheses { format!("({prompt}) ") } else { prompt.to_owned() };
                    text.extend_from_slice(spelling.spell(&word).as_bytes());
                }
                Piece::Shebang(interpreter, arguments, empty_line, quote) => {
                    let interpreter = format!("{}/{interpreter}", self.root).into_bytes();
                    let shebang = Shebang {
                        interpreter: [].as_slice().into(),
                        arguments: arguments.as_bytes(),
                        quote: *quote,
                    };
                    let line = shebang.with(&interpreter);
                    let is_plain = !line.starts_with(TRAMPOLINE);
                    text.extend_from_slice(&line);
                    text.extend_from_slice(if *empty_line && is_plain { b"\n" } else { b"" });
                }
                Piece::Digest(path) => {
                    text.extend_from_slice(digest(&text_of(path).unwrap_or_default()).as_bytes());
                }
                Piece::SystemSitePackages => {
                    text.extend_from_slice(self.system_site_packages.to_string().as_bytes());
                }
                Piece::SystemSitePackagesOption if self.system_site_packages => {
                    text.extend_from_slice(b" --system-site-packages");
                }
                Piece::PromptLine => {
                    let line =
                        self.prompt.map(|prompt| format!("prompt = {}\n", repr(prompt))).unwrap_or_default();
                    text.extend_from_slice(line.as_bytes());
                }
                Piece::PromptOption => {
                    let option =
                        self.prompt.map(|prompt| format!(" --prompt=\"{prompt}\"")).unwrap_or_default();
                    text.extend_from_slice(option.as_bytes());
                }
                Piece::SystemSitePackagesOption => {}
            }
        }
        text
    }

    /// The pieces of a text that was made with this filling: the first of every blank that fits, from left to
    /// right. Root, name and prompt must each hold a blank and a `'`, so that every spelling is another text.
    pub(crate) fn pieces<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
        let prompt = self.prompt.unwrap_or(self.name);
        let mut blanks: Vec<(String, Piece<'a>)> = Vec::new();
        for spelling in Spelling::ALL {
            blanks.push((spelling.spell(self.root), Piece::Path(spelling)));
            let with_parentheses = spelling.spell(&format!("({prompt}) "));
            if spelling != Spelling::Raw {
                blanks.push((with_parentheses, Piece::Prompt(spelling, true)));
            }
            blanks.push((spelling.spell(prompt), Piece::Prompt(spelling, false)));
            blanks.push((spelling.spell(self.name), Piece::Name(spelling)));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((start, blank, piece)) = blanks
            .iter()
            .filter_map(|(blank, piece)| Some((rest.find(blank.as_str())?, blank, piece)))
            .min_by_key(|(start, ..)| *start)
        {
            pieces.push(Piece::Plain(&rest[..start]));
            pieces.push(piece.clone());
            rest = &rest[start + blank.len()..];
        }
        pieces.push(Piece::Plain(rest));
        pieces
    }
}

/// A word as Python's `repr` shows it, for words that need no escapes.
pub(crate) fn repr(word: &str) -> String {
    if word.contains('\'') { format!("\"{word}\"") } else { format!("'{word}'") }
}
