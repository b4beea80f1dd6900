//! `workon NAME`: leave the active environment, enter another, with all hooks.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::context::Context;
use crate::plan::{Effect, Plan};
use crate::shell::quote::typed;
use crate::shell::{Shell, Step};
use crate::venv::{Hook, Name, Runnable, Venv, shown};

const MORE: &str = "\
The active environment is deactivated first. Without a name all are listed, and the
status is 1.

Examples:
  workon            what environments are there?
  workon blog       activate blog and go to its project, if it has one
  workon -n blog    stay where you are
  workon .          the environment called like this directory";

/// Activate an environment, or list them
#[derive(Debug, clap::Args)]
#[command(override_usage = "workon [-c | -n] [NAME]", after_help = MORE)]
pub struct Args {
    /// The environment, or `.` for the one called like the working directory
    name: Option<OsString>,

    /// Go to the environment's project, whatever VIRTUALENVWRAPPER_WORKON_CD says
    #[arg(short, long, overrides_with = "no_cd")]
    cd: bool,

    /// Stay in this directory
    #[arg(short, long)]
    no_cd: bool,
}

impl Args {
    /// The steps into the environment; without a name a report of all.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let Some(name) = self.name.filter(|name| !name.is_empty()) else {
            return Ok(super::lsvirtualenv::brief(context)?.status(1));
        };
        let name = match name.as_encoded_bytes() {
            b"." => Name::existing(context.directory()?.file_name().context("This directory has no name.")?)?,
            _ => Name::existing(&name)?,
        };
        let venv = context.home()?.find(&name)?;
        if !venv.is_quoted(context.shell()) {
            let hint = if venv.acts() { format!("rmvirtualenv {}", name.typed()) } else { rewriting(&venv) };
            let root = shown(venv.root());
            bail!("The activate script of {root} would run as code a path that it names.\nhint: {hint}");
        }
        let script = venv.activate_for(context.shell());
        if !script.exists() {
            bail!("There is no {}.\nhint: {}", shown(&script), rewriting(&venv));
        }
        let cd = self.cd || !self.no_cd && context.cd_to_project()?;
        let mut effects: Vec<Effect> = without_python(&venv, &name).into_iter().collect();
        let project = venv.project(context.project_file());
        let entry = Entry { venv: &venv, name: name.as_os_str(), project: project.as_deref(), cd };
        let (warnings, steps) = entry.activation(context, false)?;
        effects.extend(warnings);
        Plan::script(steps).after(effects).amid(|| context.hook_variables())
    }
}

/// The command by which the interpreter of `venv` gives it activate scripts.
fn rewriting(venv: &Venv) -> String {
    let (python, root) = (venv.python(), typed(venv.root().as_os_str()));
    let python = typed(python.as_os_str());
    format!("{python} -m venv --without-pip {root}  # writes the activate scripts anew, packages stay")
}

/// A warning that the interpreter of `venv`, or of its copy `name`, is no longer there.
pub(super) fn without_python(venv: &Venv, name: &Name) -> Option<Effect> {
    let python = venv.vanished_python()?;
    let text = format!(
        "WARNING: {} is gone, so '{name}' has no Python.\n\
         hint: mkvirtualenv --clear {}  # makes it anew, without its packages",
        shown(python),
        name.typed()
    );
    Some(Effect::Say(text))
}

/// A warning that `venv` is not entered, since that would run what its path holds.
pub(super) fn left_out(venv: &Venv, name: &Name) -> Effect {
    Effect::Say(format!(
        "WARNING: '{name}' is left out: the activate script of {} would run as code a path that it names.",
        shown(venv.root())
    ))
}

/// An environment that is about to be entered.
pub(super) struct Entry<'a> {
    /// The environment.
    pub venv: &'a Venv,
    /// What it is called.
    pub name: &'a OsStr,
    /// Its project directory.
    pub project: Option<&'a Path>,
    /// Whether the shell goes to the project.
    pub cd: bool,
}

impl Entry<'_> {
    /// The steps from wherever the shell is into the environment, and warnings to be said before.
    ///
    /// `stirred` tells that a hook program runs before these steps. It may write to a hook that is a stub
    /// as yet, so that every one has to be looked at when its turn comes.
    pub(super) fn activation(&self, context: &Context, stirred: bool) -> Result<(Vec<Effect>, Vec<Step>)> {
        let (home, hooks, bin) = (context.home()?, context.hooks()?, self.venv.bin());
        let mut warnings = Vec::new();
        let mut steps = vec![Step::Deactivate { next: self.venv.root().to_path_buf() }];
        let mut stirred = stirred;
        for directory in [&hooks, &bin] {
            let program = match Hook::Preactivate.runnable(directory) {
                Runnable::Program(program) => program,
                Runnable::Nothing if stirred => directory.join(Hook::Preactivate.file()),
                Runnable::Nothing => continue,
                Runnable::Broken(why) => {
                    warnings.push(Effect::Say(format!("WARNING: {why}")));
                    continue;
                }
            };
            stirred = true;
            let (directory, arguments) = (home.path().to_path_buf(), vec![self.name.to_owned()]);
            steps.push(Step::Hook { directory, program, arguments });
        }
        steps.push(Step::Activate { root: self.venv.root().to_path_buf(), hooks: hooks.clone() });
        steps.extend(context.pip_cache()?.map(Step::Cache));
        if let Some(project) = self.project.filter(|_| self.cd) {
            if project.is_dir() {
                steps.push(Step::Chdir(project.to_path_buf()));
            } else {
                let text = format!("WARNING: The project directory {} does not exist.", shown(project));
                warnings.push(Effect::Say(text));
            }
        }
        let project_hooks = self.project.map(|project| project.join(".virtualenvwrapper"));
        let directories = [project_hooks.as_deref(), Some(hooks.as_path()), Some(bin.as_path())];
        let sourced: Vec<Step> = directories
            .into_iter()
            .flatten()
            .filter_map(|directory| sourced(Hook::Postactivate, directory, context.shell(), stirred))
            .collect();
        if !sourced.is_empty() {
            let name = "VIRTUALENVWRAPPER_PROJECT_CD";
            steps.push(Step::Export { name, value: if self.cd { "1".into() } else { "0".into() } });
            steps.extend(sourced);
            steps.push(Step::Unset { name });
        }
        Ok((warnings, steps))
    }
}

/// The step that runs the global `hook`, or the warning that it is broken; neither if it would do nothing.
pub(super) fn run(
    hook: Hook,
    arguments: Vec<OsString>,
    context: &Context,
) -> Result<(Option<Effect>, Option<Step>)> {
    Ok(match hook.runnable(&context.hooks()?) {
        Runnable::Nothing => (None, None),
        Runnable::Broken(why) => (Some(Effect::Say(format!("WARNING: {why}"))), None),
        Runnable::Program(program) => {
            let directory = context.home()?.path().to_path_buf();
            (None, Some(Step::Hook { directory, program, arguments }))
        }
    })
}

/// The step that sources `hook` in `directory`, unless that would do nothing.
pub(super) fn sourced(hook: Hook, directory: &Path, shell: Shell, stirred: bool) -> Option<Step> {
    let file = match hook.sourced(directory, shell) {
        Some(file) => file,
        None if stirred => hook.source(directory, shell),
        None => return None,
    };
    Some(Step::Source { file, event: hook.event() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    fn surroundings(home: &Path) -> Context {
        let variables = [("WORKON_HOME", home), ("XDG_CONFIG_HOME", Path::new("/nowhere"))];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        Context::new(Surroundings { variables, directory: Some(home.join("blog")), ..Default::default() })
    }

    fn home_with_blog() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("blog");
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(root.join("bin/activate"), "").unwrap();
        (directory, root)
    }

    fn steps(name: &str, home: &Path) -> Vec<Step> {
        let args = Args { name: Some(name.into()), cd: false, no_cd: false };
        match args.plan(&surroundings(home)).unwrap().answer {
            Answer::Script(steps) => steps,
            Answer::Report(text) => panic!("a report: {text:?}"),
        }
    }

    fn write_hook(path: &Path, mode: u32) {
        fs::write(path, "#!/bin/sh\necho\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn without_hooks_two_steps_suffice() {
        let (home, root) = home_with_blog();
        let hooks = home.path().to_path_buf();
        let expected = vec![Step::Deactivate { next: root.clone() }, Step::Activate { root, hooks }];
        assert_eq!(steps("blog", home.path()), expected);
        assert_eq!(steps("blog/", home.path()), expected);
        assert_eq!(steps(".", home.path()), expected);
    }

    #[test]
    fn hooks_come_in_the_originals_order() {
        let (home, root) = home_with_blog();
        let project = home.path().join("src");
        fs::create_dir_all(project.join(".virtualenvwrapper")).unwrap();
        fs::write(root.join(".project"), project.as_os_str().as_encoded_bytes()).unwrap();
        for directory in [home.path(), &root.join("bin")] {
            write_hook(&directory.join("preactivate"), 0o755);
            write_hook(&directory.join("postactivate"), 0o644);
        }
        write_hook(&project.join(".virtualenvwrapper/postactivate"), 0o644);
        let told: Vec<String> = steps("blog", home.path())
            .iter()
            .map(|step| {
                String::from_utf8(step.spelled(Shell::Bash))
                    .unwrap()
                    .replace(home.path().to_str().unwrap(), "~")
            })
            .collect();
        assert_eq!(
            told,
            [
                "__venvyard_lend 'VIRTUALENVWRAPPER_HOOK_DIR' '~' 'VIRTUALENVWRAPPER_PROJECT_FILENAME' '.project' \
                 'VIRTUALENVWRAPPER_WORKON_CD' '1'",
                "__venvyard_deactivate '~/blog'",
                "__venvyard_hook '~' '~/preactivate' 'blog'",
                "__venvyard_hook '~' '~/blog/bin/preactivate' 'blog'",
                "__venvyard_activate '~/blog' '~'",
                "__venvyard_chdir '~/src'",
                "__venvyard_export 'VIRTUALENVWRAPPER_PROJECT_CD' '1'",
                "__venvyard_source '~/src/.virtualenvwrapper/postactivate' 'post_activate'",
                "__venvyard_source '~/postactivate' 'post_activate'",
                "__venvyard_source '~/blog/bin/postactivate' 'post_activate'",
                "__venvyard_unset 'VIRTUALENVWRAPPER_PROJECT_CD'",
            ]
        );
    }

    #[test]
    fn a_hook_program_may_write_the_hooks_after_it() {
        let (home, root) = home_with_blog();
        write_hook(&home.path().join("preactivate"), 0o755);
        let file = root.join("bin/postactivate");
        assert!(steps("blog", home.path()).contains(&Step::Source { file, event: "post_activate" }));
    }
}
