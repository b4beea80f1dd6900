//! The commands: one file a shell function, all of one shape. Each reads, decides and changes nothing.

mod add2virtualenv;
mod allvirtualenv;
mod cdproject;
mod cdsitepackages;
mod cdvirtualenv;
mod complete;
mod cpvirtualenv;
mod hooks;
mod init;
mod lssitepackages;
mod lsvirtualenv;
mod mkproject;
mod mktmpenv;
mod mkvirtualenv;
mod mvvirtualenv;
mod path;
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

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::plan::Plan;

/// What venvyard can be asked to do. What each is for, its own file tells.
#[derive(Debug, Subcommand)]
pub enum Command {
    Mkvirtualenv(mkvirtualenv::Args),
    Workon(workon::Args),
    Rmvirtualenv(rmvirtualenv::Args),
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
    Init(init::Args),
    Setup(setup::Args),
    #[command(hide = true)]
    Complete(complete::Args),
    #[command(hide = true)]
    Sweep(sweep::Args),
    #[command(hide = true)]
    Settings(settings::Args),
    #[command(hide = true)]
    Hooks(hooks::Args),
    #[command(hide = true)]
    Path(path::Args),
}

impl Command {
    /// Decides what is to be done.
    ///
    /// # Errors
    /// It cannot be done; the error says why, and on a `hint:` line what to type instead.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        match self {
            Self::Mkvirtualenv(args) => args.plan(context),
            Self::Workon(args) => args.plan(context),
            Self::Rmvirtualenv(args) => args.plan(context),
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
            Self::Init(args) => args.plan(context),
            Self::Setup(args) => args.plan(context),
            Self::Complete(args) => args.plan(context),
            Self::Sweep(args) => args.plan(context),
            Self::Settings(args) => args.plan(context),
            Self::Hooks(args) => args.plan(context),
            Self::Path(args) => args.plan(context),
        }
    }
}
