//! `mktmpenv`: an environment that is gone when it is left.

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
Examples:
  mktmpenv
  mktmpenv -n -i requests";

/// Create an environment that deactivate removes
#[derive(Debug, clap::Args)]
#[command(override_usage = "mktmpenv [-c | -n] [OPTIONS OF mkvirtualenv]", after_help = MORE)]
pub struct Args {
    /// Go to the environment, whatever VIRTUALENVWRAPPER_WORKON_CD says
    #[arg(short, long, overrides_with = "no_cd")]
    cd: bool,

    /// Stay in this directory
    #[arg(short, long)]
    no_cd: bool,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("mktmpenv is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
