//! `cdproject`: go to the project of the active environment.

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

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
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("cdproject is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
