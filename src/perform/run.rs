//! Programs that effects start. Their stdout is our stderr: ours is a script, or nothing.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::terminal;
use crate::venv::shown;

/// A child was interrupted, so the command is: status 130.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// Whether `status` is that of a child that SIGINT ended.
pub(super) fn is_interrupted(status: ExitStatus) -> bool {
    const SIGINT: i32 = 2;
    status.signal() == Some(SIGINT) || status.code() == Some(128 + SIGINT)
}

/// A program with arguments, started from `directory`, that talks to the user on stderr.
#[expect(clippy::disallowed_methods, reason = "the one place where effects start programs")]
pub(super) fn program(program: &Path, arguments: &[OsString], directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).stdout(Stdio::from(io::stderr()));
    // What is meant for our shim is not meant for a child.
    for name in ["VENVYARD_SHELL", "VENVYARD_TERMINAL", "VENVYARD_INITIALIZED"] {
        command.env_remove(name);
    }
    command
}

/// An interpreter that is not led astray by the caller's environment. What PIP_* says of indexes and
/// certificates counts; what it says of places would put pip elsewhere.
pub(super) fn python(executable: &Path, arguments: &[OsString], directory: &Path) -> Command {
    let mut command = program(executable, arguments, directory);
    for name in PYTHON_VARIABLES {
        command.env_remove(name);
    }
    for name in
        ["PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV", "SOURCE_DATE_EPOCH"]
    {
        command.env_remove(name);
    }
    command
}

/// Takes away what PIP_* says: a template is the same whoever it is made for.
pub(super) fn without_pip_settings(command: &mut Command) {
    for name in PIP_VARIABLES {
        command.env_remove(name);
    }
}

/// Those that choose what pip installs and from where; ensurepip takes its own wheels.
const PIP_VARIABLES: [&str; 9] = [
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_CONFIG_FILE",
    "PIP_CONSTRAINT",
    "PIP_NO_COMPILE",
    "PIP_NO_BINARY",
    "PIP_ONLY_BINARY",
];

/// Those that change what Python imports or writes; the others of PYTHON* only concern its output.
const PYTHON_VARIABLES: [&str; 11] = [
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONPLATLIBDIR",
    "PYTHONSAFEPATH",
    "PYTHONUSERBASE",
    "PYTHONNOUSERSITE",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPYCACHEPREFIX",
    "PYTHONOPTIMIZE",
    "__PYVENV_LAUNCHER__",
];

/// Lets `executable`, which is this program, sweep `home` when we are gone. Nobody waits for it, and no Ctrl-C ends it;
/// what it does not delete, the next command that writes does.
pub(super) fn behind(executable: &Path, home: &Path) {
    use std::os::unix::process::CommandExt;
    let mut command = program(executable, &["sweep".into(), home.into()], home);
    let _ = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// Runs a hook; what it returns counts for nothing, that it could not be started is said.
pub(super) fn hook(path: &Path, argument: &OsStr, directory: &Path, variables: &[(&str, OsString)]) {
    use std::io::IsTerminal;
    let mut command = program(path, &[argument.to_owned()], directory);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    // Of `while read x; do rmvirtualenv "$x"; done` a hook shall eat nothing.
    if !io::stdin().is_terminal() {
        command.stdin(Stdio::null());
    }
    if let Err(error) = command.status() {
        terminal::say(&format!("WARNING: cannot run the hook {}: {error}", shown(path)));
    }
}
