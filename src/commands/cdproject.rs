//! `cdproject`: go to the project of the active environment.

use anyhow::{Result, bail};

use super::cdvirtualenv::into;
use crate::context::Context;
use crate::plan::Plan;
use crate::shell::quote::typed;
use crate::venv::shown;

const MORE: &str = "\
Examples:
  setvirtualenvproject blog ~/src/blog
  workon -n blog
  cdproject";

/// Go to the project of the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "cdproject", after_help = MORE)]
pub struct Args {}

impl Args {
    /// The step into the project, which must be set and there.
    #[expect(clippy::unused_self, reason = "all commands are planned alike")]
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let venv = context.require_active()?;
        let file = context.project_file();
        let name = typed(venv.root().file_name().unwrap_or_default());
        let Some(project) = venv.project(file) else {
            let file = shown(venv.root().join(file));
            bail!("No project set in {file}\nhint: setvirtualenvproject {name} DIR");
        };
        if !project.is_dir() {
            let project = shown(&project);
            bail!("Project directory {project} does not exist\nhint: setvirtualenvproject {name} DIR");
        }
        into(&project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::shell::Step;
    use std::fs;

    #[test]
    fn it_goes_to_a_project_that_is_set_and_there() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(".project");
        let plan = || {
            let variables = [("VIRTUAL_ENV".into(), root.path().into())].into();
            Args {}.plan(&Context::new(Surroundings { variables, ..Default::default() }))
        };
        let error = || plan().unwrap_err().to_string();
        let unset = format!("No project set in {}\n", file.display());
        assert!(error().starts_with(&unset), "{}", error());
        fs::write(&file, "").unwrap();
        assert!(error().starts_with(&unset), "{}", error());
        fs::write(&file, "/nowhere/blog\n").unwrap();
        assert!(error().starts_with("Project directory /nowhere/blog does not exist\n"), "{}", error());
        fs::write(&file, "/usr").unwrap();
        assert_eq!(plan().unwrap(), Plan::script(vec![Step::Chdir("/usr".into())]));
    }
}
