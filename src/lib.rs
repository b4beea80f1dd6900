//! venvyard: virtualenvwrapper's commands, decided by a program and carried out by a live shell.
//!
//! Data flows one way: arguments become a [`cli::Request`], a command turns it into a [`plan::Plan`]
//! of effects and an answer, [`perform`] does the effects, and only then the answer is spelled out for
//! the shell that asked.

pub mod cli;
mod commands;
mod context;
mod perform;
mod plan;
mod shell;
mod terminal;
mod venv;

use std::ffi::OsString;
use std::io::{self, Write};

use anyhow::Result;

pub use cli::description;
pub use context::Surroundings;

use cli::Request;
use commands::Command;
use context::Context;
use perform::Interrupted;
use plan::Plan;

/// Runs venvyard on `arguments` (the first one is the program's own name) and returns its exit status:
/// 0 done, 1 it could not be done, 2 not understood, 130 interrupted.
///
/// `stdout` receives a whole answer or nothing; words for people go to the process's stderr.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    surroundings: Surroundings,
    stdout: &mut impl Write,
) -> u8 {
    let context = Context::new(surroundings);
    let words: Vec<OsString> = arguments.into_iter().collect();
    let answer = match cli::parse(words.clone(), || context.default_options()) {
        Ok(request) => match commands::initialization(words.get(1..).unwrap_or_default(), &context) {
            Some(plan) => trusted(plan, &context).and_then(|plan| done(plan, &context)),
            None => answer(request, &context),
        },
        Err(misuse) => return terminal::misuse(&misuse.told(context.shim().is_some())),
    };
    let answer = answer.map(|plan| if context.is_terminal() { plan.tamed() } else { plan });
    match answer.map(|plan| (plan.spelled(context.shim()), plan.status)) {
        Ok((text, status)) => match write_whole(stdout, &text) {
            // The script says itself what the function returns.
            Ok(()) if context.shim().is_some() => 0,
            Ok(()) => status,
            Err(error) => terminal::error(&error.into()),
        },
        Err(error) if error.is::<Interrupted>() => 130,
        Err(error) => terminal::error(&error),
    }
}

fn answer(request: Request, context: &Context) -> Result<Plan> {
    match request {
        Request::Do { command, dry_run: false } => carry_out(command, context),
        Request::Do { command, dry_run: true } => decide(command, context).map(Plan::described),
        Request::Read { text, about, status } => {
            let appendix = commands::appendix(&about, context)?;
            Ok(Plan::report(text + &appendix).status(status))
        }
    }
}

/// What the command decides, but for what is somebody else's.
fn decide(command: Command, context: &Context) -> Result<Plan> {
    trusted(command.plan(context)?, context)
}

fn trusted(plan: Plan, context: &Context) -> Result<Plan> {
    match plan.runs_files() {
        true => plan.without_foreign(&context.trust()?, context.shell()),
        false => Ok(plan),
    }
}

fn carry_out(command: Command, context: &Context) -> Result<Plan> {
    let plan = decide(command, context)?;
    plan.refuse_without_shim(context.shim())?;
    done(plan, context)
}

/// The plan, its effects done.
fn done(plan: Plan, context: &Context) -> Result<Plan> {
    let is_whole = perform::perform(&plan, context.log_file().as_deref())?;
    Ok(if is_whole { plan } else { plan.status(1) })
}

/// A reader that had enough (`workon | head`) is no failure.
fn write_whole(stdout: &mut impl Write, text: &[u8]) -> io::Result<()> {
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
