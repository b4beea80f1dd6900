//! Interpreters: which one is meant, and what it can do.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};

use super::template::Workshop;
use super::{System, setting, shown};
use crate::shell::quote::typed;

/// An interpreter that can be asked to make environments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Python {
    /// The absolute path of the base interpreter: no shim, no environment's own.
    pub executable: PathBuf,
    /// Major, minor, micro.
    pub version: (u8, u8, u8),
    /// What it lacks to make an environment.
    pub lack: Option<Lack>,
    /// Where its standard library lies.
    pub library: PathBuf,
    /// Where a distribution keeps the wheels that ensurepip installs, if apart from it.
    pub wheels: Option<PathBuf>,
}

/// What an interpreter may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Lack {
    /// The venv module: older than 3.3, or cut away by a distribution.
    Venv,
    /// ensurepip, so that only environments without pip can be made.
    Ensurepip,
}

/// Where interpreters are looked for.
#[derive(Clone, Debug, Default)]
pub struct Pythons {
    /// `$PATH`.
    pub path: OsString,
    /// The working directory, for pyenv's `.python-version`.
    pub directory: PathBuf,
    /// pyenv's root directory.
    pub pyenv_root: Option<PathBuf>,
    /// `$PYENV_VERSION`.
    pub pyenv_version: Option<OsString>,
    /// `$VIRTUALENVWRAPPER_PYTHON`: taken if it is an interpreter, else ignored.
    pub preferred: Option<OsString>,
    /// The interpreter of the configuration.
    pub configured: Option<PathBuf>,
    /// The user's cache, where interpreters are remembered that were asked before.
    pub cache: Option<PathBuf>,
    /// The process's umask.
    pub umask: u32,
}

impl Pythons {
    /// The interpreter that `wanted` means: a path, a name on PATH, or a version like `3.12`; without it
    /// the preferred, the configured, or the first `python3` or `python` on PATH.
    ///
    /// An interpreter that is not remembered is started once, to ask what it is.
    pub fn find(&self, wanted: Option<&OsStr>) -> Result<Python> {
        if let Some(wanted) = wanted {
            return self.meant(wanted);
        }
        if let Some(preferred) = &self.preferred
            && let Ok(python) = self.meant(preferred)
        {
            return Ok(python);
        }
        match &self.configured {
            Some(configured) => self.meant(configured.as_os_str()),
            None => self
                .meant(OsStr::new("python3"))
                .or_else(|error| self.meant(OsStr::new("python")).map_err(|_| error)),
        }
    }

    /// The program that `name` means: a path, or a name on PATH.
    pub fn program(&self, name: &OsStr) -> Option<PathBuf> {
        match name.as_bytes().contains(&b'/') {
            true => Some(self.directory.join(name)).filter(|path| path.is_file()),
            false => self.on_path(name),
        }
    }

    fn meant(&self, wanted: &OsStr) -> Result<Python> {
        let is_path = wanted.as_bytes().contains(&b'/');
        let found = if is_path { self.program(wanted) } else { self.named(&name_of(wanted)) };
        let found =
            found.with_context(|| format!("There is no interpreter '{}'.{}", shown(wanted), self.hint()))?;
        let executable = base(&self.behind_shim(&found)?);
        match self.workshop(&executable).and_then(|workshop| workshop.python()) {
            Some(python) => Ok(python),
            None => self.ask(&executable),
        }
    }

    /// Where the templates of `executable` lie; none where there is no cache.
    pub fn workshop(&self, executable: &Path) -> Option<Workshop> {
        self.cache.as_deref().map(|cache| Workshop::of(cache, executable, self.umask))
    }

    /// The program called `name`: on PATH, else the newest of that version that pyenv holds. A shim of pyenv's on PATH
    /// gives way only to a version that was asked for: of plain `python3` pyenv itself is to say why it has none.
    fn named(&self, name: &OsStr) -> Option<PathBuf> {
        let on_path = self.on_path(name);
        match on_path {
            Some(path)
                if name.as_bytes().contains(&b'.')
                    && self.is_pyenv_shim(&path)
                    && self.selected_by_pyenv(name).is_none() =>
            {
                self.newest_of_pyenv(name).or(Some(path))
            }
            Some(path) => Some(path),
            None => self.newest_of_pyenv(name),
        }
    }

    /// The first executable called `name` on PATH, relative and empty entries skipped.
    fn on_path(&self, name: &OsStr) -> Option<PathBuf> {
        let directories = std::env::split_paths(&self.path).filter(|directory| directory.is_absolute());
        let path = std::env::join_paths(directories).ok()?;
        which::which_in(name, Some(path), &self.directory).ok()
    }

    fn hint(&self) -> String {
        let names =
            ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9"];
        let known = names.iter().find(|name| self.on_path(OsStr::new(name)).is_some());
        match known {
            Some(name) => format!("\nhint: mkvirtualenv -p {name} NAME"),
            None => "\nhint: mkvirtualenv -p /path/to/python3 NAME".into(),
        }
    }

    // --- pyenv -----------------------------------------------------------------------------------

    fn is_pyenv_shim(&self, path: &Path) -> bool {
        self.pyenv_root.as_ref().is_some_and(|root| path.starts_with(root.join("shims")))
            || path.parent().is_some_and(|bin| bin.ends_with("shims"))
                && fs::read(path).is_ok_and(|text| text.starts_with(b"#!") && contains(&text, b"pyenv"))
    }

    /// What a pyenv shim would start, found as pyenv does (`$PYENV_VERSION`, the nearest
    /// `.python-version`, the global `version`) but without its 70 ms; else pyenv is asked.
    fn behind_shim(&self, path: &Path) -> Result<PathBuf> {
        let Some(name) = path.file_name().filter(|_| self.is_pyenv_shim(path)) else {
            return Ok(path.to_path_buf());
        };
        if let Some(found) = self.selected_by_pyenv(name) {
            return Ok(found);
        }
        let answer =
            question(OsStr::new("pyenv"), &self.path, &self.directory).arg("which").arg(name).output();
        match answer {
            Ok(answer) if answer.status.success() => Ok(OsStr::from_bytes(answer.stdout.trim_ascii()).into()),
            _ => bail!("pyenv selects no version that has '{}'.\nhint: pyenv versions", shown(name)),
        }
    }

    fn selected_by_pyenv(&self, name: &OsStr) -> Option<PathBuf> {
        let root = self.pyenv_root.as_ref()?;
        let selection = match &self.pyenv_version {
            Some(versions) => versions.to_string_lossy().replace(':', "\n"),
            None => {
                let local = self.directory.ancestors().map(|directory| directory.join(".python-version"));
                let global = std::iter::once(root.join("version"));
                let file = local.chain(global).find(|file| file.is_file());
                file.map_or(Ok("system".into()), fs::read_to_string).ok()?
            }
        };
        let versions = selection.lines().filter_map(|line| line.split_whitespace().next());
        versions.filter(|version| !version.starts_with('#')).find_map(|version| match version {
            "system" => {
                let directories = std::env::split_paths(&self.path);
                let directories = directories.filter(|path| path.is_absolute() && !path.ends_with("shims"));
                which::which_in(name, std::env::join_paths(directories).ok(), "/").ok()
            }
            _ => {
                Some(root.join("versions").join(version).join("bin").join(name)).filter(|path| path.is_file())
            }
        })
    }

    /// The newest version that pyenv holds and `name` (`python3.12`, `python3.12.1`) fits.
    fn newest_of_pyenv(&self, name: &OsStr) -> Option<PathBuf> {
        let wanted = name.to_str()?.strip_prefix("python").filter(|version| !version.is_empty())?;
        let fits = |version: &str| {
            version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let versions = fs::read_dir(self.pyenv_root.as_ref()?.join("versions")).ok()?;
        let versions = versions.flatten().filter_map(|entry| {
            let version = entry.file_name().into_string().ok().filter(|version| fits(version))?;
            let python = entry.path().join("bin/python");
            python.is_file().then_some((numbers(&version)?, python))
        });
        versions.max().map(|(_, python)| python)
    }

    /// What people may type for an interpreter of this machine, without starting one: each version that `find` knows, as
    /// `3.12`, newest first, and where it is. pyenv's are among them, with all their numbers if `wholly`.
    pub fn versions(&self, wholly: bool) -> Vec<(String, PathBuf)> {
        let held = self.pyenv_root.iter().flat_map(|root| names_in(&root.join("versions")));
        let mut versions: Vec<Vec<u32>> = held.filter_map(|name| numbers(&name)).collect();
        let minor = |version: &Vec<u32>| version[..version.len().min(2)].to_vec();
        let minors: Vec<_> = versions.iter().map(minor).collect();
        let named = self.names().into_iter().filter_map(|name| numbers(name.strip_prefix("python")?));
        versions.extend(minors.into_iter().chain(named));
        versions.retain(|version| version.len() == 2 || wholly && version.len() > 2);
        versions.sort_unstable();
        versions.dedup();
        let spelled = |version: Vec<u32>| {
            let parts: Vec<String> = version.iter().map(ToString::to_string).collect();
            parts.join(".")
        };
        let found = versions.into_iter().rev().map(spelled).filter_map(|version| {
            let name = format!("python{version}");
            let path = self.named(name.as_ref())?;
            let path = if self.is_pyenv_shim(&path) { self.selected_by_pyenv(name.as_ref())? } else { path };
            Some((version, path))
        });
        found.collect()
    }

    /// The programs on PATH that are called as interpreters are, each once: `python3`, `python3.12`, `pypy3`.
    pub fn names(&self) -> BTreeSet<String> {
        let directories = std::env::split_paths(&self.path).filter(|directory| directory.is_absolute());
        let is_interpreter = |name: &String| {
            let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("pypy"));
            rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
        };
        directories.flat_map(|directory| names_in(&directory)).filter(is_interpreter).collect()
    }

    // --- Questions -------------------------------------------------------------------------------

    fn ask(&self, executable: &Path) -> Result<Python> {
        // -E -s -S is what -I means for a program that imports from the library alone, and Python 2 knows it.
        // The answer goes through fd 1 of the child, which nobody shares.
        let mut question = question(executable.as_os_str(), &self.path, &self.directory);
        let answer = question.args(["-E", "-s", "-S", "-c", QUESTION]).output();
        let answer = answer.map_err(|error| {
            anyhow!("cannot start the interpreter {}: {error}{}", shown(executable), self.hint())
        })?;
        let facts: Vec<&[u8]> = answer.stdout.split(|&byte| byte == 0).collect();
        let [version, executable_said, venv, ensurepip, library, wheels, b"."] = facts[..] else {
            bail!("{} is not a Python interpreter.{}", shown(executable), self.hint());
        };
        let version = std::str::from_utf8(version).unwrap_or_default();
        let mut numbers = version.split('.').map(|number| number.parse().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        let said = Path::new(OsStr::from_bytes(executable_said));
        // asdf's and mise's shims start an interpreter elsewhere, which tells where it is. A link keeps its name.
        let is_shim = fs::read(executable).is_ok_and(|text| text.starts_with(b"#!"));
        Ok(Python {
            executable: if is_shim && said.is_file() { said.to_path_buf() } else { executable.to_path_buf() },
            version: (next(), next(), next()),
            lack: match (venv, ensurepip) {
                (b"1", b"1") => None,
                (b"1", _) => Some(Lack::Ensurepip),
                _ => Some(Lack::Venv),
            },
            library: OsStr::from_bytes(library).into(),
            wheels: Some(OsStr::from_bytes(wheels).into()).filter(|path: &PathBuf| path.is_absolute()),
        })
    }
}

/// Prints, each ended by NUL: version, executable, whether venv and ensurepip are there, where the library is, and
/// where a distribution's wheels are; then a dot.
const QUESTION: &str = "import sys
del sys.path[0]
import os, sysconfig
lib = os.path.dirname(os.__file__)
has = lambda name: str(int(os.path.exists(os.path.join(lib, name, '__main__.py'))))
version = '.'.join(str(part) for part in sys.version_info[:3])
wheels = sysconfig.get_config_var('WHEEL_PKG_DIR') or ''
sys.stdout.write('\\0'.join([version, sys.executable, has('venv'), has('ensurepip'), lib, wheels, '.']))";

#[expect(clippy::disallowed_methods, reason = "a question, which changes nothing")]
fn question(program: &OsStr, path: &OsStr, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("PATH", path).stdin(Stdio::null());
    if directory.is_dir() {
        command.current_dir(directory);
    }
    command
}

/// The names of what is in `directory`, if it can be read.
fn names_in(directory: &Path) -> impl Iterator<Item = String> + use<> {
    fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
}

/// A version's numbers, if it is nothing else.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}

/// `3.12` means `python3.12`; other words are names as they are.
fn name_of(wanted: &OsStr) -> OsString {
    let is_version =
        !wanted.is_empty() && wanted.as_bytes().iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let mut name = OsString::from(if is_version { "python" } else { "" });
    name.push(wanted);
    name
}

/// The interpreter behind an environment's own: what its pyvenv.cfg calls home, as often as it takes.
fn base(executable: &Path) -> PathBuf {
    let mut executable = executable.to_path_buf();
    // An environment of an environment of …; a circle ends too.
    for _ in 0..8 {
        let Some(bin) = executable.parent() else { break };
        let settings = [bin.join("pyvenv.cfg"), bin.join("../pyvenv.cfg")];
        let Some(home) = settings.iter().find_map(|file| setting(file, "home")).map(PathBuf::from) else {
            break;
        };
        let name = executable.file_name().unwrap_or(OsStr::new("python3"));
        let names = [name, OsStr::new("python3"), OsStr::new("python")];
        let Some(found) = names.iter().map(|name| home.join(name)).find(|path| path.is_file()) else { break };
        executable = found;
    }
    executable
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

impl Python {
    /// What it lacks to make an environment, `with_pip` or without, in a sentence; none if it can.
    pub fn shortcoming(&self, with_pip: bool) -> Option<String> {
        let (major, minor, micro) = self.version;
        let python = format!("{} (Python {major}.{minor}.{micro})", shown(&self.executable));
        match self.lack {
            Some(Lack::Ensurepip) if with_pip => {
                Some(format!("{python} has no ensurepip, so it cannot put pip into an environment."))
            }
            Some(Lack::Venv) => Some(format!("{python} has no venv module.")),
            _ if (major, minor) < (3, 3) => Some(format!("{python} has no venv module.")),
            _ => None,
        }
    }

    /// What to type where that stands in the way, a `hint:` line each; `system` is asked about its own interpreters.
    pub(crate) fn ways_out(&self, system: impl FnOnce() -> System) -> String {
        let typed = typed(self.executable.as_os_str());
        let remedy = System::has(self).then(system).and_then(|system| system.remedy(self));
        let remedy = remedy.map(|line| format!("\nhint: {line}")).unwrap_or_default();
        let other = match self.lack {
            _ if self.version < (3, 3, 0) => {
                format!("VIRTUALENVWRAPPER_VIRTUALENV=virtualenv mkvirtualenv -p {typed} NAME")
            }
            Some(Lack::Venv) => "mkvirtualenv -p python3 NAME".to_owned(),
            _ => "mkvirtualenv --without-pip NAME".to_owned(),
        };
        format!("{remedy}\nhint: {other}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_number_means_that_python() {
        assert_eq!(name_of("3.12".as_ref()), "python3.12");
        assert_eq!(name_of("3".as_ref()), "python3");
        assert_eq!(name_of("pypy3".as_ref()), "pypy3");
        assert_eq!(name_of("".as_ref()), "");
    }

    #[test]
    fn an_environments_interpreter_leads_to_its_base() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        for bin in ["base/bin", "one/bin", "two/bin"] {
            fs::create_dir_all(at(bin)).unwrap();
            fs::write(at(bin).join("python3"), "").unwrap();
        }
        fs::write(at("one/pyvenv.cfg"), format!("home = {}\n", at("base/bin").display())).unwrap();
        fs::write(at("two/pyvenv.cfg"), format!("home = {}\n", at("one/bin").display())).unwrap();
        assert_eq!(base(&at("two/bin/python3")), at("base/bin/python3"));
        assert_eq!(base(&at("base/bin/python3")), at("base/bin/python3"));
    }

    #[test]
    fn pyenv_selects_as_pyenv_does() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("pyenv");
        for version in ["3.9.18", "3.11.7", "3.11.10"] {
            let bin = root.join("versions").join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            fs::write(bin.join("python3"), "").unwrap();
            fs::write(bin.join("python"), "").unwrap();
        }
        let work = directory.path().join("src/deep");
        fs::create_dir_all(&work).unwrap();
        let mut pythons = Pythons { directory: work, pyenv_root: Some(root.clone()), ..Pythons::default() };
        let selected = |pythons: &Pythons| pythons.selected_by_pyenv("python3".as_ref());
        let version = |version: &str| Some(root.join("versions").join(version).join("bin/python3"));
        fs::write(root.join("version"), "3.9.18\n").unwrap();
        assert_eq!(selected(&pythons), version("3.9.18"));
        fs::write(directory.path().join("src/.python-version"), "3.7.0\n3.11.7\n").unwrap();
        assert_eq!(selected(&pythons), version("3.11.7"));
        pythons.pyenv_version = Some("3.11.10".into());
        assert_eq!(selected(&pythons), version("3.11.10"));
        let newest = pythons.newest_of_pyenv("python3.11".as_ref()).unwrap();
        assert_eq!(newest, root.join("versions/3.11.10/bin/python"));
        assert_eq!(pythons.newest_of_pyenv("python3.1".as_ref()), None);
    }

    #[test]
    fn versions_of_this_machine_are_known_without_starting_one() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("pyenv");
        let program = |path: PathBuf| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let pyenv = |version: &str| program(root.join("versions").join(version).join("bin/python"));
        let (old, new) = (pyenv("3.9.18"), pyenv("3.11.10"));
        pyenv("3.11.7");
        pyenv("pypy3.10-7.3");
        let bin = directory.path().join("bin");
        let own = program(bin.join("python3.11"));
        for name in ["python3", "python3-config", "pythonw", "pypy3"] {
            program(bin.join(name));
        }
        let pythons = Pythons { path: bin.into(), pyenv_root: Some(root), ..Pythons::default() };
        assert_eq!(pythons.versions(false), [("3.11".into(), own), ("3.9".into(), old)]);
        let wholly: Vec<String> = pythons.versions(true).into_iter().map(|(version, _)| version).collect();
        assert_eq!(wholly, ["3.11.10", "3.11.7", "3.11", "3.9.18", "3.9"]);
        assert_eq!(pythons.versions(true)[0].1, new);
        assert_eq!(pythons.names().into_iter().collect::<Vec<_>>(), ["pypy3", "python3", "python3.11"]);
    }

    #[test]
    fn only_a_version_that_was_asked_for_is_looked_up_past_a_shim_of_pyenvs() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_path_buf();
        for path in ["shims/python3", "shims/python3.11", "versions/3.11.7/bin/python"] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "#!/bin/sh\nexec pyenv\n").unwrap();
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let pythons = Pythons {
            path: root.join("shims").into(),
            directory: root.clone(),
            pyenv_root: Some(root.clone()),
            pyenv_version: Some("9.9".into()),
            ..Pythons::default()
        };
        assert_eq!(pythons.named("python3.11".as_ref()), Some(root.join("versions/3.11.7/bin/python")));
        assert_eq!(pythons.named("python3".as_ref()), Some(root.join("shims/python3")));
        let error = pythons.find(None).unwrap_err().to_string();
        assert_eq!(error, "pyenv selects no version that has 'python3'.\nhint: pyenv versions");
    }

    #[test]
    fn an_interpreter_that_cannot_start_comes_with_a_way_out() {
        let error = Pythons::default().find(Some("/etc/passwd".as_ref())).unwrap_err().to_string();
        assert!(error.starts_with("cannot start the interpreter /etc/passwd: "), "{error}");
        assert!(error.contains("\nhint: mkvirtualenv -p "), "{error}");
    }

    #[test]
    fn an_old_interpreter_is_refused_with_a_way_out() {
        let python = Python {
            executable: "/opt/python2.7".into(),
            version: (2, 7, 18),
            lack: Some(Lack::Venv),
            ..Python::default()
        };
        let system = System::default();
        let told = python.shortcoming(true).unwrap() + &python.ways_out(|| system.clone());
        assert!(told.contains("2.7.18") && told.contains("\nhint: VIRTUALENVWRAPPER_VIRTUALENV"), "{told}");
        let bare = Python {
            executable: "/opt/p".into(),
            version: (3, 11, 2),
            lack: Some(Lack::Ensurepip),
            ..Python::default()
        };
        assert!(bare.shortcoming(true).unwrap().contains("has no ensurepip"));
        assert_eq!(bare.ways_out(|| system.clone()), "\nhint: mkvirtualenv --without-pip NAME");
        assert_eq!(bare.shortcoming(false), None);
    }
}
