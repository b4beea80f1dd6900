//! `add2virtualenv DIR...`: directories from which the active environment imports too.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::{Effect, Plan};
use crate::shell::quote::typed;
use crate::venv::shown;

const MORE: &str = "\
They are written to _virtualenv_path_extensions.pth in site-packages, where Python finds
them before what is installed, the last one added first. Without a directory those that
are there are listed, and the status is 1.

Examples:
  add2virtualenv ~/src/library
  add2virtualenv -d ~/src/library     take it out again
  add2virtualenv                      which are there?";

/// Add directories to the import path of the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "add2virtualenv [-d] DIR...", after_help = MORE)]
pub struct Args {
    /// Take the directories out
    #[arg(short = 'd', long)]
    delete: bool,

    /// The directories
    directories: Vec<OsString>,
}

impl Args {
    /// The change of the path file; without directories a report of those in it.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let venv = context.require_active()?;
        let file = venv.path_file()?;
        if self.directories.is_empty() {
            return Ok(usage(&file).status(1));
        }
        let mut effects = Vec::new();
        let mut paths = Vec::new();
        for word in &self.directories {
            let path = absolute(word, context)?;
            if path.as_os_str() != word {
                let (word, path) = (shown(word), shown(&path));
                effects.push(Effect::Say(format!("Warning: Converting \"{word}\" to \"{path}\"")));
            }
            if !self.delete {
                refuse_more_than_a_path(&path)?;
                effects.extend(missing(&path));
            }
            paths.push(path);
        }
        let (add, remove) = if self.delete { (Vec::new(), paths) } else { (paths, Vec::new()) };
        effects.push(Effect::ExtendPath { file, add, remove });
        Ok(Plan::report("").after(effects))
    }
}

/// The directory that a word means; an empty one, as an unset variable leaves it, would be the working directory.
fn absolute(word: &OsStr, context: &Context) -> Result<PathBuf> {
    if word.is_empty() {
        bail!("An empty word names no directory.\nhint: add2virtualenv .");
    }
    context.path(word)
}

/// Refuses a path that Python would read as something else: what ends a line ends it, in some versions at letters that
/// no editor shows; blanks at its end are dropped; one path that is not UTF-8 stops the interpreter.
fn refuse_more_than_a_path(path: &Path) -> Result<()> {
    let ends_line = |letter: char| letter.is_control() || "\u{2028}\u{2029}".contains(letter);
    let why = match path.to_str() {
        None => "is not UTF-8",
        Some(text) if text.contains(ends_line) => "holds what may end a line",
        Some(text) if text.ends_with(char::is_whitespace) => "ends in a blank",
        Some(_) => return Ok(()),
    };
    let wholesome = path.to_string_lossy().replace(|letter| ends_line(letter) || letter == '\u{fffd}', "-");
    bail!(
        "\"{}\" {why}, so that Python would read another path.\nhint: mv {} {}",
        shown(path),
        typed(path.as_os_str()),
        typed(wholesome.trim_end().as_ref())
    );
}

/// A warning that nothing is at `path`, as yet; a directory or an archive may come.
fn missing(path: &Path) -> Option<Effect> {
    let text = || format!("WARNING: {} does not exist; Python skips it until it does.", shown(path));
    (!path.exists()).then(|| Effect::Say(text()))
}

/// How to type it, and the directories that are there.
fn usage(file: &Path) -> Plan {
    let mut text = b"Usage: add2virtualenv dir [dir ...]\n".to_vec();
    if let Ok(old) = fs::read(file) {
        text.extend_from_slice(b"\nExisting paths:\n");
        let lines = old.split_inclusive(|&byte| byte == b'\n');
        text.extend(lines.filter(|line| !line.starts_with(b"import")).flatten());
    }
    Plan::report(OsString::from_vec(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use std::os::unix::ffi::OsStrExt;

    struct Lab {
        root: tempfile::TempDir,
    }

    impl Lab {
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir_all(root.path().join("lib/python3.11/site-packages")).unwrap();
            Self { root }
        }

        fn file(&self) -> PathBuf {
            self.root.path().join("lib/python3.11/site-packages/_virtualenv_path_extensions.pth")
        }

        fn plan(&self, delete: bool, words: &[&str]) -> Result<Plan> {
            let variables = [("VIRTUAL_ENV", self.root.path()), ("HOME", Path::new("/home/ann"))];
            let context = Context::new(Surroundings {
                variables: variables.map(|(name, value)| (name.into(), value.into())).into(),
                directory: Some("/usr".into()),
                ..Default::default()
            });
            Args { delete, directories: words.iter().map(OsString::from).collect() }.plan(&context)
        }
    }

    #[test]
    fn a_path_is_made_absolute_with_a_word_and_a_missing_one_is_told() {
        let lab = Lab::new();
        let plan = lab.plan(false, &["/usr", "../usr/lib", "~/gone"]).unwrap();
        let expected = [
            Effect::Say("Warning: Converting \"../usr/lib\" to \"/usr/lib\"".into()),
            Effect::Say("Warning: Converting \"~/gone\" to \"/home/ann/gone\"".into()),
            Effect::Say("WARNING: /home/ann/gone does not exist; Python skips it until it does.".into()),
            Effect::ExtendPath {
                file: lab.file(),
                add: ["/usr", "/usr/lib", "/home/ann/gone"].map(PathBuf::from).into(),
                remove: Vec::new(),
            },
        ];
        assert_eq!(plan.effects, expected);
    }

    #[test]
    fn what_is_taken_out_need_not_be_there() {
        let lab = Lab::new();
        let effects = lab.plan(true, &["/gone\nimport os"]).unwrap().effects;
        let remove = vec![PathBuf::from("/gone\nimport os")];
        assert_eq!(effects, [Effect::ExtendPath { file: lab.file(), add: Vec::new(), remove }]);
    }

    #[test]
    fn a_path_that_python_would_read_as_more_is_refused() {
        let lab = Lab::new();
        for word in ["/a\nimport os", "/a\rimport os", "/a\u{85}b", "/a\u{2028}import os", "/a ", ""] {
            assert!(lab.plan(false, &["/usr", word]).is_err(), "{word:?}");
        }
        let path = Path::new(OsStr::from_bytes(b"/\xff"));
        assert!(refuse_more_than_a_path(path).is_err());
    }

    #[test]
    fn alone_it_tells_its_usage_and_what_is_there() {
        let lab = Lab::new();
        let usage = "Usage: add2virtualenv dir [dir ...]\n";
        assert_eq!(lab.plan(false, &[]).unwrap(), Plan::report(usage).status(1));
        fs::write(lab.file(), "import sys\n/b\n/a\nimport sys\n").unwrap();
        let text = format!("{usage}\nExisting paths:\n/b\n/a\n");
        assert_eq!(lab.plan(true, &[]).unwrap(), Plan::report(text).status(1));
    }

    #[test]
    fn it_needs_an_environment_with_packages() {
        let lab = Lab::new();
        fs::remove_dir_all(lab.root.path().join("lib")).unwrap();
        assert!(lab.plan(false, &["/usr"]).unwrap_err().to_string().contains("site-packages directory"));
        fs::remove_dir(lab.root.path()).unwrap();
        assert!(lab.plan(false, &["/usr"]).unwrap_err().to_string().starts_with("no virtualenv active"));
    }
}
