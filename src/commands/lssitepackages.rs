//! `lssitepackages [OPTION...]`: what lies in the site-packages of the active environment.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
Options go to ls. What add2virtualenv has added is told too.

Examples:
  lssitepackages
  lssitepackages -lh";

/// List the site-packages of the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "lssitepackages [OPTIONS OF ls]", after_help = MORE, disable_help_flag = true)]
pub struct Args {
    /// Options for ls
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,

    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("lssitepackages is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
