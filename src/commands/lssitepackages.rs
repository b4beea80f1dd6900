//! `lssitepackages [OPTION...]`: what lies in the site-packages of the active environment.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::plan::Plan;
use crate::shell::Step;
use crate::venv::shown;

const MORE: &str = "\
Options go to ls. What add2virtualenv has added is told too.

Examples:
  lssitepackages
  lssitepackages -lh";

/// List the site-packages of the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "lssitepackages [OPTIONS OF ls]", after_help = MORE, disable_help_flag = true)]
pub struct Args {
    /// Options for ls
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,

    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

impl Args {
    /// The step that runs ls; where no shell can do that and no option asks for it, a report of the names.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let venv = context.require_active()?;
        let (packages, added) = (venv.own_site_packages()?, venv.path_file()?);
        let added = fs::read(&added).ok().map(|paths| section(&added, &paths));
        if context.shim().is_none() && self.options.is_empty() {
            let mut text = names(&packages)?;
            text.push(added.unwrap_or_default());
            return Ok(Plan::report(text));
        }
        let directory = context.directory().unwrap_or(&packages).to_path_buf();
        let words = [vec!["ls".into()], self.options, vec![packages.into()]].concat();
        let mut steps = vec![Step::Run { directory, words }];
        steps.extend(added.map(Step::print));
        Ok(Plan::script(steps))
    }
}

/// The path file under its name, apart from what stands before.
fn section(file: &Path, contents: &[u8]) -> OsString {
    let mut text = b"\n".to_vec();
    text.extend_from_slice(file.file_name().unwrap_or_default().as_bytes());
    text.extend_from_slice(b":\n");
    text.extend_from_slice(contents);
    OsString::from_vec(text)
}

/// The names as `ls` has them, one a line.
fn names(directory: &PathBuf) -> Result<OsString> {
    let entries = fs::read_dir(directory).with_context(|| format!("cannot list {}", shown(directory)))?;
    let mut names: Vec<OsString> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.retain(|name| !name.as_bytes().starts_with(b"."));
    names.sort();
    let lines = names.iter().flat_map(|name| [name.as_os_str(), OsStr::new("\n")]);
    Ok(lines.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;

    fn plan(root: &Path, shell: &str, options: &[&str]) -> Plan {
        let variables = [("VIRTUAL_ENV", root), ("VENVYARD_SHELL", Path::new(shell))];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let directory = Some("/work".into());
        let context = Context::new(Surroundings { variables, directory, ..Default::default() });
        let options = options.iter().map(OsString::from).collect();
        Args { options, help: None }.plan(&context).unwrap()
    }

    #[test]
    fn a_shell_runs_ls_and_without_one_names_are_reported() {
        let root = tempfile::tempdir().unwrap();
        let packages = root.path().join("lib/python3.11/site-packages");
        for name in ["shop", "pip", ".hidden"] {
            fs::create_dir_all(packages.join(name)).unwrap();
        }
        let run = |words: &[&str]| {
            let words = words.iter().map(OsString::from).chain([packages.clone().into()]).collect();
            Step::Run { directory: "/work".into(), words }
        };
        assert_eq!(plan(root.path(), "bash", &[]), Plan::script(vec![run(&["ls"])]));
        assert_eq!(plan(root.path(), "bash", &["-l", "-h"]), Plan::script(vec![run(&["ls", "-l", "-h"])]));
        assert_eq!(plan(root.path(), "", &[]), Plan::report("pip\nshop\n"));

        fs::write(packages.join("_virtualenv_path_extensions.pth"), "import sys\n/src\n").unwrap();
        let added = "\n_virtualenv_path_extensions.pth:\nimport sys\n/src";
        let steps = vec![run(&["ls"]), Step::Print(added.into())];
        assert_eq!(plan(root.path(), "bash", &[]), Plan::script(steps));
        let text = format!("_virtualenv_path_extensions.pth\npip\nshop\n{added}\n");
        assert_eq!(plan(root.path(), "", &[]), Plan::report(text));
    }
}
