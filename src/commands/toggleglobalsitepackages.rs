//! `toggleglobalsitepackages`: let the active environment see the packages of its interpreter, or no longer.

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
What it says now is include-system-site-packages in pyvenv.cfg.

Examples:
  toggleglobalsitepackages
  toggleglobalsitepackages -q";

/// Let the active environment see the global packages, or no longer
#[derive(Debug, clap::Args)]
#[command(override_usage = "toggleglobalsitepackages [-q]", after_help = MORE)]
pub struct Args {
    /// Do not say what it is now
    #[arg(short, long)]
    quiet: bool,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("toggleglobalsitepackages is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
