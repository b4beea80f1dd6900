//! The program as a black box: arguments and environment in; stdout, stderr, status and files out.

mod add2virtualenv;
mod mkproject;
mod mkvirtualenv;
mod program;
mod rmvirtualenv;
mod workon;

use std::process::Output;

use crate::support::{Sandbox, VENVYARD};

/// What the shim would get: the program asked as bash's shim asks it.
fn asked(sandbox: &Sandbox, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = sandbox.command(VENVYARD);
    command.args(arguments).env("VENVYARD_SHELL", "bash").envs(variables.iter().copied());
    command.output().expect("venvyard runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Fails unless `output` is one clear error: nothing on stdout, an ERROR line, a hint, the status.
fn assert_refused(output: &Output, says: &str) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(text(&output.stdout), "", "{stderr}");
    assert_eq!(stderr.matches("ERROR: ").count(), 1, "{stderr}");
    assert!(stderr.contains(says), "{stderr}");
    assert!(stderr.contains("\nhint: "), "{stderr}");
}

/// Every path below a directory, sorted: what a command that changes nothing leaves as it was.
fn tree(sandbox: &Sandbox) -> Vec<String> {
    let entries = walkdir::WalkDir::new(sandbox.home()).sort_by_file_name();
    entries.into_iter().map(|entry| entry.expect("readable").path().display().to_string()).collect()
}
