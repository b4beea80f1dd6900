//! The stories under virtualenvwrapper itself: they read the same there, but for `original/differences.md`.
//!
//! That page has a console block for what the original shows otherwise, after a line that links the section of
//! the story. Of this line some words count: after "undone" home and shell are put back, since our program did no
//! such thing; "in bash" or "in zsh" says that the other one shows no difference. What stands in an `sh` block
//! behind is typed to catch up with what our program did instead. A story of what the original has not, or a section
//! of one, is in the list at the end: it is told there too, but not compared. `SNAPSHOTS=overwrite cargo test original
//! -- --ignored` writes what was seen into the page.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::thread;

use snapbox::{Assert, Data};

use crate::pages::{self, MARK, Piece, Step};
use crate::stories::{TOLD, page};
use crate::support::{Sandbox, Shell, project, shells};

#[test]
#[ignore = "installs from PyPI"]
fn virtualenvwrapper_tells_the_stories_in_bash_but_for_the_differences() {
    tells_the_same("bash");
}

/// In bash it takes two minutes of processor time; zsh shows no more that is ours, and would take as long.
fn tells_the_same(shell: &str) {
    let Some(shell) = shells().into_iter().find(|other| other.name == shell) else { return };
    let path = project().join("tests/original/differences.md");
    let pieces = pages::pieces(&fs::read_to_string(&path).expect("a page"));
    let mut stories = stories();
    let mut complaints = note(&pieces, &mut stories, shell);

    let told = tell(&stories, shell);
    let mut seen: Vec<&String> = pages::steps(&pieces).map(|step| &step.seen).collect();
    // Step by step: in a whole page three dots might stand for other steps.
    for (story, told) in stories.iter().zip(&told) {
        complaints.extend(story.complaints(told));
        for (difference, told) in story.differences.iter().zip(told) {
            match difference {
                Some(difference) if !pages::is_like(seen[difference.place], told) => {
                    seen[difference.place] = told;
                }
                _ => {}
            }
        }
    }
    let assert = Assert::new().action_env("SNAPSHOTS").normalize_paths(false);
    let page = pages::retold(&pieces, seen);
    let compared = assert.try_eq(Some(&shell.name), page.into(), Data::read_from(&path, None).raw());
    complaints.extend(compared.err().map(|failure| failure.to_string()));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// What the original shows otherwise.
#[derive(Default)]
struct Difference {
    /// Which step of the differences' page it is.
    place: usize,
    /// Whether home and shell are put back afterwards.
    is_undone: bool,
    /// What is typed afterwards.
    amends: String,
}

/// A story, and what is known of it.
struct Story {
    name: String,
    pieces: Vec<Piece>,
    /// One a step.
    differences: Vec<Option<Difference>>,
    /// The steps that tell of what the original has not, section by section.
    ours_alone: Vec<Range<usize>>,
}

fn stories() -> Vec<Story> {
    let story = |name: &&str| {
        let path = project().join("tests/stories").join(page(name));
        let pieces = pages::pieces(&fs::read_to_string(path).expect("a story"));
        let differences = pages::steps(&pieces).map(|_| None).collect();
        Story { name: page(name), pieces, differences, ours_alone: Vec::new() }
    };
    // In the hooks of that one the original calls itself until the shell breaks down.
    TOLD.iter().filter(|name| **name != "leaving").map(story).collect()
}

// --- The differences' page ---------------------------------------------------------------------------

/// Notes the differences in their stories, and returns what cannot be found there.
fn note(pieces: &[Piece], stories: &mut [Story], shell: Shell) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut at = None; // story, step
    let (mut is_undone, mut is_elsewhere, mut is_amends, mut place) = (false, false, false, 0);
    for piece in pieces {
        match piece {
            Piece::Prose(line) if line.starts_with("```") => is_amends = line == "```sh\n",
            Piece::Prose(_) if is_amends && is_elsewhere => {}
            Piece::Prose(line) if is_amends => {
                let last = at.and_then(|(story, step): (usize, usize)| {
                    stories[story].differences.get_mut(step.checked_sub(1)?)?.as_mut()
                });
                last.expect("an sh block stands behind a console block").amends.push_str(line);
            }
            Piece::Prose(line) => {
                let Some((name, section)) = link(line) else { continue };
                let Some(story) = stories.iter().position(|story| story.name == name) else {
                    complaints.push(format!("There is no story {name}."));
                    continue;
                };
                if line.starts_with("- ") {
                    let steps = stories[story].steps_of(section);
                    complaints.extend(steps.is_empty().then(|| format!("{name} has no section {section}.")));
                    stories[story].ours_alone.push(steps);
                    continue;
                }
                is_undone = line.contains("undone");
                is_elsewhere = ["bash", "zsh"]
                    .iter()
                    .any(|other| *other != shell.name && line.contains(&format!("in {other}")));
                at = stories[story].section(section).map(|step| (story, step));
                if at.is_none() {
                    complaints.push(format!("{name} has no section {section}."));
                }
            }
            Piece::Step(step) => {
                let found = at.and_then(|(story, start): (usize, usize)| {
                    let Story { pieces, differences, .. } = &stories[story];
                    let mut steps = pages::steps(pieces).enumerate().skip(start);
                    let found = steps.find(|(at, it)| it.typed == step.typed && differences[*at].is_none());
                    found.map(|(found, _)| (story, found))
                });
                match found {
                    Some((story, step)) if is_elsewhere => at = Some((story, step + 1)),
                    Some((story, step)) => {
                        let difference = Difference { place, is_undone, amends: String::new() };
                        stories[story].differences[step] = Some(difference);
                        at = Some((story, step + 1));
                    }
                    None => complaints.push(format!("No story has there:\n{}", step.shown)),
                }
                place += 1;
            }
        }
    }
    complaints
}

/// The story and the section that a line links.
fn link(line: &str) -> Option<(&str, &str)> {
    let (target, _) = line.split_once("](../stories/")?.1.split_once(')')?;
    Some(target.split_once('#').unwrap_or((target, "")))
}

/// What links call a heading.
fn anchor(heading: &str) -> String {
    let letters = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = letters.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().replace(' ', "-")
}

impl Story {
    /// The first step of a section; of the story, if it is the empty one.
    fn section(&self, section: &str) -> Option<usize> {
        let is_start = |piece: &Piece| match piece {
            Piece::Prose(line) => line.starts_with('#') && anchor(line) == section,
            Piece::Step(_) => false,
        };
        let start = if section.is_empty() { 0 } else { self.pieces.iter().position(is_start)? };
        Some(pages::steps(&self.pieces[..start]).count())
    }

    /// The steps from a section's first to the next heading; all of the story, if it is the empty one.
    fn steps_of(&self, section: &str) -> Range<usize> {
        let Some(start) = self.section(section) else { return 0..0 };
        let mut seen = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Step(_) => seen += 1,
                Piece::Prose(line) if seen > start && !section.is_empty() && line.starts_with("## ") => {
                    return start..seen;
                }
                Piece::Prose(_) => {}
            }
        }
        start..seen
    }

    /// Where what was seen and the differences contradict each other.
    fn complaints(&self, seen: &[String]) -> Vec<String> {
        let name = &self.name;
        let steps = pages::steps(&self.pieces).zip(seen).zip(&self.differences);
        let steps: Vec<_> = steps
            .map(|((step, seen), listed)| {
                (step, seen, listed, pages::is_like(&plain(&step.seen), &plain(seen)))
            })
            .collect();
        let is_shared = |alone: &&Range<usize>| steps[(*alone).clone()].iter().all(|(.., is_like)| *is_like);
        let shared = self.ours_alone.iter().filter(is_shared);
        let mut complaints: Vec<String> = shared
            .map(|alone| format!("--- {name} is not ours alone, from:\n{}", steps[alone.start].0.shown))
            .collect();
        let complaint = |(step, seen, listed, is_like): (&Step, &String, &Option<_>, bool)| {
            let Step { shown, seen: ours, .. } = step;
            match (listed, is_like) {
                (None, false) => Some(format!("--- {name} differs:\n{shown}{ours}--- the original:\n{seen}")),
                (Some(_), true) => Some(format!("--- {name} does not differ any more:\n{shown}")),
                _ => None,
            }
        };
        let compared = steps.into_iter().enumerate();
        let compared = compared.filter(|(at, _)| !self.ours_alone.iter().any(|alone| alone.contains(at)));
        complaints.extend(compared.filter_map(|(_, step)| complaint(step)));
        complaints
    }
}

/// What is compared: the head of the differences' page excepts the rest.
fn plain(seen: &str) -> String {
    let lines = seen.split_inclusive('\n').filter(|line| !line.starts_with("hint: "));
    lines.map(|line| line.strip_prefix("ERROR: ").unwrap_or(line)).collect()
}

// --- The original ------------------------------------------------------------------------------------

/// What is seen of each story's steps. It starts a hundred Pythons a story: two stories at a time.
fn tell(stories: &[Story], shell: Shell) -> Vec<Vec<String>> {
    let waiting = Mutex::new(stories.iter().enumerate());
    let told = Mutex::new(BTreeMap::new());
    let next = || waiting.lock().expect("no teller failed").next();
    let teller = || {
        while let Some((number, story)) = next() {
            let seen = happen(story, shell);
            told.lock().expect("no teller failed").insert(number, seen);
        }
    };
    let tellers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..tellers).for_each(|_| drop(scope.spawn(teller))));
    told.into_inner().expect("no teller failed").into_values().collect()
}

fn happen(story: &Story, shell: Shell) -> Vec<String> {
    let sandbox = Sandbox::without_blanks();
    let scripts = pages::steps(&story.pieces).zip(&story.differences);
    let scripts: Vec<String> = scripts.map(|(step, difference)| script(step, difference.as_ref())).collect();
    pages::happen(&sandbox, original(&sandbox, shell), &scripts)
}

fn script(step: &Step, difference: Option<&Difference>) -> String {
    let typed = &step.typed;
    let amends = match difference {
        Some(difference) if !difference.amends.is_empty() => {
            format!("{{\n{}}} >/dev/null 2>&1\n", difference.amends)
        }
        _ => String::new(),
    };
    if difference.is_some_and(|difference| difference.is_undone) {
        return format!(
            "cp -a \"$HOME\" \"$HOME.kept\"\n(\n{typed})\necho \"{MARK}$?\"\n\
             rm -rf \"$HOME\" && mv \"$HOME.kept\" \"$HOME\" && builtin cd \"$PWD\"\n{amends}"
        );
    }
    format!("{typed}echo \"{MARK}$?\"\n{amends}")
}

/// virtualenvwrapper, from PyPI.
#[expect(clippy::disallowed_methods, reason = "tests start programs")]
fn peers() -> &'static PathBuf {
    static PEERS: OnceLock<PathBuf> = OnceLock::new();
    PEERS.get_or_init(|| {
        let output = Command::new(project().join("packaging/peers.sh")).output().expect("it runs");
        assert!(output.status.success(), "{}", crate::support::told(&output));
        PathBuf::from(String::from_utf8(output.stdout).expect("UTF-8").trim_end())
    })
}

/// A shell that has loaded the original and tells `$HOME/.story`.
fn original(sandbox: &Sandbox, shell: Shell) -> Command {
    // Only the system's programs beside: version managers have a `deactivate`, and a pip that must not be used.
    let path = format!("{}:/usr/bin:/bin", tools(sandbox).display());
    // What loading it makes goes: ours makes nothing then, and the stories are not to list it.
    let script = ". \"$SHIM\"\nrm -r \"$WORKON_HOME\"\n. \"$HOME/.story\"\n";
    let mut command = sandbox.command(shell.words[0]);
    command.args(&shell.words[1..]).arg("-c").arg(script).env("PATH", path);
    command.env("SHIM", peers().join("bin/virtualenvwrapper.sh"));
    command.env("VIRTUALENVWRAPPER_PYTHON", peers().join("bin/python"));
    // Without the chatter of its hooks and of virtualenv, and without what virtualenv would fetch.
    command.env("HOOK_VERBOSE_OPTION", "-q").env("VIRTUALENV_QUIET", "1");
    command.env("VIRTUALENV_NO_DOWNLOAD", "1").env("VIRTUALENV_NO_PERIODIC_UPDATE", "1");
    command
}

/// A directory with the programs that the original and the stories call.
fn tools(sandbox: &Sandbox) -> PathBuf {
    let tools = sandbox.home().with_file_name("tools");
    fs::create_dir(&tools).expect("a directory");
    for tool in ["virtualenv", "virtualenv-clone"] {
        symlink(peers().join("bin").join(tool), tools.join(tool)).expect("linked");
    }
    let python = peers().join("bin/python").canonicalize().expect("the interpreter that it was made by");
    symlink(python, tools.join("python3")).expect("linked");
    // Where an environment has no pip, the original uses whichever is on PATH. None of this machine's, please.
    let pip = tools.join("pip");
    fs::write(&pip, "#!/bin/sh\necho \"the outer pip: $*\"\n").expect("written");
    fs::set_permissions(&pip, fs::Permissions::from_mode(0o755)).expect("executable");
    tools
}
