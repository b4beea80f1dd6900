//! Every shell file as it is: shellcheck reads it, bash 3.2 could, and fish_indent reads those of fish.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{is_here, old_bash, project, told};

#[test]
#[expect(clippy::disallowed_methods, reason = "tests start programs")]
fn shellcheck_is_content_with_every_shell_file() {
    if !is_here("shellcheck") {
        return;
    }
    let places = [
        ("shell", "sh"),
        ("shell/profile.d", "sh"),
        ("completions", "bash"),
        ("packaging", "sh"),
        ("benches", "sh"),
        ("tests/original", "sh"),
    ];
    let files: Vec<PathBuf> = places.into_iter().flat_map(|(place, end)| files(place, end)).collect();
    assert!(files.len() > 2, "{files:?}");
    let output = Command::new("shellcheck").args(&files).output().expect("shellcheck runs");
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests start programs")]
fn fish_indent_is_content_with_every_fish_file() {
    if !is_here("fish_indent") {
        return;
    }
    let files: Vec<PathBuf> =
        ["shell", "completions", "benches"].into_iter().flat_map(|place| files(place, "fish")).collect();
    assert!(files.len() > 1, "{files:?}");
    let output = Command::new("fish_indent").arg("--check").args(&files).output().expect("fish_indent runs");
    assert!(output.status.success(), "{}", told(&output));
}

/// What bash of 3.2, which macOS has, does not know, or understands otherwise. `BASH_ALIASES`, which is empty there, and
/// `compopt`, which the code calls where it is, are not among it.
const NEWER: &[&str] = &[
    // Kinds of variables.
    "declare -A",
    "typeset -A",
    "local -A",
    "declare -g",
    "declare -n",
    "typeset -n",
    "local -n",
    "local -",
    // Expansions.
    "^}",
    "^^",
    ",}",
    ",,}",
    "@Q}",
    "@A}",
    "@a}",
    "@E}",
    "@P}",
    "@U}",
    "@L}",
    "[-1]",
    ":0:-",
    "$'\\u",
    "$'\\U",
    "${ ",
    "%(",
    // Commands, their options, and variables.
    "mapfile",
    "readarray",
    "coproc",
    "complete -D",
    "complete -E",
    "nosort",
    "wait -n",
    "read -t 0.",
    "read -N",
    "[[ -v",
    "test -v",
    "test -R",
    "globstar",
    "lastpipe",
    "inherit_errexit",
    "BASHPID",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "SRANDOM",
    "BASH_ARGV0",
    // Operators; what `source` is given by a process it reads as nothing.
    "&>>",
    "|&",
    ";&",
    ";;&",
    "}>&",
    "}<&",
    "}>\"",
    "source <(",
    ". <(",
];

/// What `text` has that bash 3.2 has not.
fn newer(text: &str) -> Vec<&'static str> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let code: String = lines.map(|line| line.split(" # ").next().unwrap_or(line).to_owned() + "\n").collect();
    let mut found: Vec<_> = NEWER.iter().copied().filter(|construct| code.contains(construct)).collect();
    // Of an empty array, under nounset, it takes the name for unset; `${a[@]+"${a[@]}"}` is what it understands.
    found.extend(code.split("[@]}\"").skip(1).any(|rest| !rest.starts_with('}')).then_some("[@]}\""));
    found
}

/// What bash reads when it starts, or completes.
fn read_by_bash() -> Vec<PathBuf> {
    let places = [("shell", "sh"), ("shell/profile.d", "sh"), ("completions", "bash")];
    places.into_iter().flat_map(|(place, end)| files(place, end)).collect()
}

#[test]
fn what_bash_reads_has_nothing_newer_than_bash_3_2() {
    let files = read_by_bash();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let found = newer(&fs::read_to_string(&file).expect("readable"));
        assert_eq!(found, [] as [&str; 0], "{}", file.display());
    }
    assert_eq!(newer("x=${y^^}\nmapfile -t z # mapfile\n: \"${z[@]}\""), ["^}", "^^", "mapfile", "[@]}\""]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests start programs")]
fn bash_3_2_reads_every_file_of_bash() {
    let Some(bash) = old_bash() else { return };
    for file in read_by_bash() {
        let output = Command::new(bash.words[0]).arg("-n").arg(&file).output().expect("bash runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{}: {}", file.display(), told(&output));
    }
}

/// The files of a directory, if it exists, whose name ends like this.
fn files(directory: &str, extension: &str) -> Vec<PathBuf> {
    let entries = project().join(directory).read_dir().into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|other| other == extension));
    files
}
