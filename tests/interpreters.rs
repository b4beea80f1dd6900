//! Environments of every interpreter on this machine.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::support::{Sandbox, Shell, shells, told};

/// An interpreter of this machine, by what it says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    pub(crate) executable: PathBuf,
    /// Major, minor, micro.
    pub(crate) version: [u8; 3],
    prefix: PathBuf,
    pub(crate) library: PathBuf,
}

impl Interpreter {
    fn ask(executable: PathBuf) -> Self {
        let question = "import os, sys; print(sys.version.split()[0]); print(sys.prefix); print(os.__file__)";
        let answer = Sandbox::new().command(&executable).args(["-c", question]).output().expect("it starts");
        let text = String::from_utf8(answer.stdout).expect("UTF-8");
        let mut lines = text.lines();
        let version = lines.next().expect("a version").split('.').map(|part| part.parse().expect("a number"));
        Self {
            version: version.collect::<Vec<_>>().try_into().expect("three numbers"),
            prefix: lines.next().expect("a prefix").into(),
            library: Path::new(lines.next().expect("a library")).parent().expect("a directory").into(),
            executable,
        }
    }

    /// `3.12`
    pub(crate) fn short_version(&self) -> String {
        format!("{}.{}", self.version[0], self.version[1])
    }

    fn full_version(&self) -> String {
        self.version.map(|part| part.to_string()).join(".")
    }
}

#[expect(clippy::disallowed_methods, reason = "tests read the environment they run in")]
fn pyenv_root() -> Option<PathBuf> {
    let given = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    given
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")))
        .filter(|root| root.is_dir())
}

/// All that pyenv holds, oldest first.
pub(crate) fn of_pyenv() -> Vec<Interpreter> {
    let versions = pyenv_root().and_then(|root| fs::read_dir(root.join("versions")).ok());
    let pythons = versions.into_iter().flatten().flatten().map(|version| version.path().join("bin/python"));
    let mut found: Vec<_> = pythons.filter(|python| python.is_file()).map(Interpreter::ask).collect();
    found.sort_unstable_by_key(|python| python.version);
    found
}

/// The system's own, where there is one.
pub(crate) fn of_system() -> Option<Interpreter> {
    Some(PathBuf::from("/usr/bin/python3")).filter(|python| python.is_file()).map(Interpreter::ask)
}

/// All that can make environments, oldest first.
pub(crate) fn able() -> Vec<Interpreter> {
    let mut all: Vec<_> = of_pyenv().into_iter().chain(of_system()).collect();
    all.retain(|python| python.version >= [3, 3, 0]);
    all.sort_by_key(|python| python.version);
    assert!(!all.is_empty(), "these tests need Python 3");
    all
}

/// Says what cannot be tested here.
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
pub(crate) fn skip(why: &str) {
    eprintln!("SKIPPED: {why}");
}

fn bash() -> Shell {
    shells().into_iter().find(|shell| shell.name == "bash").expect("bash")
}

/// Runs `script` in bash, with `PYTHON` for it to name.
fn run(sandbox: &Sandbox, python: &Path, script: &str) -> Output {
    sandbox.shell(bash(), script).env("PYTHON", python).output().expect("bash runs")
}

fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", told(output));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn assert_refused(output: &Output, reason: &str, sandbox: &Sandbox) {
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}", told(output));
    assert!(words.contains(reason) && words.contains("\nhint: "), "{}", told(output));
    let left: Vec<_> = fs::read_dir(sandbox.workon_home()).into_iter().flatten().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}

const PREFIXES: &str = "python -c 'import sys; print(sys.version.split()[0]); print(sys.prefix); \
                        print(sys.base_prefix)'";

#[test]
fn every_interpreter_makes_an_environment_of_its_own() {
    for python in able() {
        let sandbox = Sandbox::new();
        let script = format!("mkvirtualenv --without-pip -p \"$PYTHON\" blog && {PREFIXES}");
        let output = run(&sandbox, &python.executable, &script);
        let root = sandbox.workon_home().join("blog");
        let [root, prefix] = [&root, &python.prefix].map(|path| path.display().to_string());
        assert_eq!(lines(&output), [python.full_version(), root, prefix], "{}", python.executable.display());
    }
}

/// What pip installed is what its RECORD says, and no text names the hidden place of the making.
const AUDIT: &str = r#"
import base64, csv, glob, hashlib, os, sys
for record in glob.glob(os.path.join(glob.escape(sys.prefix), "lib", "*", "site-packages", "*.dist-info", "RECORD")):
    for listed, digest, size in csv.reader(open(record, newline="")):
        if digest:
            text = open(os.path.normpath(os.path.join(record, "../..", listed)), "rb").read()
            hashed = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
            if (digest, size) != ("sha256=" + hashed, str(len(text))):
                print("RECORD disagrees:", listed)
for directory, _, names in os.walk(sys.prefix):
    for name in names:
        path = os.path.join(directory, name)
        if not path.endswith(".pyc") and b".partial-" in open(path, "rb").read():
            print("names the nest:", path)
"#;

#[test]
fn pip_is_whole_in_the_oldest_the_newest_and_the_systems() {
    let all = able();
    let mut chosen: Vec<&Interpreter> = all.first().into_iter().chain(all.last()).collect();
    let system = of_system();
    chosen.extend(&system);
    std::thread::scope(|scope| {
        for python in chosen {
            scope.spawn(|| {
                assert_pip_is_whole(python, "envs");
                assert_pip_is_whole(python, "with a blank/it's");
            });
        }
    });
}

/// Makes an environment under `home`, which decides the form that the scripts' first lines take.
fn assert_pip_is_whole(python: &Interpreter, home: &str) {
    let sandbox = Sandbox::new();
    // The sandbox's own path has a blank.
    let plain = tempfile::tempdir().expect("a directory");
    let home = plain.path().canonicalize().expect("it exists").join(home);
    let script = "mkvirtualenv -p \"$PYTHON\" blog && pip --version && python -c \"$AUDIT\"";
    let mut command = sandbox.shell(bash(), script);
    command.env("PYTHON", &python.executable).env("AUDIT", AUDIT).env("WORKON_HOME", &home);
    let output = command.output().expect("bash runs");
    let said = lines(&output);
    let root = home.join("blog");
    let packages = format!("{}/lib/python{}/site-packages", root.display(), python.short_version());
    assert_eq!(said.len(), 1, "{}", told(&output));
    assert!(said[0].contains(&packages), "{}", told(&output));
    let script = fs::read_to_string(root.join("bin/pip")).expect("pip is text");
    let interpreter = format!("{}/bin/python", root.display());
    let first = if interpreter.contains(' ') { "#!/bin/sh\n'''exec' \"" } else { "#!" };
    assert!(script.starts_with(&format!("{first}{interpreter}")), "{script}");
}

#[test]
fn python_2_is_refused_with_a_way_out() {
    let Some(python) = of_pyenv().into_iter().find(|python| python.version[0] == 2) else {
        return skip("there is no Python 2");
    };
    let sandbox = Sandbox::new();
    let output = run(&sandbox, &python.executable, "mkvirtualenv -p \"$PYTHON\" blog");
    assert_refused(&output, "has no venv module", &sandbox);
    assert!(told(&output).contains("hint: VIRTUALENVWRAPPER_VIRTUALENV=virtualenv"), "{}", told(&output));
}

#[test]
fn a_version_names_an_interpreter() {
    let Some(python) = of_pyenv().into_iter().rfind(|python| python.version[0] == 3) else {
        return skip("pyenv holds no Python 3");
    };
    let short = python.short_version();
    for wanted in [short.clone(), format!("python{short}"), python.full_version()] {
        let sandbox = Sandbox::new();
        let script = format!("mkvirtualenv --without-pip -p '{wanted}' blog && {PREFIXES}");
        let output =
            sandbox.shell(bash(), &script).env("PYENV_ROOT", pyenv_root().unwrap()).output().unwrap();
        assert!(lines(&output)[0].starts_with(&short), "{wanted}: {}", told(&output));
    }
}

#[test]
fn an_interpreter_that_is_not_there_is_refused() {
    for wanted in ["9.9", "python9.9", "/nowhere/python3", "./python3", "/bin/ls", "/bin", ""] {
        let sandbox = Sandbox::new();
        let output = run(&sandbox, wanted.as_ref(), "mkvirtualenv -p \"$PYTHON\" blog");
        assert_refused(&output, "interpreter", &sandbox);
    }
}

#[test]
fn an_active_environment_is_never_the_base_of_another() {
    let script = format!(
        "mkvirtualenv --without-pip one && {PREFIXES} && mkvirtualenv --without-pip two && {PREFIXES} &&
         mkvirtualenv --without-pip -p python three && {PREFIXES} &&
         mkvirtualenv --without-pip -p \"$(command -v python)\" four && {PREFIXES} &&
         sed -n 's/^home = //p' \"$WORKON_HOME\"/*/pyvenv.cfg"
    );
    let sandbox = Sandbox::new();
    let said = lines(&sandbox.run(bash(), &script));
    let (asked, homes) = said.split_at(12);
    for (name, answer) in ["one", "two", "three", "four"].into_iter().zip(asked.chunks(3)) {
        assert_eq!(Path::new(&answer[1]), sandbox.workon_home().join(name));
        assert_eq!(answer[2], asked[2], "{name}");
    }
    assert_eq!(homes.len(), 4);
    assert!(homes.iter().all(|home| !Path::new(home).starts_with(sandbox.home())), "{homes:?}");
}

#[test]
fn a_pyenv_shim_is_the_version_that_pyenv_selects() {
    let Some(root) = pyenv_root().filter(|root| root.join("shims/python3").is_file()) else {
        return skip("there is no pyenv");
    };
    let pythons: Vec<_> = of_pyenv().into_iter().filter(|python| python.version >= [3, 3, 0]).collect();
    let path = std::env::join_paths([root.join("shims"), root.join("bin"), "/usr/bin".into(), "/bin".into()]);
    let path = path.expect("no colon");
    let script = format!("mkvirtualenv --without-pip $OPTION blog && {PREFIXES}");
    let shim = root.join("shims/python3");
    let by_path = [OsStr::new("-p"), shim.as_os_str()].join(OsStr::new(" "));
    for python in [pythons.first(), pythons.last()].into_iter().flatten() {
        for option in ["".into(), OsString::from("-p python3"), by_path.clone()] {
            for by_file in [false, true] {
                let sandbox = Sandbox::new();
                let mut command = sandbox.shell(bash(), &script);
                command.env("PATH", &path).env("PYENV_ROOT", &root).env("OPTION", &option);
                if by_file {
                    fs::write(sandbox.home().join(".python-version"), python.full_version())
                        .expect("written");
                } else {
                    command.env("PYENV_VERSION", python.full_version());
                }
                let output = command.output().expect("bash runs");
                assert_eq!(lines(&output)[0], python.full_version(), "{option:?} {}", told(&output));
                let home =
                    fs::read_to_string(sandbox.workon_home().join("blog/pyvenv.cfg")).expect("it is there");
                assert!(!home.contains("shims"), "{home}");
            }
        }
    }
}

/// A copy of an interpreter whose library lacks a module, as distributions cut it.
fn without(module: &str, python: &Interpreter, root: &Path) -> PathBuf {
    let version = format!("python{}", python.short_version());
    let (bin, library) = (root.join("bin"), root.join("lib").join(&version));
    fs::create_dir_all(&bin).expect("made");
    fs::create_dir_all(&library).expect("made");
    fs::copy(&python.executable, bin.join(&version)).expect("copied");
    for entry in fs::read_dir(&python.library).expect("a library").flatten() {
        if entry.file_name() != module {
            symlink(entry.path(), library.join(entry.file_name())).expect("linked");
        }
    }
    bin.join(version)
}

#[test]
fn an_interpreter_without_ensurepip_makes_environments_without_pip() {
    let Some(python) = of_pyenv().into_iter().rfind(|python| python.version[0] == 3) else {
        return skip("pyenv holds no Python 3 to be cut");
    };
    let sandbox = Sandbox::new();
    let cut = without("ensurepip", &python, &sandbox.home().join("cut"));
    let output = run(&sandbox, &cut, "mkvirtualenv -p \"$PYTHON\" blog");
    assert_refused(&output, "has no ensurepip", &sandbox);
    assert!(told(&output).contains("hint: mkvirtualenv --without-pip"), "{}", told(&output));
    let script = format!("mkvirtualenv --without-pip -p \"$PYTHON\" blog && {PREFIXES}");
    let said = lines(&run(&sandbox, &cut, &script));
    assert_eq!(Path::new(&said[2]), sandbox.home().join("cut"));
}

#[test]
fn an_interpreter_without_venv_is_refused() {
    let Some(python) = of_pyenv().into_iter().rfind(|python| python.version[0] == 3) else {
        return skip("pyenv holds no Python 3 to be cut");
    };
    let sandbox = Sandbox::new();
    let cut = without("venv", &python, &sandbox.home().join("cut"));
    for options in ["", "--without-pip"] {
        let output = run(&sandbox, &cut, &format!("mkvirtualenv {options} -p \"$PYTHON\" blog"));
        assert_refused(&output, "has no venv module", &sandbox);
    }
}

#[test]
#[ignore = "installs from PyPI"]
fn virtualenv_serves_an_interpreter_without_ensurepip_and_that_is_said() {
    let Some(python) = of_pyenv().into_iter().rfind(|python| python.version[0] == 3) else {
        return skip("pyenv holds no Python 3 to be cut");
    };
    let sandbox = Sandbox::new();
    let cut = without("ensurepip", &python, &sandbox.home().join("cut"));
    // What virtualenv puts in, it carries: no index is asked.
    let script = format!(
        "mkvirtualenv tools -i virtualenv >&2 && deactivate && PATH=$WORKON_HOME/tools/bin:$PATH &&
         export PIP_INDEX_URL=http://127.0.0.1:9/ &&
         mkvirtualenv -p \"$PYTHON\" 'my blog' && {PREFIXES} && pip --version"
    );
    let output = run(&sandbox, &cut, &script);
    let (said, root) = (lines(&output), sandbox.workon_home().join("my blog"));
    assert_eq!([Path::new(&said[1]), Path::new(&said[2])], [&*root, &*sandbox.home().join("cut")]);
    assert!(said[3].contains(root.to_str().expect("UTF-8")), "{said:?}");
    let note = "has no ensurepip, so it cannot put pip into an environment. ";
    assert!(told(&output).contains(note) && told(&output).contains("tools/bin/virtualenv makes this one."));
    let script = "PATH=$WORKON_HOME/tools/bin:$PATH; mkvirtualenv --without-pip -p \"$PYTHON\" bare";
    assert!(!told(&run(&sandbox, &cut, script)).contains("NOTE: "), "venv suffices");
}
