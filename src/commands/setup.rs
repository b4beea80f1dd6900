//! `venvyard setup [SHELL]`: the line in the rc file that loads the commands.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::plan::{Effect, Plan};
use crate::shell::Shell;
use crate::shell::quote::typed;
use crate::venv::shown;

const MORE: &str = "\
Examples:
  venvyard setup             for your login shell
  venvyard setup zsh
  venvyard setup --remove bash";

/// Load the commands in every new shell, by a line in your rc file
#[derive(Debug, clap::Args)]
#[command(after_help = MORE)]
pub struct Args {
    /// The shell [default: your login shell]
    shell: Option<Shell>,

    /// Take the line out again
    #[arg(long)]
    remove: bool,

    /// Only print the line
    #[arg(long, conflicts_with = "remove")]
    print: bool,
}

/// What ends our line in an rc file.
const MARK: &str = "# venvyard setup";

impl Args {
    /// The new text of the rc file, if it changes.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let shell = self.shell.or_else(|| context.login_shell());
        let shell = shell.context("Your login shell is none that we know.\nhint: venvyard setup bash")?;
        let line = if self.remove { None } else { Some(line(shell, context.executable())?) };
        if let Some(line) = line.as_ref().filter(|_| self.print) {
            return Ok(Plan::report(line));
        }
        let file = context.rc_file(shell)?;
        let old = match fs::read(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            result => result.with_context(|| format!("cannot read {}", shown(&file)))?,
        };
        let new = edited(&old, line.as_deref());
        let (shown, typed) = (shown(&file), typed(file.as_os_str()));
        if new == old {
            let state = if self.remove { "holds no line of ours" } else { "loads the commands already" };
            return Ok(Plan::report(format!("{shown} {state}.")));
        }
        let mut text = match self.remove {
            true => format!("Took our line out of {shown}."),
            false => {
                let source = if shell == Shell::Fish { "source" } else { "." };
                format!("{shown} now loads the commands in every new shell. In this one:\n  {source} {typed}")
            }
        };
        // Some systems call mksh ksh.
        if shell == Shell::Ksh {
            text.push_str("\nThat is for ksh93; mksh reads another file:\n  venvyard setup");
            text.push_str(if self.remove { " --remove mksh" } else { " mksh" });
        }
        Ok(Plan::report(text).after(vec![Effect::Write { path: file, contents: new }]))
    }
}

/// The line that loads the shim: the installed file if there is one, which costs no process.
fn line(shell: Shell, executable: &Path) -> Result<String> {
    let quoted = |path: &Path| String::from_utf8(shell.quoted(path.as_os_str()));
    let share = executable.parent().map(|bin| bin.with_file_name("share").join("venvyard"));
    let shim = if shell == Shell::Fish { "venvyard.fish" } else { "venvyard.sh" };
    let installed = share.map(|share| share.join(shim)).filter(|file| file.is_file());
    let line = match installed {
        Some(file) => {
            let file = quoted(&file).context("the path of the shim is not UTF-8")?;
            match shell {
                Shell::Fish => format!("test -r {file}; and source {file}"),
                _ => format!("if [ -r {file} ]; then . {file}; fi"),
            }
        }
        None => {
            let program = quoted(executable).context("the path of this program is not UTF-8")?;
            match shell {
                Shell::Fish => format!("test -x {program}; and {program} init fish | source"),
                _ => format!("if [ -x {program} ]; then eval \"$({program} init {})\"; fi", shell.name()),
            }
        }
    };
    Ok(format!("{line} {MARK}"))
}

/// The rc file's text with our line once, where it stood or at the end; or without it.
fn edited(text: &[u8], line: Option<&str>) -> Vec<u8> {
    let mut line = line;
    let mut edited = Vec::with_capacity(text.len() + 200);
    for old in text.split_inclusive(|&byte| byte == b'\n') {
        if old.trim_ascii_end().ends_with(MARK.as_bytes()) {
            if let Some(line) = line.take() {
                edited.extend_from_slice(line.as_bytes());
                edited.push(b'\n');
            }
        } else {
            edited.extend_from_slice(old);
        }
    }
    if let Some(line) = line {
        if edited.last().is_some_and(|&last| last != b'\n') {
            edited.push(b'\n');
        }
        edited.extend_from_slice(line.as_bytes());
        edited.push(b'\n');
    }
    edited
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_written_once_and_taken_out_without_a_trace() {
        let line = format!(". x {MARK}");
        let first = edited(b"alias l=ls", Some(&line));
        assert_eq!(first, format!("alias l=ls\n. x {MARK}\n").as_bytes());
        assert_eq!(edited(&first, Some(&line)), first);
        assert_eq!(edited(&first, None), b"alias l=ls\n");
        let other = format!(". y {MARK}");
        assert_eq!(edited(&first, Some(&other)), format!("alias l=ls\n. y {MARK}\n").as_bytes());
    }

    #[test]
    fn fish_has_words_of_its_own() {
        let line = line(Shell::Fish, Path::new("/o'p/bin/venvyard")).unwrap();
        assert_eq!(
            line,
            "test -x '/o\\'p/bin/venvyard'; and '/o\\'p/bin/venvyard' init fish | source # venvyard setup"
        );
    }

    #[test]
    fn without_an_installed_shim_the_program_prints_it() {
        let line = line(Shell::Zsh, Path::new("/o p/bin/venvyard")).unwrap();
        assert_eq!(
            line,
            "if [ -x '/o p/bin/venvyard' ]; then eval \"$('/o p/bin/venvyard' init zsh)\"; fi # venvyard setup"
        );
    }
}
