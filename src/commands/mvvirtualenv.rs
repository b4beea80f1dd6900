//! `mvvirtualenv OLD NEW`: give an environment another name.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::{Copying, Effect, Plan};
use crate::shell::Step;
use crate::shell::quote::typed;
use crate::venv::{Name, refuse_mounts, shown};

const MORE: &str = "\
Its scripts, prompt, hooks and project follow. If it is active, it stays so under its new
name, without any hook. A temporary environment is kept by renaming it.

Examples:
  mvvirtualenv blog weblog
  mvvirtualenv tmp-0123456789abcdef keep";

/// Rename an environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "mvvirtualenv OLD NEW", after_help = MORE)]
pub struct Args {
    /// The environment
    old: OsString,

    /// What to call it from now on
    new: OsString,
}

impl Args {
    /// The move, and the steps that keep the shell in it.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let (old, new) = (Name::existing(&self.old)?, Name::new(&self.new)?);
        let home = context.home()?;
        let source = home.find(&old)?;
        let target = home.venv(&new);
        if target.root().symlink_metadata().is_ok() {
            bail!("{new} virtualenv already exists.\nhint: workon {}", typed(new.as_os_str()));
        }
        if source.root().is_symlink() {
            let root = shown(source.root());
            bail!("{root} is a link.\nhint: rmvirtualenv {}", typed(old.as_os_str()));
        }
        refuse_mounts(source.root())?;
        let is_active = context.active().is_some_and(|active| active.is_same_as(&source));
        let mut steps = Vec::new();
        if is_active && context.shim().is_some() {
            steps.push(Step::Follow { root: target.root().to_path_buf(), hooks: context.hooks()? });
        }
        if context.shim().is_some() && context.is_inside(source.root()) {
            steps.push(Step::Chdir(target.root().to_path_buf()));
        }
        let effect =
            Effect::Copy(Copying { source, target, is_move: true, hook_shell: context.hook_shell() });
        Ok(Plan::script(steps).after(vec![effect]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;
    use std::fs;
    use std::path::Path;

    fn plan(old: &str, new: &str, home: &Path, active: &str) -> Result<Plan> {
        let variables = [("WORKON_HOME", home.to_path_buf()), ("VIRTUAL_ENV", home.join(active))];
        let mut variables: std::collections::HashMap<OsString, OsString> =
            variables.map(|(name, value)| (name.into(), value.into())).into();
        variables.insert("VENVYARD_SHELL".into(), "bash".into());
        variables.insert("XDG_CONFIG_HOME".into(), "/nowhere".into());
        let context = Context::new(Surroundings { variables, ..Default::default() });
        Args { old: old.into(), new: new.into() }.plan(&context)
    }

    fn home() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for name in ["blog", "shop"] {
            fs::create_dir_all(directory.path().join(name).join("bin")).unwrap();
            fs::write(directory.path().join(name).join("bin/activate"), "").unwrap();
        }
        directory
    }

    #[test]
    fn the_shell_follows_an_active_environment() {
        let home = home();
        let Answer::Script(steps) = plan("blog", "weblog", home.path(), "blog").unwrap().answer else {
            panic!()
        };
        let (root, hooks) = (home.path().join("weblog"), home.path().to_path_buf());
        assert_eq!(steps, [Step::Follow { root, hooks }]);
        assert_eq!(plan("blog", "weblog", home.path(), "shop").unwrap().answer, Answer::Script(Vec::new()));
    }

    #[test]
    fn what_cannot_be_renamed_is_refused() {
        let home = home();
        for (old, new) in [("gone", "x"), ("blog", "shop"), ("blog", "blog"), ("blog", "$(id)"), ("", "x")] {
            assert!(plan(old, new, home.path(), "none").is_err(), "{old} {new}");
        }
    }
}
