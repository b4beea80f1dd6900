//! What /etc/profile.d/venvyard.sh does to a login: nothing that is seen, whatever shell reads it, however that is set.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::{Sandbox, is_here, project, shells, told};
use crate::terminal::Terminal;

/// The shells that read /etc/profile, and how they do it; `.` means plainly.
const READERS: [(&[&str], &str); 10] = [
    (&["dash"], "."),
    (&["bash", "--norc"], "."),
    (&["bash", "--norc", "--posix"], "."),
    (&["ksh"], "."),
    (&["mksh"], "."),
    (&["busybox", "ash"], "."),
    (&["yash", "--norcfile"], "."),
    (&["yash", "--norcfile", "--posixly-correct"], "."),
    // Arch's /etc/zsh/zprofile, and Fedora's /etc/zshrc.
    (&["zsh", "-f"], "emulate sh -c 'source \"$PROFILE\"'"),
    (&["zsh", "-f"], "read_profile() { emulate -L ksh; source \"$PROFILE\"; }; read_profile"),
];

/// What may be so when a login shell comes to the file.
const LOGINS: [&str; 10] = [
    ":",
    "set -e",
    "set -u",
    "set -eu",
    "set -f; set -C",
    "IFS=0123456789/.abcdefghijklmnopqrstuvwxyz",
    "unset HOME WORKON_HOME",
    "HOME=/nonexistent; unset WORKON_HOME",
    "HOME='' WORKON_HOME=''",
    "VENVYARD_PROFILE=no",
];

/// The two files of the packages, their place among them the sandbox's.
struct Installed {
    sandbox: Sandbox,
    share: PathBuf,
}

impl Installed {
    fn new() -> Self {
        let sandbox = Sandbox::without_blanks();
        let share = sandbox.home().with_file_name("share");
        fs::create_dir(&share).expect("made");
        let placed = |file: &str| {
            let text = fs::read_to_string(project().join("shell").join(file)).expect(file);
            assert!(text.contains("/usr/share/venvyard"), "{text}");
            text.replace("/usr/share/venvyard", share.to_str().expect("UTF-8"))
        };
        fs::write(share.join("profile"), placed("profile.d/venvyard.sh")).expect("written");
        fs::write(share.join("profile.sh"), placed("profile.sh")).expect("written");
        sandbox.write_shim("bash", &share.join("venvyard.sh"));
        for path in [share.parent().expect("a directory"), &share] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
        }
        Self { sandbox, share }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.sandbox.command(program);
        command.env("PROFILE", self.share.join("profile"));
        command
    }

    /// `before`, then the profile is read, then `after`.
    fn run(&self, (words, reading): (&[&str], &str), before: &str, after: &str) -> Output {
        let reading = if reading == "." { ". \"$PROFILE\"" } else { reading };
        let mut command = self.command(words[0]);
        command.args(&words[1..]).arg("-c").arg(format!("{before}\n{reading}\n{after}\n"));
        command.output().expect("the shell runs")
    }
}

fn readers() -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    READERS.into_iter().filter(|(words, _)| is_here(words[0]))
}

/// Those that get the commands.
fn served() -> impl Iterator<Item = (&'static [&'static str], &'static str)> {
    readers().filter(|(words, _)| ["bash", "ksh", "mksh", "zsh"].contains(&words[0]))
}

#[test]
fn no_login_notices_the_profile() {
    let installed = Installed::new();
    // Names that begin with `_` are shells' own: ksh93's echo exports one.
    let exported = "/usr/bin/env | /usr/bin/grep -v ^_ | /usr/bin/sort";
    for (reader, login) in readers().flat_map(|reader| LOGINS.map(|login| (reader, login))) {
        let before = format!("{login}\nbefore=$({exported})");
        let after = format!("echo \"reached $?\"\nafter=$({exported})\ntest \"$before\" = \"$after\"");
        let output = installed.run(reader, &before, &after);
        let is_silent = output.stdout == b"reached 0\n" && output.stderr.is_empty();
        assert!(output.status.success() && is_silent, "{reader:?}, {login}: {}", told(&output));
    }
    assert_eq!(fs::read_dir(installed.sandbox.home()).expect("readable").count(), 0);
}

#[test]
fn the_profile_is_silent_for_nobody_in_a_home_that_is_not_to_be_written_to() {
    let installed = Installed::new();
    let home = installed.sandbox.home();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o555)).expect("set");
    let is_root = rustix::process::geteuid().is_root();
    for (words, reading) in readers() {
        let reading = if reading == "." { ". \"$PROFILE\"" } else { reading };
        let mut command = match is_root && is_here("setpriv") {
            true => {
                let mut command = installed.command("setpriv");
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups", words[0]]);
                command
            }
            false => installed.command(words[0]),
        };
        // Nor is there anything in its environment.
        command.env_clear().env("HOME", &home).env("PROFILE", installed.share.join("profile"));
        command.args(&words[1..]).arg("-c").arg(format!("{reading}\nsaid=$? PATH=/usr/bin\necho \"$said\""));
        let output = command.output().expect("the shell runs");
        assert!(output.stdout == b"0\n" && output.stderr.is_empty(), "{words:?}: {}", told(&output));
    }
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).expect("set");
}

#[test]
fn to_read_the_profile_takes_no_process() {
    if !is_here("strace") {
        return;
    }
    let installed = Installed::new();
    for (words, reading) in readers() {
        let script = installed.share.join("script");
        let reading = if reading == "." { ". \"$PROFILE\"" } else { reading };
        fs::write(&script, format!("{reading}\n")).expect("written");
        let mut command = installed.command("strace");
        command.args(["-f", "-qq", "-e", "trace=fork,vfork,clone,clone3,execve", "-e", "signal=none"]);
        let output = command.args(words).arg(&script).output().expect("strace runs");
        let calls = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && calls.lines().count() == 1, "{words:?}: {calls}");
    }
}

#[test]
fn the_commands_are_there_in_every_shell_that_can_have_them() {
    for reader in served() {
        let installed = Installed::new();
        let root = installed.sandbox.hollow("blog");
        fs::write(root.join("bin/postactivate"), "trap 'echo at the end' EXIT\necho \"hook $1\"\n")
            .expect("written");
        let script = "workon blog && echo \"in $VIRTUAL_ENV\"\nlsvirtualenv -b\n\
                      deactivate && echo \"left ${VIRTUAL_ENV-}\"\nworkon missing || echo \"status $?\"";
        let output = installed.run(reader, "", script);
        let seen = String::from_utf8_lossy(&output.stdout).replace("at the end\n", "");
        let expected = format!("hook post_activate\nin {}\nblog\nleft \nstatus 1\n", root.display());
        assert_eq!(seen, expected, "{reader:?}: {}", told(&output));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.starts_with("ERROR: Environment 'missing' does not exist."), "{errors}");
        // A trap that a hook sets is the shell's; in zsh it ends with the function around it, as it always has.
        if !reader.0.contains(&"zsh") {
            assert!(output.stdout.ends_with(b"status 1\nat the end\n"), "{reader:?}: {}", told(&output));
        }
    }
}

/// bash reads the file after the aliases of Debian's ~/.bashrc.
#[test]
fn an_alias_of_a_command_breaks_no_shell() {
    for reader in served() {
        let installed = Installed::new();
        installed.sandbox.hollow("blog");
        let before = "case ${BASH_VERSION+bash} in bash) shopt -s expand_aliases ;; esac\n\
                      alias workon='workon -n' cpvirtualenv='cpvirtualenv -v'";
        let output =
            installed.run(reader, before, "workon blog && echo \"in ${VIRTUAL_ENV##*/}\"\ncpvirtualenv -h");
        let seen = String::from_utf8_lossy(&output.stdout);
        let works = seen.starts_with("in blog\n") && seen.contains("cpvirtualenv");
        assert!(works && output.stderr.is_empty(), "{reader:?}: {}", told(&output));
    }
}

#[test]
fn tab_works_before_the_first_command() {
    for shell in shells().into_iter().filter(|shell| ["bash", "zsh"].contains(&shell.name)) {
        let installed = Installed::new();
        installed.sandbox.hollow("blog");
        let profile = format!(". '{}'\n", installed.share.join("profile").display());
        let shim = installed.sandbox.home().join(format!(".shim-{}", shell.dialect));
        fs::write(shim, profile).expect("written");
        let mut terminal = Terminal::open(&installed.sandbox, shell);
        terminal.press("workon bl\t\r");
        let (seen, status) = terminal.done();
        assert_eq!(status, 0, "{}: {seen}", shell.name);
        let (seen, _) = terminal.run("echo \"at <${VIRTUAL_ENV##*/}>\"");
        assert!(seen.contains("at <blog>"), "{}: {seen}", shell.name);
    }
}

#[test]
fn an_environment_of_the_shell_outside_can_be_left_at_once() {
    for reader in served() {
        let installed = Installed::new();
        let root = installed.sandbox.hollow("blog");
        let before =
            format!("VIRTUAL_ENV='{0}' PATH='{0}/bin':$PATH; export VIRTUAL_ENV PATH", root.display());
        let output = installed.run(reader, &before, "deactivate; echo \"${VIRTUAL_ENV-none} ${PATH%%:*}\"");
        let seen = String::from_utf8_lossy(&output.stdout);
        let is_left = seen.starts_with("none ") && !seen.contains("blog");
        assert!(is_left && output.stderr.is_empty(), "{reader:?}: {}", told(&output));
    }
}

#[test]
fn a_package_that_is_gone_is_told_and_an_environment_can_still_be_left() {
    for reader in served() {
        let installed = Installed::new();
        installed.sandbox.hollow("blog");
        let gone = format!("rm \"{}\"/*.sh", installed.share.display());
        let output = installed.run(reader, "", &format!("{gone}\nworkon blog; echo \"status $?\""));
        assert_eq!(output.stdout, b"status 1\n", "{reader:?}: {}", told(&output));
        let errors = String::from_utf8_lossy(&output.stderr);
        let error = format!("ERROR: There is no file {}/venvyard.sh.\nhint: ", installed.share.display());
        assert!(errors.starts_with(&error), "{reader:?}: {errors}");

        installed.sandbox.write_shim("bash", &installed.share.join("venvyard.sh"));
        let text = fs::read_to_string(project().join("shell/profile.sh")).expect("profile.sh");
        let text = text.replace("/usr/share/venvyard", installed.share.to_str().expect("UTF-8"));
        fs::write(installed.share.join("profile.sh"), text).expect("written");
        let script = format!("workon blog\n{gone}\ndeactivate; echo \"$? ${{VIRTUAL_ENV-none}}\"");
        let output = installed.run(reader, "", &script);
        assert_eq!(output.stdout, b"0 none\n", "{reader:?}: {}", told(&output));
    }
}
