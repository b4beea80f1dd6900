//! `allvirtualenv COMMAND`: a command in every environment.

use std::ffi::OsString;

use anyhow::Result;

use super::workon;
use crate::context::Context;
use crate::plan::Plan;
use crate::shell::Step;

const MORE: &str = "\
It runs in each environment's directory, active without hooks, and may be a program, a
function or an alias. What it returns first that is not 0, allvirtualenv returns.

Examples:
  allvirtualenv pip install -U pip
  allvirtualenv python --version";

/// Run a command in all environments
#[derive(Debug, clap::Args)]
#[command(override_usage = "allvirtualenv COMMAND [ARGUMENT...]", after_help = MORE)]
pub struct Args {
    /// The command and its arguments
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    words: Vec<OsString>,
}

impl Args {
    /// For each environment its name, the command, and an empty line. One whose path would run as code is left out.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let home = context.home()?;
        let mut plan = Plan::script(Vec::new());
        let lent =
            context.pip_cache_to_lend()?.map(|cache| Step::Lend(vec![("PIP_CACHE_DIR", cache.into())]));
        let mut steps = Vec::from_iter(lent);
        for name in home.names()? {
            let venv = home.venv(&name);
            if !venv.is_quoted(context.shell()) {
                plan.effects.push(workon::left_out(&venv, &name));
                plan.status = 1;
                continue;
            }
            let root = venv.root().to_path_buf();
            let mut heading = name.as_os_str().to_owned();
            heading.push(format!("\n{}", "=".repeat(name.to_string().chars().count())));
            let command = Box::new(Step::Command { words: self.words.clone() });
            steps.extend([Step::print(heading), Step::Inside { root, step: command }, Step::print("")]);
        }
        Ok(Plan { answer: Plan::script(steps).answer, ..plan })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::{Answer, Effect};
    use std::fs;

    #[test]
    fn a_command_is_data_in_every_environment_that_is_safe_to_enter() {
        let home = tempfile::tempdir().unwrap();
        for name in ["shop", "blog", "$(id)"] {
            fs::create_dir_all(home.path().join(name).join("bin")).unwrap();
            fs::write(home.path().join(name).join("bin/activate"), "").unwrap();
        }
        let variables = [("WORKON_HOME".into(), home.path().into())].into();
        let context = Context::new(Surroundings { variables, ..Default::default() });
        let words = vec!["echo".into(), "$(id)".into()];
        let plan = Args { words: words.clone() }.plan(&context).unwrap();
        let at = |name: &str| Step::Inside {
            root: home.path().join(name),
            step: Box::new(Step::Command { words: words.clone() }),
        };
        let (blog, shop) = (Step::print("blog\n===="), Step::print("shop\n===="));
        let end = Step::print("");
        assert_eq!(plan.answer, Answer::Script(vec![blog, at("blog"), end.clone(), shop, at("shop"), end]));
        assert!(
            matches!(&plan.effects[..], [Effect::Say(text)] if text.starts_with("WARNING: '$(id)' is left out"))
        );
        assert_eq!(plan.status, 1);
    }
}
