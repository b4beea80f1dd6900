//! `venvyard init SHELL`: the shim, with this program's path in it.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::plan::Plan;
use crate::shell::{DROP_IN, HELPERS, Shell};

const MORE: &str = "\
In ~/.bashrc:
  eval \"$(venvyard init bash)\"

In ~/.zshrc:
  eval \"$(venvyard init zsh)\"

In ~/.config/fish/config.fish:
  venvyard init fish | source";

/// Print the shell code that defines the commands
#[derive(Debug, clap::Args)]
#[command(after_help = MORE)]
pub struct Args {
    /// The shell that will read it
    shell: Shell,

    /// The absolute path of the program that it calls [default: this one]
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,

    /// The absolute path of verbs.sh (fish: verbs.fish), to be read when needed [default: print it too]
    #[arg(long, value_name = "PATH")]
    verbs: Option<PathBuf>,

    /// The absolute path of venvyard.sh: print virtualenvwrapper.sh, which reads it
    #[arg(long, value_name = "PATH", hide = true)]
    virtualenvwrapper: Option<PathBuf>,

    /// Print the helpers of virtualenvwrapper.sh that are seldom called
    #[arg(long, hide = true)]
    helpers: bool,
}

impl Args {
    /// A report of the shim, its blanks filled in.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        if self.helpers {
            return Ok(Plan::report(HELPERS));
        }
        let (shim, verbs) = self.shell.shim();
        let program = self.program.unwrap_or_else(|| context.executable().to_path_buf());
        let assignment = |name: &str, value: &str| match self.shell {
            Shell::Fish => format!("\nset -gu __venvyard_{name} {value}\n"),
            Shell::Bash | Shell::Zsh | Shell::Ksh | Shell::Mksh => format!("\n__venvyard_{name}={value}\n"),
        };
        let blank = |name: &str| assignment(name, "''");
        let filling = |name: &str, value: &OsStr| -> Result<String> {
            let value = String::from_utf8(self.shell.quoted(value)).context("the path is not UTF-8")?;
            Ok(assignment(name, &value))
        };
        if let Some(file) = self.virtualenvwrapper {
            let filled = DROP_IN.replacen(&blank("shim"), &filling("shim", file.as_os_str())?, 1);
            return Ok(Plan::report(uncommented(&filled)));
        }
        let filled = shim.replacen(&blank("exe"), &filling("exe", program.as_os_str())?, 1).replacen(
            &blank("system"),
            &filling("system", OsStr::new(SYSTEM))?,
            1,
        );
        let filled = match self.verbs {
            Some(file) => filled.replacen(&blank("verbs"), &filling("verbs", file.as_os_str())?, 1),
            None => filled.replacen("\n# @verbs\n", &format!("\n{verbs}\n"), 1),
        };
        let filled = uncommented(&filled);
        Ok(Plan::report(if self.shell == Shell::Zsh { unaliased(&filled) } else { filled }))
    }
}

/// The text without its blank lines and those of comments, which every starting shell would read: zsh makes two system
/// calls for a line.
fn uncommented(text: &str) -> String {
    let is_code = |line: &&str| !matches!(line.trim_start().bytes().next(), None | Some(b'#'));
    let head = "# Printed by `venvyard init`; its source has comments.\n";
    std::iter::once(head).chain(text.split_inclusive('\n').filter(is_code)).collect()
}

/// The shim with `function` before every definition of a name that people may have an alias of. zsh's
/// `eval` parses the whole text before it runs the first line, so that no `unalias` in it comes in time.
fn unaliased(shim: &str) -> String {
    let line = |line: &str| {
        let start = line.trim_start();
        let indent = &line[..line.len() - start.len()];
        match start.split_once("() {") {
            Some((name, _)) if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                format!("{indent}function {start}")
            }
            _ => line.to_owned(),
        }
    };
    shim.split_inclusive('\n').map(line).collect()
}

/// What `uname` prints on the system that this program was built for.
const SYSTEM: &str = if cfg!(target_os = "macos") {
    "Darwin"
} else if cfg!(target_os = "linux") {
    "Linux"
} else {
    ""
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;

    #[test]
    fn the_shim_calls_the_program_by_its_absolute_path() {
        let context = Context::new(Surroundings { executable: "/o'p/venvyard".into(), ..Default::default() });
        let plan =
            Args { shell: Shell::Bash, program: None, verbs: None, virtualenvwrapper: None, helpers: false }
                .plan(&context)
                .unwrap();
        let Answer::Report(text) = plan.answer else { panic!("not a report") };
        let text = text.into_string().unwrap();
        assert!(text.contains("\n__venvyard_exe='/o'\\''p/venvyard'\n"));
        assert!(!text.contains("\n__venvyard_system=''\n"));
    }

    #[test]
    fn in_zsh_no_alias_can_spoil_a_definition() {
        let context = Context::new(Surroundings { executable: "/venvyard".into(), ..Default::default() });
        let plan =
            Args { shell: Shell::Zsh, program: None, verbs: None, virtualenvwrapper: None, helpers: false }
                .plan(&context)
                .unwrap();
        let Answer::Report(text) = plan.answer else { panic!("not a report") };
        let text = text.into_string().unwrap();
        for definition in ["\nfunction workon() {", "\n    function deactivate() {", "\n__venvyard() {"] {
            assert!(text.contains(definition), "{definition}");
        }
    }

    #[test]
    fn the_verbs_are_printed_or_named() {
        let context = Context::new(Surroundings::default());
        let text = |verbs: Option<&str>| {
            let args = Args {
                shell: Shell::Bash,
                program: None,
                verbs: verbs.map(PathBuf::from),
                virtualenvwrapper: None,
                helpers: false,
            };
            let Answer::Report(text) = args.plan(&context).unwrap().answer else { panic!("not a report") };
            text.into_string().unwrap()
        };
        assert!(text(None).contains("\n__venvyard_activate() {"));
        let named = text(Some("/share/verbs.sh"));
        assert!(
            named.contains("\n__venvyard_verbs='/share/verbs.sh'\n")
                && !named.contains("\n__venvyard_activate() {")
        );
    }

    #[test]
    fn the_drop_in_reads_the_shim_that_is_named() {
        let context = Context::new(Surroundings::default());
        let virtualenvwrapper = Some("/it's/venvyard.sh".into());
        let args = Args { shell: Shell::Bash, program: None, verbs: None, virtualenvwrapper, helpers: false };
        let Answer::Report(text) = args.plan(&context).unwrap().answer else { panic!("not a report") };
        assert!(text.into_string().unwrap().contains("\n__venvyard_shim='/it'\\''s/venvyard.sh'\n"));
    }

    #[test]
    fn lines_without_code_are_left_out() {
        let text = uncommented("# why\n\ncase $1 in # so\n    # that\n'#'*) ;;\nesac\n");
        assert_eq!(text.split_once('\n').expect("a head").1, "case $1 in # so\n'#'*) ;;\nesac\n");
    }

    #[test]
    fn fish_gets_its_own_shim_in_its_own_quotes() {
        let context = Context::new(Surroundings { executable: "/o'p/venvyard".into(), ..Default::default() });
        let plan =
            Args { shell: Shell::Fish, program: None, verbs: None, virtualenvwrapper: None, helpers: false }
                .plan(&context)
                .unwrap();
        let Answer::Report(text) = plan.answer else { panic!("not a report") };
        let text = text.into_string().unwrap();
        assert!(text.contains("\nset -gu __venvyard_exe '/o\\'p/venvyard'\n"));
        assert!(text.contains("\nfunction __venvyard_activate #"));
    }
}
