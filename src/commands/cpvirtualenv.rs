//! `cpvirtualenv SOURCE [NAME]`: make an environment of a used one, and activate it.

use std::ffi::OsString;

use anyhow::{Context as _, Result, bail};

use super::workon::{self, Entry};
use crate::context::Context;
use crate::plan::{Copying, Effect, Plan};
use crate::shell::Step;
use crate::shell::quote::typed;
use crate::venv::{Hook, Name, Venv, shown};

const MORE: &str = "\
The source is an environment's name, or the path of one elsewhere, which is imported. It
needs no working Python. Without a name the copy is called like the source. The copy of a
temporary environment is not temporary.

Examples:
  cpvirtualenv blog blog-next
  cpvirtualenv ~/src/shop/.venv shop";

/// Copy an environment, and activate the copy
#[derive(Debug, clap::Args)]
#[command(override_usage = "cpvirtualenv SOURCE [NAME]", after_help = MORE)]
pub struct Args {
    /// The environment to copy
    source: Option<OsString>,

    /// What to call the copy
    name: Option<OsString>,
}

impl Args {
    /// The copy, then the steps: hooks, activation, hooks.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let home = context.home()?;
        let Some(source) = self.source(context)? else {
            return refused("Please provide a valid virtualenv to copy.", "lsvirtualenv -b", context);
        };
        let called = match self.name {
            Some(name) => name,
            None => source
                .root()
                .file_name()
                .context("The source has no name.\nhint: lsvirtualenv -b")?
                .to_owned(),
        };
        let name = Name::new(&called)?;
        let target = home.venv(&name);
        if target.root().symlink_metadata().is_ok() {
            let hint = format!("workon {}", typed(name.as_os_str()));
            return refused(&format!("{name} virtualenv already exists."), &hint, context);
        }
        let mut effects = Vec::new();
        if !home.exists()? {
            effects.push(Effect::MakeDirectory(home.path().to_path_buf()));
        }
        let shown = shown(source.root().file_name().unwrap_or_default());
        effects.push(Effect::Say(format!("Copying {shown} as {name}...")));
        effects.push(Effect::Copy(Copying {
            source: source.clone(),
            target: target.clone(),
            is_move: false,
            hook_shell: context.hook_shell(),
        }));
        let hooks = context.hooks()?;
        let mut steps = Vec::new();
        let full = vec![source.root().as_os_str().to_owned(), name.as_os_str().to_owned()];
        let short = vec![name.as_os_str().to_owned()];
        for (hook, arguments) in [(Hook::Precpvirtualenv, full), (Hook::Premkvirtualenv, short)] {
            let (warning, step) = workon::run(hook, arguments, context)?;
            effects.extend(warning);
            steps.extend(step);
        }
        let project = source.project(context.project_file());
        let cd = context.cd_to_project()?;
        let entry = Entry { venv: &target, name: name.as_os_str(), project: project.as_deref(), cd };
        // The copy has the source's hooks, which are not there yet: each is looked at when its turn comes.
        let (warnings, activation) = entry.activation(context, true)?;
        steps.extend(activation);
        for hook in [Hook::Postmkvirtualenv, Hook::Postcpvirtualenv] {
            let stirred = steps.iter().any(Step::may_write_hooks);
            steps.extend(workon::sourced(hook, &hooks, context.shell(), stirred));
        }
        effects.extend(warnings);
        effects.extend(workon::without_python(&source, &name));
        Plan::script(steps).after(effects).amid(|| context.hook_variables())
    }

    /// The environment of that name, or at that path.
    fn source(&self, context: &Context) -> Result<Option<Venv>> {
        let Some(given) = self.source.as_ref().filter(|given| !given.is_empty()) else { return Ok(None) };
        if let Ok(name) = Name::existing(given) {
            let venv = context.home()?.venv(&name);
            if venv.exists() {
                return Ok(Some(venv));
            }
        }
        let venv = Venv::at(context.path(given)?);
        Ok(venv.exists().then_some(venv))
    }
}

/// A refusal in virtualenvwrapper's words and on its stream, stdout, where scripts look for it.
fn refused(text: &str, hint: &str, context: &Context) -> Result<Plan> {
    if context.shim().is_none() {
        bail!("{text}\nhint: {hint}");
    }
    Ok(Plan::script(vec![Step::print(text), Step::Hint(hint.to_owned())]).status(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use std::fs;
    use std::path::Path;

    fn plan(words: &[&str], home: &Path) -> Result<Plan> {
        let variables = [("WORKON_HOME", home), ("HOME", Path::new("/nowhere"))];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let context =
            Context::new(Surroundings { variables, directory: Some(home.into()), ..Default::default() });
        let mut words = words.iter().map(OsString::from);
        Args { source: words.next(), name: words.next() }.plan(&context)
    }

    fn home() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("blog/bin")).unwrap();
        fs::write(directory.path().join("blog/bin/activate"), "").unwrap();
        directory
    }

    #[test]
    fn a_copy_is_made_before_it_is_entered() {
        let home = home();
        let plan = plan(&["blog", "next"], home.path()).unwrap();
        assert!(plan.effects.contains(&Effect::Say("Copying blog as next...".into())));
        let Some(Effect::Copy(copying)) = plan.effects.last() else { panic!("{plan:?}") };
        assert_eq!(copying.target.root(), home.path().join("next"));
        assert!(!copying.is_move);
    }

    #[test]
    fn what_cannot_be_copied_is_refused() {
        let home = home();
        for words in
            [vec![], vec![""], vec!["gone"], vec!["blog"], vec!["blog", "blog"], vec!["blog", "$(id)"]]
        {
            assert!(plan(&words, home.path()).is_err(), "{words:?}");
        }
    }
}
