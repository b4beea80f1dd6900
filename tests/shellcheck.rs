//! shellcheck reads every shell file as it is.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{is_here, project, told};

#[test]
#[expect(clippy::disallowed_methods, reason = "tests start programs")]
fn shellcheck_is_content_with_every_shell_file() {
    if !is_here("shellcheck") {
        return;
    }
    let files: Vec<PathBuf> = [("shell", "sh"), ("completions", "bash"), ("packaging", "sh"), ("benches", "sh")]
        .into_iter()
        .flat_map(|(directory, extension)| {
            let entries = project().join(directory).read_dir().into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).filter(move |path| path.extension().is_some_and(|e| e == extension))
        })
        .collect();
    assert!(files.len() > 2, "{files:?}");
    let output = Command::new("shellcheck").args(&files).output().expect("shellcheck runs");
    assert!(output.status.success(), "{}", told(&output));
}
