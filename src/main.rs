//! The front door: what the process was given goes in, its exit status comes out.

use std::io::IsTerminal;

/// The umask can only be asked by setting it.
fn umask() -> u32 {
    let mask = rustix::process::umask(rustix::fs::Mode::empty());
    rustix::process::umask(mask);
    mask.bits()
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the process's environment")]
fn main() -> std::process::ExitCode {
    let surroundings = venvyard::Surroundings {
        variables: std::env::vars_os().collect(),
        directory: std::env::current_dir().ok(),
        executable: std::env::current_exe().unwrap_or_default(),
        umask: umask(),
        user: rustix::process::geteuid().as_raw(),
        group: rustix::process::getegid().as_raw(),
        is_terminal: std::io::stdout().is_terminal(),
        // A clock that stands before 1970 tells nothing.
        time: std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default(),
    };
    venvyard::run(std::env::args_os(), surroundings, &mut std::io::stdout().lock()).into()
}
