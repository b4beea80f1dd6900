//! What is said to the shell that asked: calls of its shim's verbs, one a line, every word quoted.

mod line;
mod offer;
pub(crate) mod quote;
mod typed;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

pub(crate) use line::Line;
pub(crate) use offer::{Candidate, Offer, Otherwise};
pub(crate) use typed::Typed;

/// A shell that people type in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    // ksh93; its shim serves mksh too
    Ksh,
    Mksh,
    Fish,
}

impl Shell {
    /// The shell that `$VENVYARD_SHELL`, or the last part of `$SHELL`, names.
    pub fn named(name: &OsStr) -> Option<Self> {
        let name = if name == "ksh93" { OsStr::new("ksh") } else { name };
        [Self::Bash, Self::Zsh, Self::Ksh, Self::Mksh, Self::Fish]
            .into_iter()
            .find(|shell| shell.name() == name)
    }

    /// What it is called, here and as a program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Ksh => "ksh",
            Self::Mksh => "mksh",
            Self::Fish => "fish",
        }
    }

    /// Its shim: the text that defines our commands when the shell sources it, and that of the verbs, which is read
    /// when the first command is typed.
    pub fn shim(self) -> (&'static str, &'static str) {
        match self {
            Self::Bash | Self::Zsh | Self::Ksh | Self::Mksh => {
                (include_str!("../../shell/venvyard.sh"), include_str!("../../shell/verbs.sh"))
            }
            Self::Fish => (include_str!("../../shell/venvyard.fish"), include_str!("../../shell/verbs.fish")),
        }
    }

    /// Its glue for tab completion, which asks the program; bash's where there is none.
    pub(crate) fn completion(self) -> &'static str {
        match self {
            Self::Bash | Self::Ksh | Self::Mksh => include_str!("../../completions/venvyard.bash"),
            Self::Zsh => include_str!("../../completions/_venvyard"),
            Self::Fish => include_str!("../../completions/venvyard.fish"),
        }
    }

    /// `word` as this shell reads it back, byte for byte.
    pub(crate) fn quoted(self, word: &OsStr) -> Vec<u8> {
        match self {
            Self::Bash | Self::Zsh | Self::Ksh | Self::Mksh => quote::posix(word.as_bytes()),
            Self::Fish => quote::fish(word.as_bytes()),
        }
    }
}

/// virtualenvwrapper.sh, for those who name it in their rc files; it reads the shim.
pub(crate) const DROP_IN: &str = include_str!("../../shell/virtualenvwrapper.sh");

/// The helpers of virtualenvwrapper.sh that are seldom called; it asks for them when the first one is.
pub(crate) const HELPERS: &str = include_str!("../../shell/helpers.sh");

/// The shim that started us and will run our answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shim {
    /// Which shell it is.
    pub shell: Shell,
    /// Whether what it prints goes to a terminal.
    pub terminal: bool,
}

/// One thing that only the live shell can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Leave the active environment, if there is one, with its hooks; `next` is where the shell goes. A temporary one is
    /// removed, unless it is the next.
    Deactivate { next: PathBuf },
    /// Source ROOT's own activate script; the global hooks for its deactivation lie in `hooks`.
    Activate { root: PathBuf, hooks: PathBuf },
    /// The active environment was moved to ROOT: be in it there, without hooks.
    Follow { root: PathBuf, hooks: PathBuf },
    /// Source the `initialize` hook, then do the command `words`, which its settings concern.
    Initialize { file: PathBuf, words: Vec<OsString> },
    /// Source a hook.
    Source { file: PathBuf, event: &'static str },
    /// Run a hook that is a program; its status counts for nothing.
    Hook { directory: PathBuf, program: PathBuf, arguments: Vec<OsString> },
    /// Run a program in the foreground; its failure is the command's.
    Run { directory: PathBuf, words: Vec<OsString> },
    /// What people type: a program, a function or an alias; its failure is the command's.
    Command { words: Vec<OsString> },
    /// Do a step in a subshell in which ROOT is active, without hooks, from its directory.
    Inside { root: PathBuf, step: Box<Step> },
    /// Where pip keeps downloads until the environment is left, unless the user has a place for them.
    Cache(PathBuf),
    /// Change directory.
    Chdir(PathBuf),
    /// Variables, exported until the command ends, however it ends.
    Lend(Vec<(&'static str, OsString)>),
    /// Set and export a variable.
    Export { name: &'static str, value: OsString },
    /// Unset a variable.
    Unset { name: &'static str },
    /// Print a text and a line's end on stdout.
    Print(OsString),
    /// Say on stderr what to type.
    Hint(String),
}

impl Step {
    /// Prints `text`; of a line's end that it ends in there is one, not two.
    pub fn print(text: impl Into<OsString>) -> Self {
        let mut bytes = text.into().into_vec();
        bytes.pop_if(|last| *last == b'\n');
        Self::Print(OsString::from_vec(bytes))
    }

    /// The verb and its words, unquoted.
    fn words(&self) -> Vec<&OsStr> {
        fn list<'a>(verb: &'static str, words: impl IntoIterator<Item = &'a OsStr>) -> Vec<&'a OsStr> {
            std::iter::once(OsStr::new(verb)).chain(words).collect()
        }
        match self {
            Self::Deactivate { next } => list("__venvyard_deactivate", [next.as_ref()]),
            Self::Activate { root, hooks } => list("__venvyard_activate", [root.as_ref(), hooks.as_ref()]),
            Self::Source { file, event } => list("__venvyard_source", [file.as_ref(), OsStr::new(event)]),
            Self::Follow { root, hooks } => list("__venvyard_follow", [root.as_ref(), hooks.as_ref()]),
            Self::Initialize { file, words } => {
                let file = std::iter::once(file.as_os_str());
                list("__venvyard_initialize", file.chain(words.iter().map(OsString::as_os_str)))
            }
            Self::Command { words } => list("__venvyard_command", words.iter().map(OsString::as_os_str)),
            Self::Hook { directory, program, arguments } => {
                let start = [directory.as_os_str(), program.as_os_str()].into_iter();
                list("__venvyard_hook", start.chain(arguments.iter().map(OsString::as_os_str)))
            }
            Self::Run { directory, words } => {
                let directory = std::iter::once(directory.as_os_str());
                list("__venvyard_run", directory.chain(words.iter().map(OsString::as_os_str)))
            }
            Self::Inside { root, step } => {
                list("__venvyard_inside", std::iter::once(root.as_os_str()).chain(step.words()))
            }
            Self::Cache(directory) => list("__venvyard_cache", [directory.as_ref()]),
            Self::Chdir(directory) => list("__venvyard_chdir", [directory.as_ref()]),
            Self::Lend(variables) => {
                let words = variables.iter().flat_map(|(name, value)| [OsStr::new(name), value.as_os_str()]);
                list("__venvyard_lend", words)
            }
            Self::Export { name, value } => list("__venvyard_export", [OsStr::new(name), value.as_os_str()]),
            Self::Unset { name } => list("__venvyard_unset", [OsStr::new(name)]),
            Self::Print(text) => list("__venvyard_print", [text.as_os_str()]),
            Self::Hint(text) => list("__venvyard_hint", [OsStr::new(text)]),
        }
    }

    /// Whether an environment's activate script is sourced in it.
    pub fn enters(&self) -> bool {
        matches!(self, Self::Activate { .. } | Self::Follow { .. } | Self::Inside { .. })
    }

    /// Whether it is a hook.
    pub fn is_hook(&self) -> bool {
        matches!(
            self,
            Self::Source { .. } | Self::Hook { .. } | Self::Inside { .. } | Self::Initialize { .. }
        )
    }

    /// Whether code of the user's or a package's runs in it, which may write to hook files.
    pub fn may_write_hooks(&self) -> bool {
        matches!(self, Self::Source { .. } | Self::Hook { .. } | Self::Run { .. })
    }

    /// The step as the shim of `shell` reads it: `verb 'word' 'word'`.
    pub fn spelled(&self, shell: Shell) -> Vec<u8> {
        let mut line = Vec::new();
        for (position, word) in self.words().into_iter().enumerate() {
            match position {
                0 => line.extend_from_slice(word.as_bytes()),
                _ => {
                    line.push(b' ');
                    line.extend_from_slice(&shell.quoted(word));
                }
            }
        }
        line
    }
}

/// The whole answer: the steps in order, each only if the one before succeeded, then what the command
/// returns. The shim takes the last line for the mark that nothing was cut off.
pub(crate) fn script(steps: &[Step], status: u8, shell: Shell) -> Vec<u8> {
    let mut text = Vec::new();
    for step in steps {
        text.extend_from_slice(&step.spelled(shell));
        text.extend_from_slice(b" &&\n");
    }
    text.extend_from_slice(format!("__venvyard_status '{status}'\n").as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_verbs_and_quoted_words_and_ends_in_its_status() {
        let steps = [
            Step::Deactivate { next: "/home/ann/it's".into() },
            Step::Activate { root: "/home/ann/it's".into(), hooks: "/home/ann".into() },
            Step::Inside { root: "/e".into(), step: Box::new(Step::Print("x y".into())) },
        ];
        let text = String::from_utf8(script(&steps, 1, Shell::Zsh)).unwrap();
        assert_eq!(
            text,
            "__venvyard_deactivate '/home/ann/it'\\''s' &&\n\
             __venvyard_activate '/home/ann/it'\\''s' '/home/ann' &&\n\
             __venvyard_inside '/e' '__venvyard_print' 'x y' &&\n\
             __venvyard_status '1'\n"
        );
    }

    #[test]
    fn fish_gets_the_same_verbs_in_its_own_quotes() {
        let text = script(&[Step::Chdir("/home/ann/it's".into())], 0, Shell::Fish);
        assert_eq!(text, b"__venvyard_chdir '/home/ann/it\\'s' &&\n__venvyard_status '0'\n");
    }
}
