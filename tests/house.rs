//! The rules of the house, held by reading its files: who uses whom, who touches what, what belongs together.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{fish_quoted, project};

/// Each room, and the rooms that it may use. `lib` may use all.
const ROOMS: [(&str, &[&str]); 8] = [
    ("cli", &["commands"]),
    ("commands", &["context", "plan", "shell", "venv"]),
    ("context", &["shell", "venv"]),
    ("perform", &["plan", "terminal", "venv"]),
    ("plan", &["shell", "venv"]),
    ("venv", &["shell"]),
    ("shell", &[]),
    ("terminal", &[]),
];

/// What changes the disk or starts programs.
const CHANGES: [&str; 16] = [
    "fs::write",
    "fs::create_dir",
    "fs::remove_",
    "fs::rename",
    "fs::copy",
    "fs::hard_link",
    "fs::set_permissions",
    "File::create",
    "File::options",
    "OpenOptions",
    "fs::symlink",
    "renameat",
    "tempfile::",
    "Command::new",
    "TempDir",
    "set_len",
];

/// What reads the process's surroundings.
const SURROUNDINGS: [&str; 6] =
    ["env::var", "env::args", "env::current_", "env::home_dir", "io::stdin", "io::stdout"];

fn files(directory: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![project().join(directory)];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            match entry.path() {
                path if path.is_dir() => open.push(path),
                path if path.to_string_lossy().ends_with(ending) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// A file's code without its tests, which may do what they like.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("readable");
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    let lines = text[..end].split_inclusive('\n');
    lines.filter(|line| !line.trim_start().starts_with("//")).collect()
}

/// The room that a file of src belongs to.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(project().join("src")).expect("in src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn a_room_uses_only_the_rooms_that_it_may() {
    let names: Vec<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    for path in files("src", ".rs") {
        let room = room(&path);
        if room == "main" || room == "lib" {
            continue;
        }
        let (_, allowed) =
            ROOMS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("no room {room}"));
        for mention in code(&path).split("crate::").skip(1) {
            let used: String =
                mention.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            let known = names.contains(&used.as_str());
            assert!(known, "{}: crate::{used} is not a room", path.display());
            assert!(
                used == room || allowed.contains(&used.as_str()),
                "{}: {room} must not use {used}",
                path.display()
            );
        }
    }
}

#[test]
fn only_perform_changes_the_disk() {
    // These two start a program to ask it something, and say so.
    let asking = ["src/venv/python.rs", "src/context/expand.rs"];
    for path in files("src", ".rs").iter().filter(|path| room(path) != "perform") {
        let code = code(path);
        for change in CHANGES {
            let asks = change == "Command::new" && asking.iter().any(|file| path.ends_with(file));
            assert!(asks || !code.contains(change), "{}: {change} belongs into perform", path.display());
        }
    }
}

#[test]
fn only_main_reads_the_surroundings() {
    // Whether a hook's stdin is a terminal, and where a child's stdout goes.
    let exceptions = [("src/perform/run.rs", "io::stdin")];
    for path in files("src", ".rs").iter().filter(|path| room(path) != "main") {
        let code = code(path);
        for word in SURROUNDINGS {
            let excepted = exceptions.iter().any(|(file, allowed)| path.ends_with(file) && *allowed == word);
            assert!(excepted || !code.contains(word), "{}: {word} belongs into main", path.display());
        }
    }
}

#[test]
fn there_is_no_room_without_a_subject() {
    for path in files("src", ".rs") {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!["util", "utils", "common", "helpers", "types", "error"].contains(&stem.as_str()), "{stem}");
    }
}

#[test]
fn every_file_opens_with_a_sentence() {
    for path in files("src", ".rs").into_iter().chain(files("tests", ".rs")) {
        let text = fs::read_to_string(&path).expect("readable");
        let sentence: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(sentence.join(" ").contains(['.', ':']), "{}: no sentence at the top", path.display());
    }
}

#[test]
fn commands_are_of_one_shape_and_what_is_none_serves_several() {
    let description = venvyard::description();
    let files = files("src/commands", ".rs");
    for path in files.iter().filter(|path| !path.ends_with("mod.rs")) {
        let text = fs::read_to_string(path).expect("readable");
        let name = path.file_stem().expect("a name").to_str().expect("UTF-8");
        if description.find_subcommand(name).is_none() {
            let uses = files.iter().filter(|file| code(file).contains(&format!("super::{name}")));
            assert!(uses.count() > 1, "{}: it is no command, and serves at most one", path.display());
            continue;
        }
        let parts =
            ["//! `", "pub struct Args", "impl Args {", "fn plan(self, context: &Context)", "#[cfg(test)]"];
        let places: Vec<Option<usize>> = parts.iter().map(|part| text.find(part)).collect();
        assert!(places.iter().all(Option::is_some), "{}: misses a part of {parts:?}", path.display());
        assert!(places.is_sorted(), "{}: its parts are not in order", path.display());
    }
}

/// To us an empty variable is none, and every shell has `export`.
#[test]
fn no_hint_says_unset_which_fish_has_not() {
    for path in files("src", ".rs") {
        let text = code(&path);
        let has_it = ["hint: unset ", "\"unset "].iter().any(|words| text.contains(words));
        assert!(!has_it, "{}: export NAME= can be typed in every shell", path.display());
    }
}

#[test]
fn every_verb_is_defined_in_every_shim() {
    let shell = code(&project().join("src/shell/mod.rs"));
    let verbs: BTreeSet<&str> = shell
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        .filter(|word| word.starts_with("__venvyard_"))
        .collect();
    assert!(verbs.len() > 8, "{verbs:?}");
    let shims = [("shell/verbs.sh", ["\n", "() {"].as_slice()), ("shell/verbs.fish", &["\nfunction ", " #"])];
    for (shim, around) in shims {
        let text = fs::read_to_string(project().join(shim)).expect("readable");
        for verb in &verbs {
            assert!(text.contains(&around.join(verb)), "{shim} does not define {verb}");
        }
    }
}

#[test]
fn every_setting_reaches_the_program_and_every_lent_one_is_taken_back() {
    let context = code(&project().join("src/context/mod.rs"));
    let read = |path: &str| fs::read_to_string(project().join(path)).expect(path);
    let settings = |text: &str| -> BTreeSet<String> {
        let is_setting = |word: &&str| {
            ["WORKON_HOME", "PROJECT_HOME", "PIP_DOWNLOAD_CACHE", "PIP_CACHE_DIR"].contains(word)
                || word.starts_with("VIRTUALENVWRAPPER_")
        };
        text.split('"').filter(is_setting).map(str::to_owned).collect()
    };
    let verbs = read("shell/verbs.sh");
    let exported = verbs.split("__venvyard_export_settings() {").nth(1).expect("a function");
    for name in settings(&context) {
        assert!(exported.contains(&format!(" {name}")), "the shim does not hand over {name}");
        let line = format!("\n    set -q {name} && set -lx {name} ${name}\n");
        assert!(read("shell/verbs.fish").contains(&line), "the shim for fish does not hand over {name}");
    }
    let lent = context
        .split("fn hook_variables")
        .nth(1)
        .and_then(|rest| rest.split("\n    }\n").next())
        .expect("lent");
    for name in settings(lent) {
        assert!(
            read("shell/verbs.sh").contains(&format!("*:{name}:*) \\unset {name} ;;")),
            "{name} is not taken back"
        );
    }
}

#[test]
fn every_command_is_in_every_place() {
    let read = |path: &str| fs::read_to_string(project().join(path)).expect(path);
    let stories: String =
        files("tests/stories", ".md").iter().map(|path| fs::read_to_string(path).expect("a story")).collect();
    let man = read("docs/man/venvyard.1");
    for command in venvyard::description().get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = command.get_name();
        let is_function = !["cache", "init", "setup"].contains(&name);
        if is_function {
            let line = format!("\n{name}() {{ __venvyard {name} \"$@\" || \\return \"$?\"; }}\n");
            assert!(read("shell/venvyard.sh").contains(&line), "the shim has no line for {name}");
            let line = line.replace("__venvyard ", "__venvyard_late ");
            assert!(read("shell/profile.sh").contains(&line), "login shells have no line for {name}");
            let about = fish_quoted(&command.get_about().expect("a sentence").to_string());
            let lines =
                format!("\nfunction {name} --description {about}\n    __venvyard {name} $argv\nend\n");
            assert!(read("shell/venvyard.fish").contains(&lines), "the shim for fish has no {lines}");
            assert!(stories.contains(&format!("$ {name}")), "no story tells of {name}");
        }
        assert!(man.contains(name), "the man page does not know {name}");
        assert!(read("README.md").contains(name), "README does not know {name}");
    }
}

/// That each argument is completed as what it is to be, a test of `commands::complete` asks.
#[test]
fn tab_completes_every_command_in_every_shell() {
    let description = venvyard::description();
    let commands = description.get_subcommands().filter(|command| !command.is_hide_set());
    let commands =
        commands.map(clap::Command::get_name).filter(|name| !["cache", "init", "setup"].contains(name));
    let expected: BTreeSet<&str> = commands.chain(["venvyard"]).collect();
    let files = [
        "completions/venvyard.bash",
        "completions/_venvyard",
        "completions/venvyard.fish",
        "shell/venvyard.sh",
        "shell/venvyard.fish",
        "shell/profile.sh",
    ];
    for file in files {
        let text = fs::read_to_string(project().join(file)).expect(file);
        let list = &text[text.rfind("add2virtualenv allvirtualenv").expect("a list of the commands")..];
        let words = list
            .split(|letter: char| letter.is_whitespace() || letter == '\\')
            .filter(|word| !word.is_empty());
        let named: BTreeSet<&str> =
            words.take_while(|word| word.chars().all(char::is_alphanumeric)).take(expected.len()).collect();
        assert_eq!(named, expected, "{file}");
    }
}

#[test]
fn the_configuration_is_documented_key_by_key() {
    let config = code(&project().join("src/context/config.rs"));
    let read = |path: &str| fs::read_to_string(project().join(path)).expect(path);
    let (readme, example) = (read("README.md"), read("packaging/config.toml"));
    let keys = config.lines().filter_map(|line| line.trim().strip_suffix(">,")?.split_once(": Option<"));
    let keys: Vec<&str> = keys.filter_map(|(start, _)| start.split_whitespace().last()).collect();
    assert!(keys.len() >= 4, "{keys:?}");
    for key in keys {
        assert!(readme.contains(&format!("`{key}`")), "README does not tell of {key}");
        assert!(example.contains(&format!("\n#{key} = ")), "packaging/config.toml does not show {key}");
    }
}

#[test]
fn every_hook_is_documented() {
    let hooks = code(&project().join("src/venv/hook.rs"));
    let readme = fs::read_to_string(project().join("README.md")).expect("readable");
    let files = hooks.split("fn file(self)").nth(1).and_then(|rest| rest.split("fn ").next()).expect("names");
    let names: Vec<&str> = files.split('"').skip(1).step_by(2).collect();
    assert_eq!(names.len(), 14, "{names:?}");
    for name in names {
        assert!(readme.contains(&format!("`{name}`")), "README does not tell of {name}");
    }
}

#[test]
fn every_dependency_has_a_reason() {
    let design = fs::read_to_string(project().join("docs/design.md")).expect("readable");
    let manifest = fs::read_to_string(project().join("Cargo.toml")).expect("readable");
    let sections = manifest
        .split("\n[")
        .filter(|section| section.starts_with("dependencies]") || section.starts_with("dev-dependencies]"));
    let names =
        sections.flat_map(|section| section.lines().skip(1)).filter_map(|line| line.split_once(" = "));
    for (name, _) in names {
        assert!(design.contains(&format!("| {name} |")), "docs/design.md gives no reason for {name}");
    }
}

#[test]
fn nothing_of_this_machine_is_written_down() {
    let root = project().to_string_lossy().into_owned();
    let homes = [root, format!("/{}/.", "root"), format!("/home/{}", "runner")];
    let skipped = ["target", ".git"];
    let mut open = vec![project().to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                if !skipped.iter().any(|skipped| path.ends_with(skipped)) {
                    open.push(path);
                }
            } else if let Ok(text) = fs::read_to_string(&path) {
                for home in &homes {
                    assert!(!text.contains(home.as_str()), "{} names {home}", path.display());
                }
            }
        }
    }
}
