//! `add2virtualenv DIR...`: directories from which the active environment imports too.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
They are written to _virtualenv_path_extensions.pth in site-packages, where Python finds
them before what is installed. Without a directory those that are there are listed, and
the status is 1.

Examples:
  add2virtualenv ~/src/library
  add2virtualenv -d ~/src/library     take it out again
  add2virtualenv                      which are there?";

/// Add directories to the import path of the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "add2virtualenv [-d] DIR...", after_help = MORE)]
pub struct Args {
    /// Take the directories out
    #[arg(short = 'd', long)]
    delete: bool,

    /// The directories
    directories: Vec<OsString>,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("add2virtualenv is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
