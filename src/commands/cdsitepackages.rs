//! `cdsitepackages [DIR]`: go to where the packages of the active environment lie.

use std::ffi::OsString;

use anyhow::Result;

use super::cdvirtualenv::{below, into};
use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
Examples:
  cdsitepackages
  cdsitepackages django/contrib";

/// Go to the site-packages of the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "cdsitepackages [DIR]", after_help = MORE)]
pub struct Args {
    /// A directory below it
    directory: Option<OsString>,
}

impl Args {
    /// The step into the directory, which must be there.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        into(&below(&context.require_active()?.own_site_packages()?, self.directory))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::shell::Step;
    use std::fs;

    #[test]
    fn it_goes_where_packages_are_or_nowhere() {
        let root = tempfile::tempdir().unwrap();
        let plan = |directory: Option<&str>| {
            let variables = [("VIRTUAL_ENV".into(), root.path().into())].into();
            let context = Context::new(Surroundings { variables, ..Default::default() });
            Args { directory: directory.map(OsString::from) }.plan(&context)
        };
        assert!(plan(None).unwrap_err().to_string().contains("site-packages directory"));
        let packages = root.path().join("lib/python3.11/site-packages");
        fs::create_dir_all(packages.join("shop")).unwrap();
        assert_eq!(plan(None).unwrap(), Plan::script(vec![Step::Chdir(packages.clone())]));
        assert_eq!(plan(Some("shop")).unwrap(), Plan::script(vec![Step::Chdir(packages.join("shop"))]));
        assert!(plan(Some("gone")).is_err());
    }
}
