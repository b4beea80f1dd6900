//! `cdsitepackages [DIR]`: go to where the packages of the active environment lie.

use std::ffi::OsString;

use anyhow::{Result, bail};

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
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("cdsitepackages is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
