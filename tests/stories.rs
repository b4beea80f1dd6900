//! Stories: what a person types and sees, told once and true in every shell.
//!
//! A story is a page of `stories/`: prose, and console blocks of `$ line` (it goes on after `> `), what is
//! then seen on stdout and stderr, and `? status` where that is not 0. A whole story happens in one live
//! shell. `~` is the home, `[PATH]` the PATH that the shell started with; `[..]` stands for a part of a
//! line, a line of three dots for any lines. `SNAPSHOTS=overwrite cargo test stories` writes what was seen
//! into the pages, to be read before it is believed.
//!
//! What fish says in another way is translated, or stands below as `fish> line`, typed there in its place.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::thread;

use snapbox::{Assert, Data};

use crate::fish;
use crate::support::{Sandbox, Shell, fish_quoted, project, shells};

/// One test a story, so that a story can be run alone.
macro_rules! stories {
    ($($story:ident)*) => {
        $(
            #[test]
            fn $story() {
                is_true_in_every_shell(stringify!($story));
            }
        )*

        const TOLD: &[&str] = &[$(stringify!($story)),*];
    };
}

stories! {
    cpvirtualenv
    deactivate
    dry_run
    first_steps
    hooks
    init_and_shim
    lsvirtualenv
    mkvirtualenv
    mvvirtualenv
    rmvirtualenv
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
fn page(story: &str) -> String {
    format!("{}.md", story.replace('_', "-"))
}

fn is_true_in_every_shell(story: &str) {
    let path = project().join("tests/stories").join(page(story));
    let text = fs::read_to_string(&path).expect("a story");
    let pieces = &pieces(&text)[..];
    let failures: Vec<String> = thread::scope(|scope| {
        let tellers: Vec<_> =
            shells().into_iter().map(|shell| (shell, scope.spawn(move || happen(pieces, shell)))).collect();
        let happened = tellers.into_iter().map(|(shell, teller)| (shell, teller.join().expect("told")));
        let compared = happened.map(|(shell, seen)| {
            let assert = Assert::new().action_env("SNAPSHOTS").normalize_paths(false);
            assert.try_eq(Some(&shell.name), seen.into(), Data::read_from(&path, None))
        });
        compared.filter_map(Result::err).map(|failure| failure.to_string()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A part of a page.
enum Piece {
    /// A line that is only copied.
    Prose(String),
    /// Something typed.
    Step {
        /// Its lines as the page has them.
        shown: String,
        /// Its lines as the shell gets them.
        typed: String,
        /// What fish gets instead, if the page says so.
        in_fish: String,
        /// Whether the page says that it fails.
        fails: bool,
    },
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut in_console, mut is_typing) = (false, false);
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        if is_fence || !in_console {
            in_console = is_fence && line == "```console";
            pieces.push(Piece::Prose(format!("{line}\n")));
        } else if let Some(typed) = line.strip_prefix("$ ") {
            is_typing = true;
            let (shown, typed) = (format!("{line}\n"), format!("{typed}\n"));
            pieces.push(Piece::Step { shown, typed, in_fish: String::new(), fails: false });
        } else if let Some(Piece::Step { shown, typed, in_fish, fails }) = pieces.last_mut() {
            let more = line.strip_prefix("> ").or(line.strip_prefix('>')).filter(|_| is_typing);
            match more {
                Some(more) => {
                    shown.extend([line, "\n"]);
                    typed.extend([more, "\n"]);
                }
                None => {
                    is_typing &= line.starts_with("fish> ");
                    if let Some(line) = line.strip_prefix("fish> ").filter(|_| is_typing) {
                        shown.extend(["fish> ", line, "\n"]);
                        in_fish.extend([line, "\n"]);
                    }
                }
            }
            *fails |= line.strip_prefix("? ").is_some_and(|status| status.parse::<u8>().is_ok());
        }
    }
    pieces
}

/// Ends what a step prints; its status follows.
const MARK: char = '\u{1e}';

/// The page as it comes out in `shell`.
fn happen(pieces: &[Piece], shell: Shell) -> String {
    let sandbox = Sandbox::new();
    let is_fish = shell.dialect == "fish";
    let script: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Prose(_) => String::new(),
            Piece::Step { typed, in_fish, .. } if is_fish => {
                let typed = if in_fish.is_empty() { fish::translated(typed) } else { in_fish.clone() };
                format!("eval {}\necho {MARK}$status\n", fish_quoted(&typed))
            }
            // Bare, so that errexit would end the shell.
            Piece::Step { typed, fails: false, .. } => format!("{typed}echo \"{MARK}$?\"\n"),
            Piece::Step { typed, .. } => format!("{{\n{typed}}} && echo '{MARK}0' || echo \"{MARK}$?\"\n"),
        })
        .collect();
    let preamble = if is_fish { fish::PREAMBLE } else { "" };
    fs::write(sandbox.home().join(".story"), preamble.to_owned() + &script).expect("written");

    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = sandbox.shell(shell, ". \"$HOME/.story\"");
    // No colour, which fish has without a terminal too.
    command.env("TERM", "dumb");
    command.stdout(writer.try_clone().expect("a second end")).stderr(writer);
    let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
    let path = path.and_then(|path| path.to_str()).expect("a PATH").to_owned();
    let mut child = command.spawn().expect("the shell starts");
    drop(command); // It holds the pipe open.
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).expect("read");
    let end = child.wait().expect("it ends");

    let seen = String::from_utf8_lossy(&bytes);
    let seen = seen.replace(sandbox.home().to_str().expect("UTF-8"), "~").replace(&path, "[PATH]");
    told(pieces, &seen, &end.to_string())
}

/// The page with what was seen in its places.
fn told(pieces: &[Piece], seen: &str, end: &str) -> String {
    let mut rest = seen;
    let mut page = String::new();
    for piece in pieces {
        match piece {
            Piece::Prose(line) => page.push_str(line),
            Piece::Step { shown, .. } => {
                let (output, after) = rest.split_once(MARK).unwrap_or((rest, end));
                let (status, after) = after.split_once('\n').unwrap_or((after, ""));
                rest = after;
                page.push_str(shown);
                page.push_str(output);
                if !output.is_empty() && !output.ends_with('\n') {
                    page.push('\n');
                }
                if status != "0" {
                    page.extend(["? ", status, "\n"]);
                }
            }
        }
    }
    page.push_str(rest);
    page
}
