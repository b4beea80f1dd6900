//! `venvyard sweep DIR`: delete what commands that are gone left hidden in a home.

use std::path::PathBuf;

use anyhow::Result;

use crate::context::Context;
use crate::plan::{Effect, Plan};

/// Delete what commands that are gone left hidden in a home of environments
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The home
    home: PathBuf,
}

impl Args {
    /// The deletion; what a running command holds stays.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let home = context.below(self.home.as_os_str())?;
        Ok(Plan::report("").after(vec![Effect::Sweep(home)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;

    #[test]
    fn a_home_is_swept() {
        let plan = Args { home: "/e".into() }.plan(&Context::new(Surroundings::default())).unwrap();
        assert_eq!(plan.effects, [Effect::Sweep("/e".into())]);
    }
}
