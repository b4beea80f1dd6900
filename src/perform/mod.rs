//! The only room that changes the disk: one match from an effect to a function.

mod clone;
mod create;
mod delete;
mod hands;
mod nest;
mod relocate;
mod remove;
mod run;
mod seed;
mod wipe;
mod write;

use std::fs;

use anyhow::{Context as _, Result};

use crate::plan::Effect;
use crate::terminal;
use crate::venv::shown;

pub(crate) use run::Interrupted;

/// Does `effects` in their order; the first failure ends it, and nothing is answered. Tells whether all was done: of
/// what was removed a part may stay, which is said and stops nothing.
pub(crate) fn perform(effects: &[Effect]) -> Result<bool> {
    let mut is_whole = true;
    for effect in effects {
        match effect {
            Effect::Say(text) => terminal::say(text),
            Effect::MakeDirectory(path) => {
                fs::create_dir_all(path).with_context(|| format!("cannot create {}", shown(path)))?;
            }
            Effect::Create(creation) => create::create(creation)?,
            Effect::Copy(copying) => is_whole &= create::copy(copying)?,
            Effect::Wipe { venv, program } => wipe::wipe(venv, program)?,
            Effect::Sweep(home) => nest::sweep(home),
            Effect::Remove(venv) => is_whole &= remove::remove(venv)?,
            Effect::Unlink(path) => {
                fs::remove_file(path).with_context(|| format!("cannot remove the link {}", shown(path)))?;
            }
            Effect::Hook { directory, program, argument, variables } => {
                run::hook(program, argument, directory, variables);
            }
            Effect::Write { path, contents } => write::write(path, contents)?,
        }
    }
    Ok(is_whole)
}
