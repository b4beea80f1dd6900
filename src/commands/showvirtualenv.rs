//! `showvirtualenv [NAME]`: one environment, with what its hooks tell.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
Without a name the active environment is shown. What there is to tell, the get_env_details
hooks say: the global one, then the environment's own.

Examples:
  showvirtualenv blog
  showvirtualenv";

/// Show one environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "showvirtualenv [NAME]", after_help = MORE)]
pub struct Args {
    /// The environment [default: the active one]
    name: Option<OsString>,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("showvirtualenv is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
