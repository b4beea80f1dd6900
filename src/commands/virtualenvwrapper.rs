//! `virtualenvwrapper`: the commands there are, and where everything lies.

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
Examples:
  virtualenvwrapper";

/// Show all commands, and where everything lies
#[derive(Debug, clap::Args)]
#[command(override_usage = "virtualenvwrapper", after_help = MORE)]
pub struct Args {}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("virtualenvwrapper is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
