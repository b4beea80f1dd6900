//! shellcheck reads every shell file as it is, and fish_indent those of fish.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{is_here, project, told};

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

/// The files of a directory, if it exists, whose name ends like this.
fn files(directory: &str, extension: &str) -> Vec<PathBuf> {
    let entries = project().join(directory).read_dir().into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|other| other == extension));
    files
}
