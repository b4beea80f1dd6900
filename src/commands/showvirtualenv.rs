//! `showvirtualenv [NAME]`: one environment, with what its hooks tell.

use std::ffi::{OsStr, OsString};

use anyhow::Result;

use super::lsvirtualenv::details;
use crate::context::Context;
use crate::plan::Plan;
use crate::shell::Step;
use crate::venv::{Hook, Name, Venv};

const MORE: &str = "\
Without a name the active environment is shown. What there is to tell, the get_env_details
hooks say: the global one, then the environment's own. Where there is no such hook, its
path, the version of its Python and its project are told.

Examples:
  showvirtualenv blog
  showvirtualenv";

/// Show one environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "showvirtualenv [NAME]", after_help = MORE)]
pub struct Args {
    /// The environment [default: the active one]
    name: Option<OsString>,
}

impl Args {
    /// The steps that run the hooks; a report of the facts where none tells anything.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let venv = match self.name.filter(|name| !name.is_empty()) {
            Some(name) => context.home()?.find(&Name::existing(&name)?)?,
            None if context.active().is_none() => return Ok(Plan::report("showvirtualenv [env]").status(1)),
            None => context.require_active()?,
        };
        let name = venv.root().file_name().unwrap_or_default();
        let global = Hook::GetEnvDetails.runnable(&context.hooks()?);
        let (warnings, mut steps) = details(&global, &venv, name, context)?;
        if steps.is_empty() {
            return Ok(Plan::report(facts(&venv, context.project_file())).after(warnings));
        }
        steps.push(Step::print(""));
        Plan::script(steps).after(warnings).amid(|| context.hook_variables())
    }
}

/// What is known of an environment without asking anybody.
fn facts(venv: &Venv, project_file: &OsStr) -> OsString {
    let facts = [
        ("Path", Some(venv.root().as_os_str().to_owned())),
        ("Python", venv.version().map(OsString::from)),
        ("Project", venv.project(project_file).map(OsString::from)),
    ];
    let mut text = OsString::new();
    for (title, fact) in facts {
        let Some(fact) = fact else { continue };
        text.push(format!("{title}: "));
        text.push(fact);
        text.push("\n");
    }
    text.push("\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    fn home() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("blog");
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(root.join("bin/activate"), "").unwrap();
        (directory, root)
    }

    fn plan(name: Option<&str>, home: &Path, active: &Path) -> Result<Plan> {
        let variables = [
            ("WORKON_HOME", home),
            ("VIRTUAL_ENV", active),
            ("VENVYARD_SHELL", Path::new("bash")),
            ("XDG_CONFIG_HOME", Path::new("/nowhere")),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let context = Context::new(Surroundings { variables, ..Default::default() });
        Args { name: name.map(OsString::from) }.plan(&context)
    }

    #[test]
    fn without_a_hook_facts_are_told() {
        let (home, root) = home();
        let path = root.display();
        let expected = Plan::report(format!("Path: {path}\n\n"));
        assert_eq!(plan(Some("blog"), home.path(), Path::new("")).unwrap(), expected);
        fs::write(root.join("pyvenv.cfg"), "version = 3.11.7\n").unwrap();
        fs::write(root.join(".project"), "/src/blog\n").unwrap();
        let expected = Plan::report(format!("Path: {path}\nPython: 3.11.7\nProject: /src/blog\n\n"));
        assert_eq!(plan(None, home.path(), &root).unwrap(), expected);
    }

    #[test]
    fn hooks_tell_in_the_shell_as_it_is() {
        let (home, root) = home();
        for hook in [home.path().join("get_env_details"), root.join("bin/get_env_details")] {
            fs::write(&hook, "#!/bin/sh\necho\n").unwrap();
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let answer = plan(Some("blog/"), home.path(), Path::new("")).unwrap().answer;
        let Answer::Script(steps) = answer else { panic!("a report") };
        let programs = steps.iter().filter_map(|step| match step {
            Step::Hook { program, arguments, directory }
                if *arguments == ["blog"] && directory == home.path() =>
            {
                Some(program.clone())
            }
            _ => None,
        });
        let expected = [home.path().join("get_env_details"), root.join("bin/get_env_details")];
        assert_eq!(programs.collect::<Vec<_>>(), expected);
        assert_eq!(steps.last(), Some(&Step::Print("".into())));
    }

    #[test]
    fn without_a_name_one_must_be_active() {
        let (home, _root) = home();
        let usage = Plan::report("showvirtualenv [env]").status(1);
        assert_eq!(plan(None, home.path(), Path::new("")).unwrap(), usage);
        assert!(plan(None, home.path(), Path::new("/nowhere/blog")).is_err());
        let error = plan(Some("gone"), home.path(), Path::new("")).unwrap_err().to_string();
        assert!(error.starts_with("Environment 'gone' does not exist."), "{error}");
    }
}
