//! The commands: one file a shell function, all of one shape. Each reads, decides and changes nothing.

mod add2virtualenv;
mod allvirtualenv;
mod cache;
mod cdproject;
mod cdsitepackages;
mod cdvirtualenv;
mod complete;
mod cpvirtualenv;
mod fill;
mod hooks;
mod init;
mod installation;
mod lssitepackages;
mod lsvirtualenv;
mod mkproject;
mod mktmpenv;
mod mkvirtualenv;
mod mvvirtualenv;
mod path;
mod restorevirtualenv;
mod rmvirtualenv;
mod settings;
mod setup;
mod setvirtualenvproject;
mod showvirtualenv;
mod sweep;
mod toggleglobalsitepackages;
mod virtualenvwrapper;
mod wipeenv;
mod workon;

use std::ffi::{OsStr, OsString};
use std::mem;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::plan::Plan;
use crate::shell::Step;
use crate::venv::Hook;

/// What venvyard can be asked to do. What each is for, its own file tells.
// Of forty descriptions the parser needs one: with the others built too `workon` takes half as long again.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    Mkvirtualenv(mkvirtualenv::Args),
    Workon(workon::Args),
    Rmvirtualenv(rmvirtualenv::Args),
    Restorevirtualenv(restorevirtualenv::Args),
    Cpvirtualenv(cpvirtualenv::Args),
    Mvvirtualenv(mvvirtualenv::Args),
    Wipeenv(wipeenv::Args),
    Lsvirtualenv(lsvirtualenv::Args),
    Showvirtualenv(showvirtualenv::Args),
    Add2virtualenv(add2virtualenv::Args),
    Cdvirtualenv(cdvirtualenv::Args),
    Cdsitepackages(cdsitepackages::Args),
    Lssitepackages(lssitepackages::Args),
    Toggleglobalsitepackages(toggleglobalsitepackages::Args),
    Setvirtualenvproject(setvirtualenvproject::Args),
    Cdproject(cdproject::Args),
    Mkproject(mkproject::Args),
    Mktmpenv(mktmpenv::Args),
    Allvirtualenv(allvirtualenv::Args),
    Virtualenvwrapper(virtualenvwrapper::Args),
    Cache(cache::Args),
    Init(init::Args),
    Setup(setup::Args),
    #[command(hide = true)]
    Complete(complete::Args),
    #[command(hide = true)]
    Sweep(sweep::Args),
    #[command(hide = true)]
    Fill(fill::Args),
    #[command(hide = true)]
    Settings(settings::Args),
    #[command(hide = true)]
    Hooks(hooks::Args),
    #[command(hide = true)]
    Path(path::Args),
}

/// Each command with what it is for and what may be typed, but for what the parser adds by itself (`--help`).
fn described() -> clap::Command {
    build(Command::augment_subcommands(clap::Command::default()))
}

/// Whether `command` is a function of the shell; the others are asked of the program itself.
pub(crate) fn is_function(command: &clap::Command) -> bool {
    !command.is_hide_set() && !["cache", "init", "setup"].contains(&command.get_name())
}

/// The same of one; none if there is none called `name`.
pub(crate) fn described_one(name: &OsStr) -> Option<clap::Command> {
    let mut all = Command::augment_subcommands(clap::Command::default());
    all.find_subcommand_mut(name).map(mem::take).map(build)
}

fn build(command: clap::Command) -> clap::Command {
    let mut command = command.disable_help_flag(true).disable_help_subcommand(true);
    command.build();
    command
}

impl Command {
    /// Decides what is to be done.
    ///
    /// # Errors
    /// It cannot be done; the error says why, and on a `hint:` line what to type instead.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let mut plan = match self {
            Self::Mkvirtualenv(args) => args.plan(context),
            Self::Workon(args) => args.plan(context),
            Self::Rmvirtualenv(args) => args.plan(context),
            Self::Restorevirtualenv(args) => args.plan(context),
            Self::Cpvirtualenv(args) => args.plan(context),
            Self::Mvvirtualenv(args) => args.plan(context),
            Self::Wipeenv(args) => args.plan(context),
            Self::Lsvirtualenv(args) => args.plan(context),
            Self::Showvirtualenv(args) => args.plan(context),
            Self::Add2virtualenv(args) => args.plan(context),
            Self::Cdvirtualenv(args) => args.plan(context),
            Self::Cdsitepackages(args) => args.plan(context),
            Self::Lssitepackages(args) => args.plan(context),
            Self::Toggleglobalsitepackages(args) => args.plan(context),
            Self::Setvirtualenvproject(args) => args.plan(context),
            Self::Cdproject(args) => args.plan(context),
            Self::Mkproject(args) => args.plan(context),
            Self::Mktmpenv(args) => args.plan(context),
            Self::Allvirtualenv(args) => args.plan(context),
            Self::Virtualenvwrapper(args) => args.plan(context),
            Self::Cache(args) => args.plan(context),
            Self::Init(args) => args.plan(context),
            Self::Setup(args) => args.plan(context),
            Self::Complete(args) => args.plan(context),
            Self::Sweep(args) => args.plan(context),
            Self::Fill(args) => args.plan(context),
            Self::Settings(args) => args.plan(context),
            Self::Hooks(args) => args.plan(context),
            Self::Path(args) => args.plan(context),
        }?;
        if plan.changes_home() {
            let expiry = restorevirtualenv::expiry(&plan, context)?;
            plan.effects.splice(..0, expiry);
        }
        Ok(plan)
    }
}

/// What comes before the first command of a shell: its `initialize` hook, if that does anything. The command `words`
/// is then asked for again, since the hook's settings concern it.
pub(crate) fn initialization(words: &[OsString], context: &Context) -> Option<Plan> {
    if context.is_initialized() {
        return None;
    }
    // What is wrong with the settings the command itself will tell.
    let file = Hook::Initialize.sourced(&context.hooks().ok()?, context.shell())?;
    let places = ["WORKON_HOME", "VIRTUALENVWRAPPER_HOOK_DIR"];
    let mut variables = context.hook_variables().ok()?;
    // The others are settings that the hook may make.
    variables.retain(|(name, _)| places.contains(name));
    let lent = (!variables.is_empty()).then_some(Step::Lend(variables));
    let steps = lent.into_iter().chain([Step::Initialize { file, words: words.to_vec() }]);
    Some(Plan::script(steps.collect()))
}

/// What the help of the command called `name` ends in, and depends on the disk.
///
/// # Errors
/// The settings cannot be understood.
pub(crate) fn appendix(name: &str, context: &Context) -> Result<String> {
    match name {
        "mkproject" => mkproject::templates_told(context),
        _ => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;

    fn told(hook: &str, initialized: &str) -> Option<Vec<Step>> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("initialize"), hook).unwrap();
        let variables = [
            ("WORKON_HOME", home.path().to_str().unwrap()),
            ("XDG_CONFIG_HOME", "/nowhere"),
            ("VENVYARD_SHELL", "bash"),
            ("VENVYARD_INITIALIZED", initialized),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let context = Context::new(Surroundings { variables, ..Default::default() });
        match initialization(&["workon".into(), "blog".into()], &context)?.answer {
            Answer::Script(steps) => Some(steps),
            Answer::Report(text) => panic!("a report: {text:?}"),
        }
    }

    #[test]
    fn a_shell_is_initialized_before_its_first_command() {
        let steps = told("export BLOG=1\n", "").unwrap();
        assert!(matches!(&steps[0], Step::Lend(lent) if lent[0].0 == "VIRTUALENVWRAPPER_HOOK_DIR"));
        assert!(matches!(&steps[1], Step::Initialize { words, .. } if *words == ["workon", "blog"]));
        assert_eq!(told("export BLOG=1\n", "yes"), None);
        assert_eq!(told("#!/bin/sh\n# a stub\n", ""), None);
    }
}
