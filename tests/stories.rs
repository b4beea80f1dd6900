//! Stories: what a person types and sees, told once and true in every shell.
//!
//! A story is a page of `stories/`; how one is written stands in `pages.rs`. A whole story happens in one live
//! shell. `SNAPSHOTS=overwrite cargo test stories` writes what was seen into the pages, to be read before it is
//! believed.

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use snapbox::{Assert, Data};

use crate::fish;
use crate::pages::{self, MARK, Piece, Step};
use crate::support::{Sandbox, Shell, project, shells};

/// One test a story, so that a story can be run alone.
macro_rules! stories {
    ($($story:ident)*) => {
        $(
            #[test]
            fn $story() {
                is_true_in_every_shell(stringify!($story));
            }
        )*

        /// The names of all stories.
        pub(crate) const TOLD: &[&str] = &[$(stringify!($story)),*];
    };
}

stories! {
    add2virtualenv
    allvirtualenv
    cache
    cdvirtualenv
    cpvirtualenv
    deactivate
    dry_run
    first_steps
    hooks
    init_and_shim
    initialize
    leaving
    log
    lssitepackages
    lsvirtualenv
    mkproject
    mktmpenv
    mkvirtualenv
    mvvirtualenv
    restorevirtualenv
    rmvirtualenv
    setvirtualenvproject
    showvirtualenv
    toggleglobalsitepackages
    virtualenvwrapper
    wipeenv
    workon
}

#[test]
fn every_story_is_told() {
    let files = fs::read_dir(project().join("tests/stories")).expect("a directory");
    let names = files.map(|file| file.expect("an entry").file_name().into_string().expect("UTF-8"));
    let told: BTreeSet<String> = TOLD.iter().map(|story| page(story)).collect();
    assert_eq!(names.collect::<BTreeSet<_>>(), told);
}

/// The file of a story.
pub(crate) fn page(story: &str) -> String {
    format!("{}.md", story.replace('_', "-"))
}

fn is_true_in_every_shell(story: &str) {
    let path = project().join("tests/stories").join(page(story));
    let text = fs::read_to_string(&path).expect("a story");
    let pieces = &pages::pieces(&text)[..];
    let failures: Vec<String> = thread::scope(|scope| {
        let tellers: Vec<_> =
            tellers(story).map(|shell| (shell, scope.spawn(move || happen(pieces, shell)))).collect();
        let happened = tellers.into_iter().map(|(shell, teller)| (shell, teller.join().expect("told")));
        let compared = happened.map(|(shell, seen)| {
            let assert = Assert::new().action_env("SNAPSHOTS").normalize_paths(false);
            assert.try_eq(Some(&shell.name), seen.into(), Data::read_from(&path, None).raw())
        });
        compared.filter_map(Result::err).map(|failure| failure.to_string()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Who tells a story: bash 3.2 cuts an alias at a line's end, and says more than others of a bad interpreter.
fn tellers(story: &str) -> impl Iterator<Item = Shell> {
    let is_for_newer = ["allvirtualenv", "hooks"].contains(&story);
    shells().into_iter().filter(move |shell| !is_for_newer || shell.name != "bash-3.2")
}

/// The page as it comes out in `shell`. Each step is compared for itself: dots in one swallow nothing of the next.
fn happen(pieces: &[Piece], shell: Shell) -> String {
    let sandbox = Sandbox::new();
    let mut command = sandbox.shell(shell, ". \"$HOME/.story\"");
    // No colour, which fish has without a terminal too.
    command.env("TERM", "dumb");
    let script = if shell.dialect == "fish" { fish::script } else { script };
    let scripts: Vec<String> = pages::steps(pieces).map(script).collect();
    let mut seen = pages::happen(&sandbox, command, &scripts);
    for (step, seen) in pages::steps(pieces).zip(&mut seen) {
        if pages::is_like(&step.seen, seen) {
            seen.clone_from(&step.seen);
        }
    }
    pages::retold(pieces, &seen)
}

fn script(step: &Step) -> String {
    let typed = &step.typed;
    if step.fails() {
        return format!("{{\n{typed}}} && echo '{MARK}0' || echo \"{MARK}$?\"\n");
    }
    // Bare, so that errexit would end the shell.
    format!("{typed}echo \"{MARK}$?\"\n")
}
