//! `venvyard settings`: the variables that virtualenvwrapper.sh exports, where the shell cannot tell them itself.

use anyhow::Result;

use crate::context::Context;
use crate::plan::Plan;
use crate::shell::Step;

/// Export the settings as the environment and the configuration have them, paths expanded
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// An export of each.
    #[expect(clippy::unused_self, reason = "all commands are planned alike")]
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let export = |(name, value)| Step::Export { name, value };
        Ok(Plan::script(context.settings()?.into_iter().map(export).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;

    #[test]
    fn the_configuration_counts_below_the_environment() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("venvyard")).unwrap();
        let config = directory.path().join("venvyard/config.toml");
        std::fs::write(config, "workon_home = '~/mine'\nhook_dir = '/hooks'\nworkon_cd = false\n").unwrap();
        let variables = [
            ("HOME", "/home/ann"),
            ("XDG_CONFIG_HOME", directory.path().to_str().unwrap()),
            ("VIRTUALENVWRAPPER_HOOK_DIR", "~/hooks"),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let plan = Args {}.plan(&Context::new(Surroundings { variables, ..Default::default() })).unwrap();
        let expected = [
            ("WORKON_HOME", "/home/ann/mine"),
            ("VIRTUALENVWRAPPER_HOOK_DIR", "/home/ann/hooks"),
            ("VIRTUALENVWRAPPER_PROJECT_FILENAME", ".project"),
            ("VIRTUALENVWRAPPER_WORKON_CD", "0"),
        ];
        let expected = expected.map(|(name, value)| Step::Export { name, value: value.into() });
        assert_eq!(plan.answer, Answer::Script(expected.into()));
    }
}
