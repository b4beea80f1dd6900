//! The only room that changes the disk: one match from an effect to a function.

mod advice;
mod clone;
mod create;
mod delete;
mod extend;
mod fill;
mod hands;
mod log;
mod nest;
mod relocate;
mod remove;
mod rename;
mod run;
mod seed;
mod trash;
mod warm;
mod wipe;
mod write;

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::plan::{Answer, Effect, Plan};
use crate::terminal;
use crate::venv::{Hook, Venv, shown};

use log::{Level, Log};

pub(crate) use run::Interrupted;

/// Does the plan's effects in their order; the first failure ends it, and nothing is answered. Tells whether all was
/// done: of what was removed a part may stay, which is said and stops nothing. Each effect is noted in the file `log`,
/// and so are the steps that the shell is going to do.
pub(crate) fn perform(plan: &Plan, log: Option<&Path>) -> Result<bool> {
    let mut log = Log::at(log);
    let mut is_whole = true;
    for effect in &plan.effects {
        let done = perform_one(effect).map_err(|error| advice::hinted(error, effect));
        match &done {
            Ok(_) => log.note(Level::Info, &effect.described()),
            Err(error) => log.note(Level::Error, &format!("{}: {error:#}", effect.described())),
        }
        is_whole &= done?;
    }
    if let Answer::Script(_) = plan.answer {
        plan.answer.described().iter().for_each(|step| log.note(Level::Debug, step));
    }
    Ok(is_whole)
}

fn perform_one(effect: &Effect) -> Result<bool> {
    match effect {
        Effect::Copy(copying) => return create::copy(copying),
        Effect::Remove(venv) => return remove::remove(venv),
        Effect::Keep { venv, time } => trash::keep(venv, *time)?,
        Effect::Restore { removed, venv } => trash::restore(removed, venv)?,
        Effect::Expire(removed) => trash::expire(removed),
        Effect::Clear(directory) => return remove::remove(&Venv::at(directory.clone())),
        Effect::Say(text) => terminal::say(text),
        Effect::MakeDirectory(path) => {
            write::make_directory(path).with_context(|| format!("cannot create {}", shown(path)))?;
        }
        Effect::Hooks { directory, shell } => {
            let cannot = || format!("cannot make hooks in {}", shown(directory));
            create::hook_files(directory, &Hook::GLOBAL, shell).with_context(cannot)?;
        }
        Effect::Create(creation) => create::create(creation)?,
        Effect::Wipe { venv, program } => wipe::wipe(venv, program)?,
        Effect::Sweep(home) => nest::sweep(home),
        Effect::Warm(warming) => warm::warm(warming)?,
        Effect::Unlink(path) => {
            fs::remove_file(path).with_context(|| format!("cannot remove the link {}", shown(path)))?;
        }
        Effect::Hook { directory, program, argument, variables } => {
            run::hook(program, argument, directory, variables);
        }
        Effect::ExtendPath { file, add, remove } => extend::extend(file, add, remove)?,
        Effect::Write { path, contents } => write::write(path, contents)?,
        Effect::Fill { project, template } => fill::fill(project, template)?,
    }
    Ok(true)
}
