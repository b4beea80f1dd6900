//! `setvirtualenvproject [NAME] [DIR]`: the project that belongs to an environment.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
workon goes to the project, and so does cdproject.

Examples:
  setvirtualenvproject                    the active one, and this directory
  setvirtualenvproject blog ~/src/blog";

/// Associate a project directory with an environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "setvirtualenvproject [NAME [DIR]]", after_help = MORE)]
pub struct Args {
    /// The environment, or its path [default: the active one]
    name: Option<OsString>,

    /// The project [default: the working directory]
    project: Option<OsString>,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("setvirtualenvproject is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
