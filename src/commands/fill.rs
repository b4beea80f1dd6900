//! `venvyard fill PROJECT TEMPLATE`: copy a template of projects into one, over nothing that is there.

use std::path::PathBuf;

use anyhow::Result;

use crate::context::Context;
use crate::plan::{Effect, Plan};

/// Copy the files of a directory into a project, over nothing that is there
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project
    project: PathBuf,

    /// The directory
    template: PathBuf,
}

impl Args {
    /// The copy.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let absolute = |path: PathBuf| context.below(path.as_os_str());
        let (project, template) = (absolute(self.project)?, absolute(self.template)?);
        Ok(Plan::report("").after(vec![Effect::Fill { project, template }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;

    #[test]
    fn a_template_fills_a_project() {
        let args = Args { project: "/src/blog".into(), template: "/templates/flask".into() };
        let plan = args.plan(&Context::new(Surroundings::default())).unwrap();
        let effect = Effect::Fill { project: "/src/blog".into(), template: "/templates/flask".into() };
        assert_eq!(plan.effects, [effect]);
    }
}
