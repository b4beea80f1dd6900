//! Environments from templates: nobody can tell them from those that the interpreter makes itself.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use walkdir::WalkDir;

use crate::interpreters::{Interpreter, able, of_pyenv, of_system, skip};
use crate::support::{Sandbox, VENVYARD, is_here, told};

/// A home for environments; the sandbox's own has a blank in its path.
struct Lab {
    sandbox: Sandbox,
    directory: TempDir,
    python: PathBuf,
    cache: Option<PathBuf>,
}

impl Lab {
    fn new(python: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        Self { sandbox: Sandbox::new(), directory, python: python.to_path_buf(), cache: None }
    }

    /// One whose cache holds nothing yet.
    fn with_cold_cache(python: &Path) -> Self {
        let mut lab = Self::new(python);
        lab.cache = Some(lab.at("cache"));
        lab
    }

    fn at(&self, path: &str) -> PathBuf {
        self.directory.path().canonicalize().expect("it exists").join(path)
    }

    fn root(&self, name: &str) -> PathBuf {
        self.at("envs").join(name)
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.sandbox.command(program);
        command.env("WORKON_HOME", self.at("envs")).env("VENVYARD_SHELL", "bash");
        if let Some(cache) = &self.cache {
            command.env("XDG_CACHE_HOME", cache);
        }
        command
    }

    fn mkvirtualenv(&self, words: &[&str]) -> Command {
        let mut command = self.command(VENVYARD);
        command.arg("mkvirtualenv").arg("-p").arg(&self.python).args(words);
        command
    }

    /// Makes an environment, and tells what was said about it.
    fn make(&self, words: &[&str]) -> String {
        let output = self.mkvirtualenv(words).output().expect("it runs");
        assert!(output.status.success(), "{words:?}: {}", told(&output));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The one workshop in this lab's own cache.
    fn workshop(&self) -> PathBuf {
        let [workshop] = &self.workshops()[..] else { panic!("{:?}", self.workshops()) };
        workshop.clone()
    }

    fn workshops(&self) -> Vec<PathBuf> {
        let templates = self.cache.as_ref().expect("its own cache").join("venvyard/templates");
        fs::read_dir(templates).expect("templates").map(|entry| entry.expect("an entry").path()).collect()
    }
}

/// The newest interpreter, for what does not depend on which.
fn newest() -> PathBuf {
    able().pop().expect("one at least").executable
}

/// A file of pip that environments share.
fn shared(root: &Path) -> PathBuf {
    let lib = fs::read_dir(root.join("lib")).expect("lib").next().expect("a version").expect("an entry");
    lib.path().join("site-packages/pip/__init__.py")
}

fn is_linked(root: &Path) -> bool {
    fs::metadata(shared(root)).expect("pip").nlink() > 1
}

fn device(path: &Path) -> u64 {
    fs::metadata(path).expect("it exists").dev()
}

// --- The same as the interpreter makes ------------------------------------------------------------

/// What is at a path of an environment.
#[derive(Debug, PartialEq)]
enum Found {
    Directory {
        mode: u32,
    },
    Link(PathBuf),
    File {
        mode: u32,
        text: Vec<u8>,
    },
    /// Whether the source is the one that it was compiled from.
    Compiled {
        mode: u32,
        is_valid: bool,
    },
}

fn found(root: &Path) -> BTreeMap<PathBuf, Found> {
    let entries = WalkDir::new(root).into_iter().map(|entry| entry.expect("readable"));
    let found = entries.map(|entry| {
        let data = entry.metadata().expect("it is there");
        let mode = data.mode() & 0o7777;
        let found = if data.is_dir() {
            Found::Directory { mode }
        } else if data.is_symlink() {
            Found::Link(fs::read_link(entry.path()).expect("a link"))
        } else if entry.path().extension().is_some_and(|extension| extension == "pyc") {
            Found::Compiled { mode, is_valid: is_valid(entry.path()) }
        } else {
            Found::File { mode, text: fs::read(entry.path()).expect("readable") }
        };
        (entry.path().strip_prefix(root).expect("inside").to_path_buf(), found)
    });
    found.collect()
}

/// Whether the header of `pycache/name.cpython-313.pyc` has size and time of the source.
fn is_valid(compiled: &Path) -> bool {
    let name = compiled.file_name().and_then(|name| name.to_str()).expect("UTF-8");
    let (name, tag) = name.trim_end_matches(".pyc").rsplit_once(".cpython-").expect("a tag");
    let source = compiled.parent().and_then(Path::parent).expect("above").join(format!("{name}.py"));
    let source = fs::metadata(source).expect("a source");
    let header = fs::read(compiled).expect("readable");
    // Python 3.7 put flags before them.
    let start = if tag == "36" { 4 } else { 8 };
    let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
    i64::from(number(start)) == source.mtime() && u64::from(number(start + 4)) == source.size()
}

/// Ours beyond venv's: files of comments in bin.
const HOOKS: [&str; 5] =
    ["get_env_details", "postactivate", "postdeactivate", "preactivate", "predeactivate"];

/// Makes the environment twice at the same path, by the interpreter and by us, and compares.
fn assert_same(python: &Interpreter, umask: &str, options: &[&str], home: &str, name: &str) {
    let lab = Lab::new(&python.executable);
    let home = lab.at(home);
    fs::create_dir_all(&home).expect("a home");
    let root = home.join(name);
    let run = |words: &[&str]| {
        let mut command = lab.command("sh");
        command.args(["-c", "umask \"$0\" && exec \"$@\"", umask]).args(words).args(options).arg(name);
        let output = command.current_dir(&home).env("WORKON_HOME", &home).output().expect("it runs");
        assert!(output.status.success(), "{words:?} {options:?} {name}: {}", told(&output));
    };
    let executable = python.executable.to_str().expect("UTF-8");
    run(&[executable, "-I", "-m", "venv"]);
    let theirs = found(&root);
    fs::rename(&root, lab.at("theirs")).expect("moved aside");
    run(&[VENVYARD, "mkvirtualenv", "-p", executable]);
    let mut ours = found(&root);
    for hook in HOOKS {
        ours.remove(&Path::new("bin").join(hook)).expect("a hook");
    }
    let all = theirs.keys().chain(ours.keys());
    let differing: Vec<_> = all.filter(|path| theirs.get(*path) != ours.get(*path)).collect();
    assert!(
        differing.is_empty(),
        "{executable} umask {umask} {options:?} {}: {differing:?}\n{}",
        root.display(),
        shown(differing.first().map(|path| (theirs.get(*path), ours.get(*path))))
    );
}

/// Both sides of a difference, texts as such.
fn shown(difference: Option<(Option<&Found>, Option<&Found>)>) -> String {
    let shown = |found: Option<&Found>| match found {
        Some(Found::File { mode, text }) => format!("{mode:o} {}", String::from_utf8_lossy(text)),
        other => format!("{other:?}"),
    };
    difference.map(|(theirs, ours)| format!("{}\n---\n{}", shown(theirs), shown(ours))).unwrap_or_default()
}

/// Longer than a kernel reads of a `#!` line.
fn long() -> String {
    format!("{0}/{0}", "long".repeat(20))
}

#[test]
fn a_clone_without_pip_is_what_the_interpreter_makes() {
    let bare = |more: &[&'static str]| [&["--without-pip"], more].concat();
    let (long, pythons) = (&long(), able());
    thread::scope(|scope| {
        for pythons in pythons.chunks(pythons.len().div_ceil(2)) {
            scope.spawn(move || {
                for python in pythons {
                    assert_same(python, "022", &bare(&[]), "envs", "blog");
                    assert_same(python, "022", &bare(&["--system-site-packages"]), "envs", "blog");
                    assert_same(python, "022", &bare(&["--prompt", "he'y"]), "envs", "blog");
                    assert_same(python, "022", &bare(&["--copies"]), "envs", "blog");
                    assert_same(python, "022", &bare(&[]), "with a blank", "it's 100%");
                    assert_same(python, "022", &bare(&[]), long, "blog");
                    assert_same(python, "077", &bare(&[]), "envs", "blog");
                }
            });
        }
    });
}

#[test]
fn a_clone_with_pip_is_what_the_interpreter_makes() {
    let all = able();
    let system = of_system();
    let chosen: Vec<&Interpreter> = all.first().into_iter().chain(all.last()).chain(&system).collect();
    let (long, chosen) = (long(), &chosen);
    thread::scope(|scope| {
        for python in chosen {
            let long = &long;
            scope.spawn(move || {
                assert_same(python, "022", &[], "envs", "blog");
                assert_same(python, "022", &["--system-site-packages", "--prompt", "he'y"], long, "blog");
                assert_same(python, "077", &["--copies"], "with a blank", "it's 100%");
            });
        }
    });
}

#[test]
fn the_first_pip_of_a_clone_compiles_nothing() {
    for python in able().first().into_iter().chain(able().last()) {
        let lab = Lab::new(&python.executable);
        lab.make(&["blog"]);
        let compiled = || -> BTreeMap<PathBuf, (u64, i64)> {
            let entries = WalkDir::new(lab.root("blog")).into_iter().map(|entry| entry.expect("readable"));
            let files = entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "pyc"));
            let identity = |data: fs::Metadata| (data.ino(), data.mtime_nsec());
            files.map(|entry| (entry.path().into(), identity(entry.metadata().expect("there")))).collect()
        };
        let before = compiled();
        let output = lab.command(lab.root("blog").join("bin/pip")).arg("--version").output().expect("pip");
        assert!(told(&output).contains(lab.root("blog").to_str().expect("UTF-8")), "{}", told(&output));
        assert!(before.len() > 100 && compiled() == before, "{}", python.executable.display());
    }
}

#[test]
fn a_warm_creation_starts_no_program_and_a_cache_may_be_a_link() {
    if !is_here("strace") {
        return;
    }
    let mut lab = Lab::with_cold_cache(&newest());
    // Python is told of a link's other end.
    fs::create_dir(lab.at("real")).expect("made");
    symlink("real", lab.at("link")).expect("linked");
    lab.cache = Some(lab.at("link"));
    let said = lab.make(&["--without-pip", "one"]);
    assert!(!said.contains("no template"), "{said}");
    let log = lab.at("log");
    let mut command = lab.command("strace");
    command.args(["-f", "-qq", "-e", "trace=execve", "-o"]).arg(&log).arg(VENVYARD);
    command.args(["mkvirtualenv", "--without-pip", "-p"]).arg(&lab.python).arg("two");
    let output = command.output().expect("strace runs");
    assert!(output.status.success() && lab.root("two").exists(), "{}", told(&output));
    let log = fs::read_to_string(log).expect("a log");
    assert_eq!(log.matches("execve(").count(), 1, "{log}");
}

// --- What is shared, and how it stays safe ----------------------------------------------------------

#[test]
fn a_write_through_a_hard_link_is_found_at_the_next_creation() {
    let lab = Lab::with_cold_cache(&newest());
    lab.make(&["one"]);
    assert!(is_linked(&lab.root("one")));
    let file = shared(&lab.root("one"));
    let pristine = fs::read(&file).expect("pip");
    fs::write(&file, [pristine.as_slice(), b"spoilt = True\n"].concat()).expect("written in place");
    for name in ["two", "three"] {
        lab.make(&[name]);
        assert_eq!(fs::read(shared(&lab.root(name))).expect("pip"), pristine);
        assert!(is_linked(&lab.root(name)));
    }
}

#[test]
fn files_are_shared_as_the_configuration_says() {
    let lab = Lab::with_cold_cache(&newest());
    let config = lab.sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&config).expect("made");
    for mode in ["copy", "reflink", "hardlink", "auto"] {
        fs::write(config.join("config.toml"), format!("link_mode = \"{mode}\"\n")).expect("written");
        lab.make(&[mode]);
        assert_eq!(is_linked(&lab.root(mode)), ["hardlink", "auto"].contains(&mode), "{mode}");
    }
    let (one, other) = (shared(&lab.root("copy")), shared(&lab.root("reflink")));
    fs::write(&one, "spoilt = True\n").expect("written in place");
    assert_ne!(fs::read(&one).expect("pip"), fs::read(&other).expect("pip"));
    let times = [other, shared(&lab.root("auto"))].map(|file| fs::metadata(file).expect("pip").mtime());
    assert_eq!(times[0], times[1], "a copy keeps the time, and so what is compiled");
}

#[test]
fn where_others_work_too_every_file_is_a_copy() {
    let lab = Lab::with_cold_cache(&newest());
    let home = lab.at("envs");
    fs::create_dir(&home).expect("made");
    lab.make(&["mine"]);
    assert!(is_linked(&lab.root("mine")));

    fs::set_permissions(&home, fs::Permissions::from_mode(0o2775)).expect("setgid");
    lab.make(&["group"]);
    assert!(!is_linked(&lab.root("group")));
    let mode = fs::metadata(lab.root("group").join("bin")).expect("bin").mode();
    assert_eq!(mode & 0o2000, 0o2000, "{mode:o}");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).expect("not setgid");

    // User and group may all, others read: a version, then tag, permissions and nobody for each.
    let entries = [(1u16, 7u16), (4, 7), (32, 5)]
        .map(|(tag, permissions)| [&tag.to_le_bytes()[..], &permissions.to_le_bytes(), &[0xff; 4]].concat());
    let acl = [&2u32.to_le_bytes()[..], &entries.concat()].concat();
    let flags = rustix::fs::XattrFlags::empty();
    if rustix::fs::setxattr(&home, "system.posix_acl_default", &acl, flags).is_ok() {
        lab.make(&["listed"]);
        assert!(!is_linked(&lab.root("listed")));
        for (path, wanted) in [("bin", 0o775), ("bin/pip", 0o775), ("pyvenv.cfg", 0o664)] {
            let mode = fs::metadata(lab.root("listed").join(path)).expect("there").mode() & 0o777;
            assert_eq!(mode, wanted, "{path}: {mode:o}");
        }
        rustix::fs::removexattr(&home, "system.posix_acl_default").expect("removed");
    } else {
        skip("this file system has no default ACL");
    }

    if chown(&home, Some(65534), None).is_ok() {
        lab.make(&["guest"]);
        assert!(!is_linked(&lab.root("guest")));
    } else {
        skip("only root can give a directory away");
    }
}

#[test]
fn a_cache_on_another_device_is_copied_from() {
    let other = Path::new("/dev/shm");
    let mut lab = Lab::new(&newest());
    if !other.is_dir() || device(other) == device(&lab.at("")) {
        return skip("there is no other file system");
    }
    let cache = tempfile::tempdir_in(other).expect("a directory");
    lab.cache = Some(cache.path().to_path_buf());
    let said = lab.make(&["blog"]);
    assert!(!said.contains("NOTE: no template") && !is_linked(&lab.root("blog")), "{said}");
    let output = lab.command(lab.root("blog").join("bin/pip")).arg("--version").output().expect("pip");
    assert!(output.status.success(), "{}", told(&output));
}

// --- When there is none, or none that is good ---------------------------------------------------------

#[test]
fn without_a_cache_the_interpreter_makes_each_one() {
    let mut lab = Lab::new(&newest());
    fs::write(lab.at("file"), "").expect("written");
    lab.cache = Some(lab.at("file"));
    for name in ["one", "two"] {
        let said = lab.make(&["--without-pip", name]);
        assert!(said.contains("NOTE: no template can be kept"), "{said}");
        assert!(lab.root(name).join("bin/python").exists());
    }
    let said = lab.make(&["--without-pip", "three"]);
    let hint = said.lines().find_map(|line| line.strip_prefix("hint: export XDG_CACHE_HOME="));
    lab.cache = Some(PathBuf::from(hint.expect("a hint")));
    for name in ["four", "five"] {
        let said = lab.make(&["--without-pip", name]);
        assert!(!said.contains("NOTE: no template"), "{said}");
    }
    let listed = lab.command(VENVYARD).args(["lsvirtualenv", "-b"]).output().expect("it runs");
    assert!(!told(&listed).contains(".cache"), "{}", told(&listed));
}

/// An interpreter of our own whose venv module can be changed.
fn own(python: &Interpreter, root: &Path) -> (PathBuf, PathBuf) {
    let version = format!("python{}", python.short_version());
    let (bin, library) = (root.join("bin"), root.join("lib").join(&version));
    fs::create_dir_all(&bin).expect("made");
    fs::create_dir_all(&library).expect("made");
    fs::copy(&python.executable, bin.join(&version)).expect("copied");
    for entry in fs::read_dir(&python.library).expect("a library").flatten() {
        if entry.file_name() != "venv" {
            symlink(entry.path(), library.join(entry.file_name())).expect("linked");
        }
    }
    let module = python.library.join("venv");
    for entry in WalkDir::new(&module).into_iter().map(|entry| entry.expect("readable")) {
        let copy = library.join("venv").join(entry.path().strip_prefix(&module).expect("inside"));
        if entry.file_type().is_dir() {
            fs::create_dir(copy).expect("made");
        } else if entry.path().extension().is_none_or(|extension| extension != "pyc") {
            fs::copy(entry.path(), copy).expect("copied");
        }
    }
    (bin.join(version), library.join("venv"))
}

fn append(file: &Path, text: &str) {
    let old = fs::read_to_string(file).expect("readable");
    fs::write(file, old + text).expect("written");
}

#[test]
fn a_changed_interpreter_gets_a_new_template() {
    let Some(python) = of_pyenv().pop() else { return skip("pyenv holds no Python to be changed") };
    let mut lab = Lab::with_cold_cache(&python.executable);
    let (executable, module) = own(&python, &lab.at("own"));
    lab.python = executable;
    lab.make(&["--without-pip", "one"]);
    append(&module.join("scripts/common/activate"), "# patched\n");
    append(&module.join("__init__.py"), "# patched\n");
    lab.make(&["--without-pip", "two"]);
    let activate = |name| fs::read_to_string(lab.root(name).join("bin/activate")).expect("activate");
    assert!(!activate("one").contains("# patched") && activate("two").contains("# patched"));
}

/// Python that leaves a file which names the environment.
const TELLTALE: &str = "import atexit, os, sys
@atexit.register
def tell():
    root = os.path.abspath(sys.argv[-1])
    with open(os.path.join(root, 'lib', 'where'), 'w') as file:
        file.write(root)
";

#[test]
fn an_environment_that_is_not_understood_is_left_to_the_interpreter_and_that_is_said_once() {
    let Some(python) = of_pyenv().pop() else { return skip("pyenv holds no Python to be changed") };
    let mut lab = Lab::with_cold_cache(&python.executable);
    let (executable, module) = own(&python, &lab.at("own"));
    lab.python = executable;
    // Told by a file in lib, in a way that no template can follow.
    let main = module.join("__main__.py");
    let text = fs::read_to_string(&main).expect("readable");
    fs::write(&main, format!("{TELLTALE}{text}")).expect("written");
    let said = ["one", "two", "three"].map(|name| {
        let said = lab.make(&["--without-pip", name]);
        let where_it_is = fs::read_to_string(lab.root(name).join("lib/where")).expect("a note");
        assert!(where_it_is.contains(".partial-"), "made by the interpreter, in the nest: {where_it_is}");
        said.matches("no template can be used").count()
    });
    assert_eq!(said, [1, 0, 0]);
}

#[test]
fn templates_of_an_interpreter_that_is_gone_go_with_the_next_one() {
    let Some(python) = of_pyenv().pop() else { return skip("pyenv holds no Python to be copied") };
    let mut lab = Lab::with_cold_cache(&python.executable);
    let (executable, _) = own(&python, &lab.at("own"));
    lab.python = executable;
    lab.make(&["--without-pip", "one"]);
    let old = lab.workshop();
    fs::remove_dir_all(lab.at("own")).expect("removed");
    lab.python = python.executable;
    lab.make(&["--without-pip", "two"]);
    assert_ne!(lab.workshop(), old);
}

#[test]
fn twelve_creations_at_once_make_one_template() {
    let lab = Lab::with_cold_cache(&newest());
    fs::create_dir(lab.at("envs")).expect("made");
    let names: Vec<String> = (0..12).map(|number| format!("blog-{number}")).collect();
    thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| lab.make(&[name]));
        }
    });
    let trees = names.iter().map(|name| found(&lab.root(name)).into_keys().collect::<Vec<_>>());
    let trees: Vec<_> = trees.collect();
    assert!(trees.iter().all(|tree| *tree == trees[0]) && trees[0].len() > 500, "{}", trees[0].len());
    let links = fs::metadata(shared(&lab.root("blog-0"))).expect("pip").nlink();
    assert_eq!(links, 13, "all and the template share a file");
    let mut left: Vec<_> = fs::read_dir(lab.workshop())
        .expect("a workshop")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["pip", "record.json"]);
    assert_eq!(fs::read_dir(lab.at("envs")).expect("envs").count(), 12);
}

#[test]
fn a_kill_while_a_template_is_made_leaves_nothing_to_trip_over() {
    let lab = Lab::with_cold_cache(&newest());
    let mut child = lab.mkvirtualenv(&["one"]).stderr(Stdio::null()).spawn().expect("it starts");
    let is_building = || {
        let workshops = fs::read_dir(lab.at("cache/venvyard/templates")).into_iter().flatten().flatten();
        let mut entries =
            workshops.flat_map(|workshop| fs::read_dir(workshop.path()).into_iter().flatten().flatten());
        entries.any(|entry| {
            WalkDir::new(entry.path()).into_iter().flatten().any(|entry| entry.path().ends_with("lib"))
        })
    };
    let start = Instant::now();
    while !is_building() {
        assert!(start.elapsed() < Duration::from_secs(60), "no template is begun");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("it ends");
    assert!(!lab.root("one").exists());
    for name in ["one", "two"] {
        lab.make(&[name]);
        let output = lab.command(lab.root(name).join("bin/pip")).arg("--version").output().expect("pip");
        assert!(output.status.success(), "{}", told(&output));
    }
    assert_eq!(fs::read_dir(lab.at("envs")).expect("envs").count(), 2, "nothing hidden either");
}
