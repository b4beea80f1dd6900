//! What the tests stand on: a home of their own, every shell of this machine, the real program.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::lchown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program under test.
pub(crate) const VENVYARD: &str = env!("CARGO_BIN_EXE_venvyard");

/// The project's own directory.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A shell to test in, with the options that it starts with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shell {
    /// What the test is told as.
    pub(crate) name: &'static str,
    /// The program and its options; a script's path or `-c` follows.
    pub(crate) words: &'static [&'static str],
    /// What `venvyard init` calls it.
    pub(crate) dialect: &'static str,
}

const SHELLS: [Shell; 6] = [
    Shell { name: "bash", words: &["bash", "--norc"], dialect: "bash" },
    Shell { name: "bash -eu", words: &["bash", "--norc", "-eu"], dialect: "bash" },
    Shell { name: "zsh", words: &["zsh", "-f"], dialect: "zsh" },
    Shell { name: "ksh", words: &["ksh"], dialect: "ksh" },
    Shell { name: "mksh", words: &["mksh"], dialect: "ksh" },
    Shell { name: "fish", words: &["fish", "--no-config"], dialect: "fish" },
];

/// The bash of macOS, under the name that Homebrew and others give to one of a version. No distribution of Linux has it.
const OLD_BASH: Shell = Shell { name: "bash-3.2", words: &["bash-3.2", "--norc"], dialect: "bash" };

/// Every shell that the shim is for. One that is not here fails the test in CI, and is skipped loudly elsewhere.
pub(crate) fn shells() -> Vec<Shell> {
    SHELLS.into_iter().filter(|shell| is_here(shell.words[0])).chain(old_bash()).collect()
}

/// bash 3.2, if there is one on PATH.
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
pub(crate) fn old_bash() -> Option<Shell> {
    let here = is_on_path(OLD_BASH.words[0]);
    if !here {
        eprintln!("SKIPPED: there is no program bash-3.2 on PATH");
    }
    here.then_some(OLD_BASH)
}

/// Those among them that understand POSIX syntax.
pub(crate) fn posix_shells() -> Vec<Shell> {
    shells().into_iter().filter(|shell| shell.dialect != "fish").collect()
}

/// Whether a program that a test needs is on PATH; CI must have it.
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "tests read the environment they run in")]
pub(crate) fn is_here(program: &str) -> bool {
    let here = is_on_path(program);
    assert!(here || std::env::var_os("CI").is_none(), "CI must have {program}: make setup");
    if !here {
        eprintln!("SKIPPED: {program} is not on PATH; make setup installs it");
    }
    here
}

#[expect(clippy::disallowed_methods, reason = "tests read the environment they run in")]
fn is_on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// A HOME and a WORKON_HOME that vanish with the value. Both have a blank in their path, if nothing else is said.
pub(crate) struct Sandbox {
    directory: TempDir,
}

impl Sandbox {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::named("venvyard test ")
    }

    /// An empty one whose path has no blank, for a program that cannot stand one.
    pub(crate) fn without_blanks() -> Self {
        Self::named("venvyard-test-")
    }

    fn named(prefix: &str) -> Self {
        let directory = tempfile::Builder::new().prefix(prefix).tempdir().expect("a directory");
        let sandbox = Self { directory };
        std::fs::create_dir(sandbox.home()).expect("a home");
        sandbox
    }

    /// `$HOME`, which is the working directory too.
    pub(crate) fn home(&self) -> PathBuf {
        self.directory.path().canonicalize().expect("it exists").join("home")
    }

    /// `$WORKON_HOME`; not made yet.
    pub(crate) fn workon_home(&self) -> PathBuf {
        self.home().join("envs")
    }

    /// A program in this sandbox: nothing of the caller's environment but PATH, CI and PIP_* counts.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests start programs and read the environment they run in"
    )]
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.home()).stdin(Stdio::null());
        let kept = |name: &OsStr| name == "PATH" || name == "CI" || name.as_bytes().starts_with(b"PIP_");
        command.envs(std::env::vars_os().filter(|(name, _)| kept(name)));
        // pyenv's shims select by files under HOME.
        if let Some(root) = std::env::var_os("PYENV_ROOT") {
            command.env("PYENV_ROOT", root);
        }
        command.env("HOME", self.home()).env("WORKON_HOME", self.workon_home()).env("SHELL", "/bin/sh");
        command.env("LC_ALL", "C.UTF-8").env("XDG_CONFIG_HOME", self.home().join(".config"));
        // One for all tests of all runs: the templates in it take seconds each, and are checked at every use.
        command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"));
        command
    }

    /// The program under test as an ordinary user starts it, whose umask is 002. Root becomes one, in `group`, who owns the
    /// sandbox from then on; who is no root stays who they are.
    pub(crate) fn ordinary(&self, group: u32) -> Command {
        const USER: u32 = 12_345;
        let mut command = self.command("sh");
        command.args(["-c", "umask 002 && exec \"$0\" \"$@\""]);
        if !is_root() {
            command.arg(VENVYARD);
            return command;
        }
        let program = self.reachable_program();
        let all =
            walkdir::WalkDir::new(self.home()).into_iter().map(|entry| entry.expect("readable").into_path());
        for path in all.chain([self.directory.path().to_path_buf()]) {
            lchown(path, Some(USER), Some(group)).expect("root may");
        }
        command.arg(program).uid(USER).gid(group).env("XDG_CACHE_HOME", self.home().join(".cache"));
        command
    }

    /// The program under test under a name in the sandbox: where it was built an ordinary user may not look.
    pub(crate) fn reachable_program(&self) -> PathBuf {
        let program = self.directory.path().join("venvyard");
        if !program.exists() {
            std::fs::hard_link(VENVYARD, &program)
                .or_else(|_| std::fs::copy(VENVYARD, &program).map(drop))
                .expect("another name");
        }
        program
    }

    /// The program under test with arguments, without a shim.
    pub(crate) fn venvyard(&self, arguments: &[&str]) -> Output {
        self.command(VENVYARD).args(arguments).output().expect("venvyard runs")
    }

    /// Sources the shim in `shell`, then runs `script`.
    pub(crate) fn run(&self, shell: Shell, script: &str) -> Output {
        self.shell(shell, script).output().expect("the shell runs")
    }

    /// Writes the shim as `make install` does: its verbs are in a file of their own.
    pub(crate) fn write_shim(&self, dialect: &str, file: &Path) {
        let file_of_verbs = if dialect == "fish" { "shell/verbs.fish" } else { "shell/verbs.sh" };
        let verbs = project().join(file_of_verbs).display().to_string();
        let shim = self.venvyard(&["init", dialect, "--verbs", &verbs]).stdout;
        std::fs::write(file, shim).expect("the shim is written");
    }

    /// The command of [`Sandbox::run`].
    pub(crate) fn shell(&self, shell: Shell, script: &str) -> Command {
        let mut command = self.bare_shell(shell);
        command.arg("-c").arg(format!(". \"$SHIM\"\n{script}\n"));
        command
    }

    /// `shell` with its options, and `$SHIM` for it to source.
    pub(crate) fn bare_shell(&self, shell: Shell) -> Command {
        let shim = self.home().join(format!(".shim-{}", shell.dialect));
        if !shim.exists() {
            self.write_shim(shell.dialect, &shim);
        }
        let mut command = self.command(shell.words[0]);
        command.args(&shell.words[1..]).env("SHIM", shim);
        command
    }

    /// An environment that only looks like one: enough to list and activate, without a Python.
    pub(crate) fn hollow(&self, name: &str) -> PathBuf {
        let root = self.workon_home().join(name);
        std::fs::create_dir_all(root.join("bin")).expect("made");
        let path = root.display();
        let activate = format!(
            "deactivate () {{\n    PATH=$_OLD_VIRTUAL_PATH\n    unset _OLD_VIRTUAL_PATH VIRTUAL_ENV\n    \
             if [ ! \"${{1:-}}\" = nondestructive ]; then unset -f deactivate; fi\n}}\n\
             VIRTUAL_ENV='{path}'\nexport VIRTUAL_ENV\n_OLD_VIRTUAL_PATH=$PATH\n\
             PATH=$VIRTUAL_ENV/bin:$PATH\nexport PATH\n"
        );
        std::fs::write(root.join("bin/activate"), activate).expect("written");
        let activate = format!(
            "function deactivate\n    set -gx PATH $_OLD_VIRTUAL_PATH\n    set -e _OLD_VIRTUAL_PATH\n    \
             set -e VIRTUAL_ENV\n    functions -e deactivate\nend\n\
             set -gx VIRTUAL_ENV {}\nset -gx _OLD_VIRTUAL_PATH $PATH\nset -gx PATH $VIRTUAL_ENV/bin $PATH\n",
            fish_quoted(root.to_str().expect("UTF-8"))
        );
        std::fs::write(root.join("bin/activate.fish"), activate).expect("written");
        std::fs::write(root.join("pyvenv.cfg"), "version = 3.11.7\n").expect("written");
        std::os::unix::fs::symlink("/bin/sh", root.join("bin/python")).expect("linked");
        root
    }
}

/// Whether root runs the tests.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A word as fish reads it back.
pub(crate) fn fish_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// What a program said, and its status, for a failed assertion to show.
pub(crate) fn told(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
