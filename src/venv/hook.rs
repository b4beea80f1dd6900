//! Hooks: the user's own files, run or sourced at a command's turning points.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::shown;
use crate::shell::Shell;
use crate::shell::quote::typed;

/// A turning point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hook {
    /// The first command of a shell is typed; sourced before it.
    Initialize,
    /// An environment was made and is not active yet; run.
    Premkvirtualenv,
    /// A new environment is active; sourced.
    Postmkvirtualenv,
    /// An environment was copied; run.
    Precpvirtualenv,
    /// A copied environment is active; sourced.
    Postcpvirtualenv,
    /// An environment is about to be removed; run.
    Prermvirtualenv,
    /// An environment was removed; run.
    Postrmvirtualenv,
    /// An environment is about to be activated; run.
    Preactivate,
    /// An environment is active; sourced.
    Postactivate,
    /// An environment is about to be deactivated; sourced.
    Predeactivate,
    /// An environment was deactivated; sourced.
    Postdeactivate,
    /// A project's environment is active, the project still empty; run.
    Premkproject,
    /// A project is ready; sourced.
    Postmkproject,
    /// An environment is listed; run.
    GetEnvDetails,
}

/// What a hook that is to be run turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Runnable {
    /// Nothing to do: no such file, or one of blanks and comments only.
    Nothing,
    /// A program.
    Program(PathBuf),
    /// The system would refuse to run it; why, in a sentence.
    Broken(String),
}

impl Hook {
    /// All of them.
    pub(crate) const ALL: [Self; 14] = [
        Self::Initialize,
        Self::Premkvirtualenv,
        Self::Postmkvirtualenv,
        Self::Precpvirtualenv,
        Self::Postcpvirtualenv,
        Self::Prermvirtualenv,
        Self::Postrmvirtualenv,
        Self::Preactivate,
        Self::Postactivate,
        Self::Predeactivate,
        Self::Postdeactivate,
        Self::Premkproject,
        Self::Postmkproject,
        Self::GetEnvDetails,
    ];

    /// Those that virtualenvwrapper.sh makes when it is loaded: as [`Hook::LOCAL`]. That it makes postmkproject, which
    /// is sourced, a program harms nothing, and is as people have it.
    pub(crate) const GLOBAL: [(Self, &'static str, bool); 12] = [
        (Self::Initialize, "sourced when virtualenvwrapper.sh is loaded", false),
        (Self::Premkvirtualenv, "run before a new environment is activated; its name is the argument", true),
        (Self::Postmkvirtualenv, "sourced after a new environment is activated", false),
        (Self::Prermvirtualenv, "run before an environment is removed; its name is the argument", true),
        (Self::Postrmvirtualenv, "run after an environment is removed; its name is the argument", true),
        (Self::Predeactivate, "sourced before any environment is deactivated", false),
        (Self::Postdeactivate, "sourced after any environment is deactivated", false),
        (Self::Preactivate, "run before any environment is activated; its name is the argument", true),
        (Self::Postactivate, "sourced after any environment is activated", false),
        (Self::GetEnvDetails, "run when environments are listed at length; its name is the argument", true),
        (Self::Premkproject, "run before a new project is made; its name is the argument", true),
        (Self::Postmkproject, "sourced after a new project is made", true),
    ];

    /// Those that every new environment gets as a file of comments, what it says, and whether it is run.
    pub(crate) const LOCAL: [(Self, &'static str, bool); 5] = [
        (Self::Preactivate, "run before this environment is activated; its name is the argument", true),
        (Self::Postactivate, "sourced after this environment is activated", false),
        (Self::Predeactivate, "sourced before this environment is deactivated", false),
        (Self::Postdeactivate, "sourced after this environment is deactivated", false),
        (Self::GetEnvDetails, "run when environments are listed at length; its name is the argument", true),
    ];

    /// The name of its file.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Premkvirtualenv => "premkvirtualenv",
            Self::Postmkvirtualenv => "postmkvirtualenv",
            Self::Precpvirtualenv => "precpvirtualenv",
            Self::Postcpvirtualenv => "postcpvirtualenv",
            Self::Prermvirtualenv => "prermvirtualenv",
            Self::Postrmvirtualenv => "postrmvirtualenv",
            Self::Preactivate => "preactivate",
            Self::Postactivate => "postactivate",
            Self::Predeactivate => "predeactivate",
            Self::Postdeactivate => "postdeactivate",
            Self::Premkproject => "premkproject",
            Self::Postmkproject => "postmkproject",
            Self::GetEnvDetails => "get_env_details",
        }
    }

    /// What a sourced one finds as its first argument: the names that virtualenvwrapper has for the turning points.
    pub(crate) fn event(self) -> &'static str {
        match self {
            Self::Initialize => "initialize",
            Self::Postmkvirtualenv => "post_mkvirtualenv",
            Self::Postcpvirtualenv => "post_cpvirtualenv",
            Self::Postactivate => "post_activate",
            Self::Predeactivate => "pre_deactivate",
            Self::Postdeactivate => "post_deactivate",
            Self::Postmkproject => "project.post_mkproject",
            // These are run.
            Self::Premkvirtualenv
            | Self::Precpvirtualenv
            | Self::Prermvirtualenv
            | Self::Postrmvirtualenv
            | Self::Preactivate
            | Self::Premkproject
            | Self::GetEnvDetails => self.file(),
        }
    }

    /// The file in `directory` that `shell` sources. fish cannot read the others', and has its own beside them.
    pub(crate) fn source(self, directory: &Path, shell: Shell) -> PathBuf {
        match shell {
            Shell::Fish => directory.join(format!("{}.fish", self.file())),
            Shell::Bash | Shell::Zsh | Shell::Ksh | Shell::Mksh => directory.join(self.file()),
        }
    }

    /// The file in `directory` that `shell` sources, if that would do anything.
    pub(crate) fn sourced(self, directory: &Path, shell: Shell) -> Option<PathBuf> {
        let path = self.source(directory, shell);
        fs::read(&path).is_ok_and(|text| !is_stub(&text)).then_some(path)
    }

    /// What running the file in `directory` would be.
    pub(crate) fn runnable(self, directory: &Path) -> Runnable {
        let path = directory.join(self.file());
        let Ok(text) = fs::read(&path) else {
            // A program may be run and not read.
            return if is_executable(&path) { Runnable::Program(path) } else { Runnable::Nothing };
        };
        if is_stub(&text) {
            return Runnable::Nothing;
        }
        let (shown, typed) = (shown(&path), typed(path.as_os_str()));
        if !is_executable(&path) {
            return Runnable::Broken(format!("The hook {shown} is not executable.\nhint: chmod +x {typed}"));
        }
        let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        if text.starts_with(b"\x7fELF") || !text.is_ascii() && !first.starts_with(b"#!") {
            return Runnable::Program(path);
        }
        if first.ends_with(b"\r") {
            return Runnable::Broken(format!(
                "The hook {shown} has Windows line ends.\nhint: sed -i 's/\\r$//' {typed}"
            ));
        }
        if !first.starts_with(b"#!") {
            return Runnable::Broken(format!(
                "The hook {shown} does not start with '#!'.\nhint: sed -i '1i #!/bin/sh' {typed}"
            ));
        }
        Runnable::Program(path)
    }
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// Whether a hook holds only blanks and comments, as the generated ones do: no process is worth it.
fn is_stub(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).all(|line| line.is_empty() || line[0] == b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(text: &[u8], mode: u32) -> (tempfile::TempDir, Runnable) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("preactivate");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let runnable = Hook::Preactivate.runnable(directory.path());
        (directory, runnable)
    }

    #[test]
    fn comments_cost_no_process() {
        assert_eq!(hook(b"#!/bin/bash\n# what it is for\n\n", 0o755).1, Runnable::Nothing);
        assert_eq!(hook(b"", 0o755).1, Runnable::Nothing);
        assert_eq!(Hook::Preactivate.runnable(Path::new("/nowhere")), Runnable::Nothing);
    }

    #[test]
    fn fish_sources_a_file_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::write(path.join("postactivate"), "x=1\n").unwrap();
        assert_eq!(Hook::Postactivate.sourced(path, Shell::Zsh), Some(path.join("postactivate")));
        assert_eq!(Hook::Postactivate.sourced(path, Shell::Fish), None);
        fs::write(path.join("postactivate.fish"), "set -g x 1\n").unwrap();
        assert_eq!(Hook::Postactivate.sourced(path, Shell::Fish), Some(path.join("postactivate.fish")));
    }

    #[test]
    fn what_the_system_would_refuse_is_told() {
        assert!(
            matches!(hook(b"#!/bin/sh\necho\n", 0o644).1, Runnable::Broken(why) if why.contains("chmod"))
        );
        assert!(matches!(hook(b"echo\n", 0o755).1, Runnable::Broken(why) if why.contains("#!")));
        assert!(
            matches!(hook(b"#!/bin/sh\r\necho\r\n", 0o755).1, Runnable::Broken(why) if why.contains("line ends"))
        );
        assert!(matches!(hook(b"#!/bin/sh\necho\n", 0o755).1, Runnable::Program(_)));
    }
}
