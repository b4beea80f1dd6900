//! `mkproject NAME`: make a project directory in $PROJECT_HOME, and its environment.

use std::ffi::OsString;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;

const MORE: &str = "\
Examples:
  mkproject blog
  mkproject -t django -p 3.12 blog";

/// Create a project directory and its environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "mkproject [-f] [-t TEMPLATE]... [OPTIONS OF mkvirtualenv] NAME", after_help = MORE)]
pub struct Args {
    /// Use the directory if it exists already
    #[arg(short, long)]
    force: bool,

    /// Apply this template; may be repeated
    #[arg(short = 't', long = "template", value_name = "TEMPLATE")]
    templates: Vec<OsString>,
}

impl Args {
    /// Not built yet.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let _ = (self, context);
        bail!("mkproject is not built yet.")
    }
}

#[cfg(test)]
mod tests {}
