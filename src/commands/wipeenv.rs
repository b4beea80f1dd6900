//! `wipeenv`: remove what was installed into the active environment.

use anyhow::{Context as _, Result, bail};

use crate::context::Context;
use crate::plan::{Effect, Plan};
use crate::venv::{refuse_mounts, shown};

const MORE: &str = "\
pip, setuptools and wheel stay, and so do hooks and the project. No pip is started: what a
package consists of is read from its metadata.

Examples:
  workon blog && wipeenv";

/// Remove all packages from the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "wipeenv", after_help = MORE)]
pub struct Args {}

impl Args {
    /// The removal, and a report of what was there.
    #[expect(clippy::unused_self, reason = "all commands are planned alike")]
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let venv = context.require_active()?;
        if !venv.settings_file().exists() {
            bail!("{} is not an environment.\nhint: workon NAME", shown(venv.root()));
        }
        refuse_mounts(venv.root())?;
        let installed = venv.installed().with_context(|| format!("cannot read {}", shown(venv.root())))?;
        let others = installed.into_iter().filter(|one| !one.is_seed());
        let names: Vec<String> = others.map(|one| shown(one.name)).collect();
        if names.is_empty() {
            return Ok(Plan::report("Nothing to remove."));
        }
        let text = format!("Uninstalling packages:\n\n{}", names.join("\n"));
        let program = context.executable().to_path_buf();
        Ok(Plan::report(text).after(vec![Effect::Wipe { venv, program }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use std::fs;

    #[test]
    fn packages_are_told_and_the_seed_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let packages = directory.path().join("lib/python3.11/site-packages");
        let context = || {
            let variables = [("VIRTUAL_ENV".into(), directory.path().into())].into();
            Context::new(Surroundings { variables, ..Default::default() })
        };
        assert!(Args {}.plan(&context()).is_err());
        fs::write(directory.path().join("pyvenv.cfg"), "").unwrap();
        for name in ["pip-23.2.dist-info", "setuptools-65.dist-info"] {
            fs::create_dir_all(packages.join(name)).unwrap();
        }
        assert_eq!(Args {}.plan(&context()).unwrap(), Plan::report("Nothing to remove."));
        for name in ["Django-4.2.dist-info", "pip_tools-7.dist-info"] {
            fs::create_dir_all(packages.join(name)).unwrap();
        }
        let plan = Args {}.plan(&context()).unwrap();
        assert_eq!(plan.answer, Plan::report("Uninstalling packages:\n\nDjango\npip_tools").answer);
        assert!(matches!(plan.effects[..], [Effect::Wipe { .. }]));
    }
}
