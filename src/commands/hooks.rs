//! `venvyard hooks`: the directories, and the global hooks that virtualenvwrapper.sh makes when it is loaded.

use anyhow::Result;

use crate::context::Context;
use crate::plan::{Effect, Plan};

/// Make $WORKON_HOME and the files of comments that are the global hooks, where they are missing
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// The directories first. What is there stays as it is.
    #[expect(clippy::unused_self, reason = "all commands are planned alike")]
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let (home, hooks) = (context.home()?.path().to_path_buf(), context.hooks()?);
        let effects = vec![
            Effect::MakeDirectory(home),
            Effect::MakeDirectory(hooks.clone()),
            Effect::Hooks { directory: hooks, shell: context.hook_shell() },
        ];
        Ok(Plan::report("").after(effects))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;

    #[test]
    fn the_directories_are_there_before_the_hooks() {
        let variables = [("WORKON_HOME", "/e"), ("VIRTUALENVWRAPPER_HOOK_DIR", "/h"), ("SHELL", "/bin/zsh")];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let plan = Args {}.plan(&Context::new(Surroundings { variables, ..Default::default() })).unwrap();
        let expected = [
            Effect::MakeDirectory("/e".into()),
            Effect::MakeDirectory("/h".into()),
            Effect::Hooks { directory: "/h".into(), shell: "/bin/zsh".into() },
        ];
        assert_eq!(plan.effects, expected);
    }
}
