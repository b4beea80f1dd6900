//! Facts about environments, read from the disk and never changed here.

mod home;
mod hook;
mod installs;
mod mount;
mod name;
mod package;
mod pip;
mod project_template;
mod prompt;
mod python;
pub(crate) mod record;
pub(crate) mod relocate;
mod removed;
pub(crate) mod shebang;
mod system;
pub(crate) mod template;
mod trust;
mod uv;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::shell::Shell;
pub(crate) use crate::shell::quote::typed;

pub(crate) use home::Home;
pub(crate) use hook::{Hook, Runnable};
pub(crate) use installs::{Installs, is_url, path_of};
pub(crate) use mount::refuse_mounts;
pub(crate) use name::{LONGEST, NEST_LETTERS, Name, Nesting, is_nest};
pub(crate) use package::Package;
pub(crate) use pip::{PIP_CACHE_PARTS, PipSettings, can_keep, pip_cache_parts};
pub(crate) use project_template::{ProjectTemplate, ProjectTemplates};
pub(crate) use python::{Python, Pythons};
pub(crate) use removed::Removed;
pub(crate) use system::System;
pub(crate) use trust::Trust;
pub(crate) use uv::Uv;

/// An environment: a directory with `bin/activate`, whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Venv {
    root: PathBuf,
}

impl Venv {
    /// The file in its root that marks a temporary one.
    pub const TEMPORARY: &'static str = "README.tmpenv";

    /// The environment at `root`, whether or not there is one.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Its directory, which `$VIRTUAL_ENV` names while it is active.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where its programs, activate scripts and local hooks lie.
    pub fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    /// The script that a shell sources to activate it.
    pub fn activate(&self) -> PathBuf {
        self.root.join("bin/activate")
    }

    /// Its own interpreter.
    pub fn python(&self) -> PathBuf {
        self.root.join("bin/python")
    }

    /// Whether its root holds what makes an environment, if only a part.
    pub fn exists(&self) -> bool {
        self.activate().exists() || self.settings_file().exists()
    }

    /// Whether it is gone when it is left, as its marker says.
    pub fn is_temporary(&self) -> bool {
        self.root.join(Self::TEMPORARY).exists()
    }

    /// Whether both are one directory, whatever they are called.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let identity = |venv: &Self| fs::metadata(&venv.root).map(|data| (data.dev(), data.ino()));
        matches!((identity(self), identity(other)), (Ok(one), Ok(two)) if one == two)
    }

    /// The project directory that `file` (usually `.project`) in its root names.
    pub fn project(&self, file: &OsStr) -> Option<PathBuf> {
        let mut line = fs::read(self.root.join(file)).ok()?;
        line.truncate(line.iter().position(|&byte| byte == b'\n').unwrap_or(line.len()));
        let line = std::ffi::OsString::from_vec(line);
        if line.is_empty() { None } else { Some(line.into()) }
    }

    /// The paths that its texts may call it by: its own, with links followed, and the one that its activate script
    /// has, which is another if it was moved by hand.
    pub fn spellings(&self) -> Vec<PathBuf> {
        let mut all = vec![self.root.clone()];
        all.extend(self.root.canonicalize());
        all.extend(self.baked_root());
        all
    }

    /// The root that its activate script sets.
    fn baked_root(&self) -> Option<PathBuf> {
        let text = fs::read_to_string(self.activate()).ok()?;
        let values = text.lines().filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("export ").unwrap_or(line).strip_prefix("VIRTUAL_ENV=")
        });
        let unquoted = |value: &str| match value.as_bytes() {
            [b'\'', .., b'\''] => value[1..value.len() - 1].replace("'\"'\"'", "'").replace("'\\''", "'"),
            [b'"', .., b'"'] => value[1..value.len() - 1].to_owned(),
            _ => value.to_owned(),
        };
        values.map(unquoted).map(PathBuf::from).find(|path| path.is_absolute())
    }

    /// The directories that hold its packages.
    ///
    /// # Errors
    /// A directory cannot be read; that none is there is no error.
    pub fn site_packages(&self) -> io::Result<Vec<PathBuf>> {
        let versions = children(&self.root.join("lib"))?.into_iter();
        let packages = versions.map(|version| version.join("site-packages"));
        Ok(packages.filter(|packages| packages.is_dir()).collect())
    }

    /// Where its own Python finds packages: of several site-packages the one of the version in pyvenv.cfg or, where none
    /// is written down, of an interpreter in its bin.
    pub fn own_site_packages(&self) -> Result<PathBuf> {
        let unread = || format!("cannot read {}", shown(self.root.join("lib")));
        let mut all = self.site_packages().with_context(unread)?;
        all.sort();
        let version = self.version();
        let is_own = |packages: &&PathBuf| {
            let library = packages.parent().and_then(Path::file_name).unwrap_or_default();
            match &version {
                Some(version) => is_library_of(library, version),
                None => self.bin().join(library).exists(),
            }
        };
        let own = all.iter().find(is_own).or(all.first());
        own.cloned().with_context(|| {
            let root = shown(&self.root);
            format!("{root} does not appear to have a site-packages directory.\nhint: workon NAME")
        })
    }

    /// The file in its site-packages by which it imports from directories elsewhere.
    pub fn path_file(&self) -> Result<PathBuf> {
        Ok(self.own_site_packages()?.join("_virtualenv_path_extensions.pth"))
    }

    /// What lies in the directories of its packages.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn packaged(&self) -> io::Result<Vec<PathBuf>> {
        let directories = self.site_packages()?;
        let all: io::Result<Vec<_>> = directories.iter().map(|directory| children(directory)).collect();
        Ok(all?.concat())
    }

    /// The RECORD of every package in it.
    ///
    /// # Errors
    /// A directory of packages cannot be read.
    pub fn records(&self) -> io::Result<Vec<PathBuf>> {
        let metadata = self.packaged()?.into_iter();
        let metadata =
            metadata.filter(|path| path.extension().is_some_and(|extension| extension == "dist-info"));
        Ok(metadata.map(|package| package.join("RECORD")).filter(|record| record.is_file()).collect())
    }

    /// Its pyvenv.cfg, by which Python knows it for an environment.
    pub fn settings_file(&self) -> PathBuf {
        self.root.join("pyvenv.cfg")
    }

    /// A setting of its pyvenv.cfg.
    pub fn setting(&self, key: &str) -> Option<String> {
        setting(&self.settings_file(), key)
    }

    /// The version of its Python as pyvenv.cfg has it: venv and uv's key, or virtualenv's.
    pub fn version(&self) -> Option<String> {
        self.setting("version")
            .or_else(|| self.setting("version_info"))
            .or_else(|| self.setting("version-info"))
    }

    /// The interpreter that its `bin/python` was and that is no longer there.
    pub fn vanished_python(&self) -> Option<PathBuf> {
        let python = self.python();
        if python.exists() {
            return None;
        }
        let mut target = fs::read_link(&python).ok()?;
        // bin/python -> python3 -> /usr/bin/python3: the last link tells.
        while let Ok(next) = fs::read_link(self.bin().join(&target)) {
            target = next;
        }
        Some(self.bin().join(target))
    }

    /// The script that `shell` sources to activate it.
    pub fn activate_for(&self, shell: Shell) -> PathBuf {
        match shell {
            Shell::Fish => self.root.join("bin/activate.fish"),
            Shell::Bash | Shell::Zsh | Shell::Ksh | Shell::Mksh => self.activate(),
        }
    }

    /// Whether its path would act in double quotes, where old generators of activate scripts paste it.
    pub fn acts(&self) -> bool {
        acts(self.root.as_os_str().as_bytes())
    }

    /// Whether its activate script for `shell` cannot run what its path holds when it is sourced: old generators paste
    /// the path into double quotes, where `$(…)`, backticks, `"` and `\` act. Of what was moved that is the old path.
    pub fn is_quoted(&self, shell: Shell) -> bool {
        let root = self.root.as_os_str().as_bytes();
        if !self.acts() {
            return !fs::read(self.activate_for(shell)).is_ok_and(|text| pastes_code(&text));
        }
        // The prompt of fish is a function that activate pastes the name into; that of the others the shim tames.
        let name = self.root.file_name().filter(|_| shell == Shell::Fish).map(OsStr::as_bytes);
        let quoted = shell.quoted(self.root.as_os_str());
        let count = |text: &[u8], word: &[u8]| text.windows(word.len()).filter(|part| *part == word).count();
        fs::read(self.activate_for(shell)).is_ok_and(|text| {
            let safe = count(&text, &quoted);
            let mut words = std::iter::once(root).chain(name.filter(|name| acts(name)));
            safe > 0 && words.all(|word| count(&text, word) == safe * count(&quoted, word))
        })
    }
}

/// Whether something in `word` acts in double quotes.
fn acts(word: &[u8]) -> bool {
    word.iter().any(|byte| b"$`\"\\\n".contains(byte))
}

/// Whether the path that an activate script has in double quotes is more than a word.
///
/// A path with a quote and line ends in it leaves an assignment that looks whole, and its last line ends in the
/// generator's own quote. So no other line may, up to the one that every generator writes next.
fn pastes_code(script: &[u8]) -> bool {
    let lines: Vec<&[u8]> = script.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).collect();
    let Some(start) = lines.iter().position(|line| pasted(line).is_some()) else {
        return false;
    };
    let is_next = |line: &&[u8]| {
        line.starts_with(b"_OLD_VIRTUAL_PATH=") || line.starts_with(b"set -gx _OLD_VIRTUAL_PATH ")
    };
    let end = lines.iter().rposition(is_next).unwrap_or_default().max(start + 1);
    let mut seen = Vec::new();
    lines[start..end].iter().any(|line| match pasted(line) {
        Some((form, is_whole)) => {
            // A script has each form once.
            let is_first = !seen.contains(&form);
            seen.push(form);
            !is_whole || !is_first
        }
        None => line.ends_with(b"\"") || line.ends_with(b"\")"),
    })
}

/// Where `line` assigns a path in double quotes to VIRTUAL_ENV: what closes it in this form, and whether that is all it
/// does.
fn pasted(line: &[u8]) -> Option<(&'static [u8], bool)> {
    const FORMS: [(&[u8], &[u8]); 3] = [
        (b"VIRTUAL_ENV=\"/", b"\""),
        (b"VIRTUAL_ENV=$(cygpath \"/", b"\")"),
        (b"set -gx VIRTUAL_ENV \"/", b"\""),
    ];
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    FORMS.into_iter().find_map(|(before, after)| {
        let path = line.strip_prefix(before)?.strip_suffix(after);
        Some((after, path.is_some_and(|path| !acts(path))))
    })
}

/// Whether a directory in lib, `python3.11` or `python3.13t`, is that of a version like `3.11.7`.
fn is_library_of(library: &OsStr, version: &str) -> bool {
    let library = library.to_string_lossy();
    let number = library.trim_start_matches(char::is_alphabetic).trim_end_matches('t');
    number.split('.').eq(version.split('.').take(2))
}

/// The paths of what is in `directory`; nothing if it is not there.
fn children(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// A word or path as people read it in a text, where no control character in it may end the line or command the
/// terminal.
pub(crate) fn shown(word: impl AsRef<OsStr>) -> String {
    let mut shown = String::new();
    for letter in word.as_ref().to_string_lossy().chars() {
        match letter.is_control() {
            true => shown.extend(letter.escape_default()),
            false => shown.push(letter),
        }
    }
    shown
}

/// `path` without `.` and `..`, as text: links are not followed.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The value of `key` in a `pyvenv.cfg`.
fn setting(file: &Path, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let mut settings = text.lines().filter_map(|line| line.split_once('='));
    settings.find(|(name, _)| name.trim().eq_ignore_ascii_case(key)).map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn venv(activate: &str, name: &str) -> (tempfile::TempDir, Venv) {
        let directory = tempfile::tempdir().unwrap();
        let venv = Venv::at(directory.path().join(name));
        fs::create_dir_all(venv.bin()).unwrap();
        fs::write(venv.activate(), activate.replace("ROOT", venv.root().to_str().unwrap())).unwrap();
        (directory, venv)
    }

    #[test]
    fn a_path_that_runs_as_code_is_known() {
        assert!(venv("VIRTUAL_ENV=\"ROOT\"", "blog").1.is_quoted(Shell::Bash));
        assert!(!venv("VIRTUAL_ENV=\"ROOT\"", "$(id)").1.is_quoted(Shell::Bash));
        assert!(venv("VIRTUAL_ENV='ROOT'", "$(id)").1.is_quoted(Shell::Bash));
        assert!(!venv("VIRTUAL_ENV='ROOT'\nX=\"ROOT\"", "$(id)").1.is_quoted(Shell::Bash));
        assert!(!venv("VIRTUAL_ENV=$(cygpath \"/envs/$(id)\")", "blog").1.is_quoted(Shell::Bash), "moved");
        assert!(
            venv("VIRTUAL_ENV=\"$(dirname \"/x\")\"\nVIRTUAL_ENV=$(cygpath \"ROOT\")", "blog")
                .1
                .is_quoted(Shell::Bash)
        );
    }

    #[test]
    fn of_what_was_moved_the_old_path_may_not_act() {
        let next = "export VIRTUAL_ENV\n\n_OLD_VIRTUAL_PATH=\"$PATH\"\nPATH=\"$VIRTUAL_ENV/bin:$PATH\"\n";
        let of_venv = |path: &str| format!("VIRTUAL_ENV=\"{path}\"\n{next}");
        let of_newer = |path: &str| {
            format!(
                "if a; then\n    export VIRTUAL_ENV=$(cygpath \"{path}\")\nelse\n    # as it is\n    \
                 export VIRTUAL_ENV=\"{path}\"\nfi\n{next}"
            )
        };
        let of_fish =
            |path: &str| format!("set -gx VIRTUAL_ENV \"{path}\"\n\nset -gx _OLD_VIRTUAL_PATH $PATH\n");
        let of_virtualenv_16 = |path: &str| {
            of_fish(path).replace(
                "\n\nset",
                "\n\nif test (echo $FISH_VERSION | tr \".\" \"\\n\")[1] -lt 3\n    \
                 set -gx _OLD_VIRTUAL_PATH (_bashify_path $PATH)\nelse\n    set",
            )
        };
        let scripts: [&dyn Fn(&str) -> String; 4] = [&of_venv, &of_newer, &of_fish, &of_virtualenv_16];
        for script in scripts {
            for path in ["/old/a", "/old/my blog", "/old/it's (a); #b"] {
                assert!(!pastes_code(script(path).as_bytes()), "{}", script(path));
            }
            for path in [
                "/old/$(id)",
                "/old/`id`",
                "/old/a\\",
                "/old/a\";id;\"b",
                "/old/a\"; id; \"",
                "/old/a\nb",
                "/old/a\n$(id)",
                "/old/a\"\nid\n\"b",
                "/old/a\"\nid\n#b",
                "/old/a\"\nexport VIRTUAL_ENV\n\n_OLD_VIRTUAL_PATH=\"\"\nid\n#b",
                "/old/a\"\nid\nVIRTUAL_ENV=\"/b",
                "/old/a\"\nid\nVIRTUAL_ENV=$(cygpath \"/b",
                "/old/a\"\nid\nset -gx VIRTUAL_ENV \"/b",
            ] {
                assert!(pastes_code(script(path).as_bytes()), "{}", script(path));
            }
        }
    }

    #[test]
    fn what_people_add_to_an_activate_script_is_theirs() {
        for line in [
            "PATH=\"/opt/tools:$(printf %s \"$VIRTUAL_ENV/bin\"):$PATH\"",
            "# VIRTUAL_ENV=\"/old/`id`\" was here: $(id)",
            "echo \"/of $(basename \"$VIRTUAL_ENV\")\"",
            "export TOOLS=\"/opt/tools\"",
        ] {
            let script =
                format!("VIRTUAL_ENV=\"/a\"\nexport VIRTUAL_ENV\n_OLD_VIRTUAL_PATH=\"$PATH\"\n{line}\n");
            assert!(!pastes_code(script.as_bytes()), "{script}");
            let script = format!("{line}\n{script}");
            assert!(!pastes_code(script.as_bytes()), "{script}");
        }
    }

    #[test]
    fn in_fish_neither_path_nor_name_may_act() {
        let is_quoted = |text: &str, name: &str| {
            let (_directory, venv) = venv("", name);
            fs::write(venv.activate_for(Shell::Fish), text.replace("ROOT", venv.root().to_str().unwrap()))
                .unwrap();
            venv.is_quoted(Shell::Fish)
        };
        assert!(is_quoted("set -gx VIRTUAL_ENV \"ROOT\"", "blog"));
        assert!(!is_quoted("set -gx VIRTUAL_ENV \"ROOT\"", "$(id)"));
        assert!(is_quoted("set -gx VIRTUAL_ENV 'ROOT'", "$(id)"));
        assert!(!is_quoted("set -gx VIRTUAL_ENV 'ROOT'\nprintf \"$(id)\"", "$(id)"));
        // What serves the other shells does not serve fish, where a backslash acts in single quotes.
        assert!(!is_quoted("set -gx VIRTUAL_ENV 'ROOT'", "\\"));
    }

    #[test]
    fn a_vanished_interpreter_is_named() {
        let (_directory, venv) = venv("", "old");
        assert_eq!(venv.vanished_python(), None);
        std::os::unix::fs::symlink("/opt/python3.7/bin/python3.7", venv.bin().join("python3")).unwrap();
        std::os::unix::fs::symlink("python3", venv.python()).unwrap();
        assert_eq!(venv.vanished_python().unwrap(), Path::new("/opt/python3.7/bin/python3.7"));
    }

    #[test]
    fn of_several_site_packages_its_own_pythons_is_meant() {
        let (_directory, venv) = venv("", "blog");
        assert!(venv.own_site_packages().is_err());
        let packages = |python: &str| venv.root().join("lib").join(python).join("site-packages");
        for python in ["python3.1", "python3.11", "python3.13t"] {
            fs::create_dir_all(packages(python)).unwrap();
        }
        assert_eq!(venv.own_site_packages().unwrap(), packages("python3.1"));
        fs::write(venv.bin().join("python3.11"), "").unwrap();
        assert_eq!(venv.own_site_packages().unwrap(), packages("python3.11"));
        fs::write(venv.root().join("pyvenv.cfg"), "version_info = 3.13.0.final.0\n").unwrap();
        assert_eq!(venv.own_site_packages().unwrap(), packages("python3.13t"));
    }

    #[test]
    fn a_project_file_needs_no_line_end() {
        let (_directory, venv) = venv("", "blog");
        fs::write(venv.root().join(".project"), "/src/blog").unwrap();
        assert_eq!(venv.project(OsStr::new(".project")).unwrap(), Path::new("/src/blog"));
        fs::write(venv.root().join(".project"), "").unwrap();
        assert_eq!(venv.project(OsStr::new(".project")), None);
    }
}
