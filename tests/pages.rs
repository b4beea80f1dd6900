//! Pages of prose and console blocks: what is typed in them, what is seen, and how a shell is told to do it.
//!
//! A step is `$ line` (it goes on after `> `), what is then seen on stdout and stderr, and `? status` where that
//! is not 0. `~` is the home, `[PATH]` the PATH that the shell started with; `[..]` stands for a part of a line,
//! a line of three dots for any lines. What fish says in another way is translated, or stands below the step as
//! `fish> line`, typed there in its place.

use std::fs;
use std::io::Read;
use std::process::Command;

use snapbox::Assert;

use crate::support::Sandbox;

/// A part of a page.
pub(crate) enum Piece {
    /// A line that is only copied.
    Prose(String),
    /// Something typed.
    Step(Step),
}

/// Something typed, and what is then seen.
pub(crate) struct Step {
    /// Its lines as the page has them.
    pub(crate) shown: String,
    /// Its lines as the shell gets them.
    pub(crate) typed: String,
    /// What fish gets instead, if the page says so.
    pub(crate) in_fish: String,
    /// What is seen, and the status if it is not 0, as the page has them.
    pub(crate) seen: String,
}

impl Step {
    /// Whether the page says that it fails.
    pub(crate) fn fails(&self) -> bool {
        self.seen.lines().any(|line| line.strip_prefix("? ").is_some_and(|it| it.parse::<u8>().is_ok()))
    }
}

/// The parts of a page, in their order.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
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
            pieces.push(Piece::Step(Step { shown, typed, in_fish: String::new(), seen: String::new() }));
        } else if let Some(Piece::Step(step)) = pieces.last_mut() {
            let more = line.strip_prefix("> ").or(line.strip_prefix('>')).filter(|_| is_typing);
            let in_fish = line.strip_prefix("fish> ").filter(|_| is_typing);
            match (more, in_fish) {
                (Some(more), _) => {
                    step.shown.extend([line, "\n"]);
                    step.typed.extend([more, "\n"]);
                }
                (None, Some(more)) => {
                    step.shown.extend([line, "\n"]);
                    step.in_fish.extend([more, "\n"]);
                }
                (None, None) => {
                    is_typing = false;
                    step.seen.extend([line, "\n"]);
                }
            }
        }
    }
    pieces
}

/// The steps of a page, in their order.
pub(crate) fn steps(pieces: &[Piece]) -> impl Iterator<Item = &Step> {
    pieces.iter().filter_map(|piece| match piece {
        Piece::Prose(_) => None,
        Piece::Step(step) => Some(step),
    })
}

/// Whether a page's words, in which dots stand for others, tell what was seen.
pub(crate) fn is_like(told: &str, seen: &str) -> bool {
    Assert::new().normalize_paths(false).try_eq(None, seen.into(), told.into()).is_ok()
}

/// The page with other words for what is seen of each step.
pub(crate) fn retold<'words>(pieces: &[Piece], seen: impl IntoIterator<Item = &'words String>) -> String {
    let mut seen = seen.into_iter();
    let mut page = String::new();
    for piece in pieces {
        match piece {
            Piece::Prose(line) => page.push_str(line),
            Piece::Step(step) => page.extend([step.shown.as_str(), seen.next().map_or("", String::as_str)]),
        }
    }
    page.extend(seen.map(String::as_str)); // what was said after the last step
    page
}

/// Ends what a step prints; its status follows.
pub(crate) const MARK: char = '\u{1e}';

/// What is seen of each script, which prints [`MARK`] and a status at its end, and of what follows the last one.
///
/// One shell runs them all: `command`, which has to source `$HOME/.story`.
pub(crate) fn happen(sandbox: &Sandbox, mut command: Command, scripts: &[String]) -> Vec<String> {
    fs::write(sandbox.home().join(".story"), scripts.concat()).expect("written");
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    command.stdout(writer.try_clone().expect("a second end")).stderr(writer);
    let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
    let path = path.and_then(|path| path.to_str()).expect("a PATH").to_owned();
    let mut child = command.spawn().expect("the shell starts");
    drop(command); // It holds the pipe open.
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).expect("read");
    let end = child.wait().expect("it ends").to_string();

    let seen = String::from_utf8_lossy(&bytes);
    let seen = seen.replace(sandbox.home().to_str().expect("UTF-8"), "~").replace(&path, "[PATH]");
    parted(&seen, scripts.len(), &end)
}

/// One text a step; those that the shell did not come to have its end as their status.
fn parted(seen: &str, steps: usize, end: &str) -> Vec<String> {
    let mut rest = seen;
    let mut parts = Vec::new();
    for _ in 0..steps {
        let (output, after) = rest.split_once(MARK).unwrap_or((rest, end));
        let (status, after) = after.split_once('\n').unwrap_or((after, ""));
        rest = after;
        let line_end = if output.is_empty() || output.ends_with('\n') { "" } else { "\n" };
        let status = if status == "0" { String::new() } else { format!("? {status}\n") };
        parts.push([output, line_end, &status].concat());
    }
    parts.push(rest.to_owned());
    parts
}
