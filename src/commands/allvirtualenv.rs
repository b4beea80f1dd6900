//! `allvirtualenv COMMAND`: a command in every environment.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

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
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    words: Vec<OsString>,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("allvirtualenv is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
