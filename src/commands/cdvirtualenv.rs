//! `cdvirtualenv [DIR]`: go to the directory of the active environment.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
Examples:
  cdvirtualenv
  cdvirtualenv bin";

/// Go to the directory of the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "cdvirtualenv [DIR]", after_help = MORE)]
pub struct Args {
    /// A directory below it
    directory: Option<OsString>,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("cdvirtualenv is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
