//! pip's cache is filled: what is wanted is installed into an environment that nobody sees, and that goes again.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::create;
use super::nest::{self, Nest};
use super::run::{self, Interrupted};
use crate::plan::{Creation, Warming};
use crate::venv::{Nesting, Venv, shown};

/// Installs, and keeps wheels if they are wanted. The environment is in a nest: whatever ends this, it goes.
pub(super) fn warm(warming: &Warming) -> Result<()> {
    let root = warming.creation.venv.root();
    let home = root.parent().unwrap_or(Path::new("/"));
    nest::sweep(home);
    let nest =
        Nest::beside(root, Nesting::Partial).with_context(|| format!("cannot write to {}", shown(home)))?;
    let creation = Creation { venv: Venv::at(nest.path().to_path_buf()), ..warming.creation.clone() };
    let venv = create::make_in(&nest, &creation)?;
    let wheels = warming.wheels.iter().flat_map(|directory| warming.installs.wheels(&venv, directory));
    for line in warming.installs.by_pip(&venv).into_iter().chain(wheels) {
        pip(&line, warming)?;
    }
    Ok(())
}

fn pip(line: &[OsString], warming: &Warming) -> Result<()> {
    let (program, arguments) = line.split_first().context("no program")?;
    let mut command = run::program(Path::new(program), arguments, &warming.directory);
    if let Some(cache) = &warming.creation.cache {
        command.env("PIP_CACHE_DIR", cache);
    }
    let status = command.status().context("cannot start pip")?;
    if run::is_interrupted(status) {
        return Err(Interrupted.into());
    }
    if !status.success() {
        bail!(
            "pip failed ({status}); what it downloaded before is cached.\n\
             hint: venvyard cache warm --help"
        );
    }
    Ok(())
}
