//! Nothing is lost and nothing half-made is seen: each call that changes a file is, in its turn, the last one, or fails.
//!
//! strace ends the real program before its first such call, then before its second, and so on until it comes through;
//! then it lets one call after the other fail as a full disk, a read-only one or a used-up table of files would. What
//! is listed afterwards must be what was there before, or what the command makes when nothing stops it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use walkdir::{DirEntry, WalkDir};

use crate::interpreters::able;
use crate::support::{Sandbox, VENVYARD, is_here, told};

/// The calls that change files, and `flock` and `openat` without which the others go wrong.
const CALLS: [&str; 27] = [
    "chmod",
    "copy_file_range",
    "fchmod",
    "fchmodat",
    "fdatasync",
    "flock",
    "fsync",
    "ftruncate",
    "ioctl",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "open",
    "openat",
    "openat2",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "sendfile",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "utimensat",
    "write",
];

/// Ends whoever makes the call, before anything comes of it.
const KILL: &str = "error=EIO:signal=KILL";

/// What a call may fail with on a disk that is full, over its quota, read-only, forbidden or broken.
const ERRORS: [(&str, &[&str]); 6] = [
    (
        "ENOSPC",
        &["copy_file_range", "linkat", "mkdir", "mkdirat", "rename", "renameat2", "symlinkat", "write"],
    ),
    ("EDQUOT", &["mkdir", "mkdirat", "write"]),
    (
        "EROFS",
        &["chmod", "fchmod", "linkat", "mkdir", "rename", "renameat2", "symlinkat", "unlinkat", "utimensat"],
    ),
    ("EACCES", &["mkdir", "openat", "openat2", "rename", "renameat2", "rmdir", "unlinkat"]),
    ("EIO", &["copy_file_range", "fsync", "rename", "renameat2", "write"]),
    ("EMFILE", &["openat", "openat2"]),
];

/// A home in which one command happens again and again.
struct Scene {
    sandbox: Sandbox,
    /// The interpreter of its environments.
    python: PathBuf,
    /// The command and its words.
    words: Vec<&'static str>,
    /// Made before each run.
    prepare: fn(&Scene),
    /// Of many calls of one kind, every how manieth is tried.
    stride: usize,
    /// Whether a second run completes what the first one left, in place of all or nothing.
    is_gradual: bool,
    /// Whether the interpreter's templates are still to be made.
    is_cold: bool,
}

/// A run with a fault in it.
struct Ran {
    output: Output,
    is_mute: bool,
}

/// What there is: every path of every entry of WORKON_HOME that is visible, or kept in the trash, and a hash of what it
/// is.
type Seen = BTreeMap<PathBuf, u64>;

impl Scene {
    fn new(words: &[&'static str], prepare: fn(&Self)) -> Self {
        let python = able().pop().expect("one at least").executable;
        Self {
            sandbox: Sandbox::new(),
            python,
            words: words.to_vec(),
            prepare,
            stride: 1,
            is_gradual: false,
            is_cold: false,
        }
    }

    fn home(&self) -> PathBuf {
        self.sandbox.workon_home()
    }

    /// `words` as they are typed; a creation says with which interpreter.
    fn typed(&self, words: &[&str]) -> Vec<OsString> {
        let mut typed: Vec<OsString> = words.iter().map(OsString::from).collect();
        if words[0] == "mkvirtualenv" {
            typed.extend(["-p".into(), self.python.clone().into()]);
        }
        typed
    }

    /// A command that must come through.
    fn do_well(&self, words: &[&str]) {
        let output = self.command(VENVYARD).args(self.typed(words)).output().expect("it runs");
        assert!(output.status.success(), "{words:?}: {}", told(&output));
    }

    fn command(&self, program: &str) -> std::process::Command {
        let mut command = self.sandbox.command(program);
        command.env("VENVYARD_SHELL", "bash").env("SHELL", "/bin/bash");
        if self.is_cold {
            command.env("XDG_CACHE_HOME", self.sandbox.home().join("cache"));
        }
        if ["add2virtualenv", "toggleglobalsitepackages", "wipeenv"].contains(&self.words[0]) {
            command.env("VIRTUAL_ENV", self.home().join("blog"));
        }
        command
    }

    /// Everything as it is before the command.
    fn set(&self) {
        for entry in fs::read_dir(self.sandbox.home()).expect("a home").flatten() {
            match entry.file_type().expect("known").is_dir() {
                true => fs::remove_dir_all(entry.path()).expect("removed"),
                false => fs::remove_file(entry.path()).expect("removed"),
            }
        }
        fs::create_dir(self.home()).expect("made");
        (self.prepare)(self);
    }

    /// The command with `fault` in the `turn`th `call` of each of its threads; none if there was no such call.
    fn run(&self, call: &str, fault: &str, turn: usize) -> Option<Ran> {
        let log = self.sandbox.home().join(".strace");
        let mut command = self.command("strace");
        if fault != KILL {
            // Quicker; but then strace delivers no signal.
            command.arg("--seccomp-bpf");
        }
        command.args(["-f", "-qq", "-o"]).arg(&log);
        command.arg(format!("-etrace={call}")).arg(format!("-einject={call}:{fault}:when={turn}"));
        let output = command.arg(VENVYARD).args(self.typed(&self.words)).output().expect("strace runs");
        let log = fs::read_to_string(&log).expect("a log");
        let mark = if fault == KILL { "+++ killed by SIGKILL" } else { "INJECTED" };
        let mut hits = log.lines().filter(|line| line.contains(mark)).peekable();
        let is_hit = hits.peek().is_some();
        // What fails may be the word that something failed.
        let is_mute = hits.any(|line| line.contains(" write(2,"));
        is_hit.then_some(Ran { output, is_mute })
    }

    fn seen(&self) -> Seen {
        let is_left = |entry: &DirEntry| entry.depth() == 1 && is_left(entry.file_name());
        let entries = WalkDir::new(self.home()).min_depth(1).into_iter();
        let entries = entries.filter_entry(|entry| !is_left(entry)).map(|entry| entry.expect("readable"));
        // Compiled files are left out: they hold the time of their source.
        let entries = entries.filter(|entry| !entry.path().to_string_lossy().contains("__pycache__"));
        let entries = entries.filter(|entry| !is_half_written(entry));
        entries.map(|entry| (timeless(entry.path()), digest(&entry))).collect()
    }

    fn hidden(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.home()).expect("a home").flatten().map(|entry| entry.path());
        entries.filter(|path| is_left(path.file_name().expect("a name"))).collect()
    }

    /// The command, done once more, ends where it would have ended.
    fn is_completed(&self, after: &Seen) -> bool {
        self.do_well(&self.words);
        self.seen() == *after
    }

    /// The next command that writes leaves nothing hidden.
    fn is_swept(&self) {
        self.do_well(&["mkvirtualenv", "--without-pip", "sweeper"]);
        // wipeenv deletes behind itself: what is just being deleted is locked.
        let end = Instant::now() + Duration::from_secs(5);
        while !self.hidden().is_empty() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(self.hidden(), Vec::<PathBuf>::new(), "left behind");
        // A file that was being written is swept by who writes there next.
        let half_written = || {
            WalkDir::new(self.home())
                .into_iter()
                .filter(|entry| is_half_written(entry.as_ref().expect("readable")))
                .count()
        };
        if half_written() > 0 {
            self.do_well(&self.words);
        }
        assert_eq!(half_written(), 0, "left beside a file");
    }
}

/// Whether it is what a write that was ended leaves beside the file.
fn is_half_written(entry: &DirEntry) -> bool {
    entry.file_name().as_bytes().starts_with(b".venvyard-")
}

/// What a killed run leaves.
fn is_left(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".") && in_trash(name).is_none()
}

/// The name without its time, if it is that of something in the trash: a nest ends in fewer letters.
fn in_trash(name: &OsStr) -> Option<&str> {
    let (start, time) = name.to_str()?.rsplit_once('-')?;
    (name.as_bytes()[0] == b'.' && time.len() == 16).then_some(start)
}

/// The path of something in the trash without its time, which is another in each run.
fn timeless(path: &Path) -> PathBuf {
    let parts = path.components().map(Component::as_os_str);
    parts.map(|part| in_trash(part).map_or(part, OsStr::new)).collect()
}

/// The same, but for that what is called `blog` and what is kept of that name have changed places.
fn exchanged(seen: &Seen) -> Seen {
    let other = |part: Component| match part.as_os_str().to_str() {
        Some("blog") => ".blog.removed".into(),
        Some(".blog.removed") => "blog".into(),
        _ => part.as_os_str().to_owned(),
    };
    seen.iter().map(|(path, digest)| (path.components().map(other).collect(), *digest)).collect()
}

/// A hash of what is at a path: kind and mode, content or target.
fn digest(entry: &DirEntry) -> u64 {
    let mut hasher = DefaultHasher::new();
    let data = entry.metadata().expect("readable");
    data.permissions().mode().hash(&mut hasher);
    if data.is_file() {
        fs::read(entry.path()).expect("readable").hash(&mut hasher);
    } else if data.is_symlink() {
        fs::read_link(entry.path()).expect("a link").hash(&mut hasher);
    }
    hasher.finish()
}

/// The paths in which two differ.
fn difference(one: &Seen, other: &Seen) -> Vec<PathBuf> {
    let all = one.keys().chain(other.keys()).filter(|path| one.get(*path) != other.get(*path));
    all.cloned().collect()
}

/// Lets every call in its turn be the last one, then fail; tells how many points were tried.
fn is_all_or_nothing(scene: &Scene) -> (usize, usize) {
    scene.set();
    let before = scene.seen();
    scene.do_well(&scene.words);
    let after = scene.seen();
    assert_ne!(before, after, "the command does nothing");
    // A rename makes the new one before it removes the old one: there may be both.
    let both: Seen = before.clone().into_iter().chain(after.clone()).collect();
    // The new one waits in the trash until it changes places with the old one.
    let whole = [before, after.clone(), both, exchanged(&after)];

    let mut killed = 0;
    for call in CALLS {
        for turn in (1..).step_by(scene.stride) {
            scene.set();
            let Some(_) = scene.run(call, KILL, turn) else { break };
            killed += 1;
            let is_whole = match scene.is_gradual {
                true => scene.is_completed(&after),
                false => whole.contains(&scene.seen()),
            };
            assert!(is_whole, "killed before {call} {turn}: {:?}", difference(&scene.seen(), &after));
            scene.is_swept();
        }
    }
    let mut failed = 0;
    for (error, calls) in ERRORS {
        for call in calls {
            for turn in (1..).step_by(scene.stride) {
                scene.set();
                let Some(ran) = scene.run(call, &format!("error={error}"), turn) else { break };
                let Ran { output, is_mute } = ran;
                failed += 1;
                let point = format!("{error} in {call} {turn}: {}", told(&output));
                match output.status.code() {
                    Some(0) => assert!(scene.seen() == after, "not done: {point}"),
                    Some(1) => {
                        let words = String::from_utf8_lossy(&output.stderr).into_owned();
                        assert!(is_mute || words.contains("ERROR: "), "not told: {point}");
                        let is_whole = match scene.is_gradual {
                            true => scene.is_completed(&after),
                            false => whole.contains(&scene.seen()),
                        };
                        assert!(is_whole, "half done: {point}");
                    }
                    _ => panic!("{point}"),
                }
                scene.is_swept();
            }
        }
    }
    (killed, failed)
}

/// A scene's tale, where there is a strace to tell it.
#[expect(clippy::print_stderr, reason = "the counts are for docs/reliability.md")]
fn tell(name: &str, scene: &Scene) {
    if is_here("strace") {
        let (killed, failed) = is_all_or_nothing(scene);
        eprintln!("{name}: killed at {killed} points, failed at {failed}");
        assert!(killed > 10 && failed > 5, "{killed} and {failed} points are too few");
    }
}

/// A small environment, as one that was worked in.
fn blog(scene: &Scene) {
    scene.do_well(&["mkvirtualenv", "--without-pip", "blog"]);
    let root = scene.home().join("blog");
    fs::write(root.join("bin/tool"), format!("#!{}/bin/python\nprint()\n", root.display())).expect("written");
    fs::set_permissions(root.join("bin/tool"), fs::Permissions::from_mode(0o755)).expect("set");
    fs::write(root.join(".project"), "/nowhere\n").expect("written");
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_creation() {
    tell("mkvirtualenv", &Scene::new(&["mkvirtualenv", "--without-pip", "blog"], |_| {}));
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_creation_in_place_of_another() {
    let scene = Scene::new(&["mkvirtualenv", "--without-pip", "--clear", "blog"], blog);
    tell("mkvirtualenv --clear, every 3rd", &Scene { stride: 3, ..scene });
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_creation_with_pip() {
    let scene = Scene::new(&["mkvirtualenv", "blog"], |_| {});
    tell("mkvirtualenv with pip, every 97th", &Scene { stride: 97, ..scene });
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_copy() {
    tell("cpvirtualenv", &Scene::new(&["cpvirtualenv", "blog", "copy"], blog));
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_rename() {
    let scene = Scene::new(&["mvvirtualenv", "blog", "new"], blog);
    tell("mvvirtualenv, every 3rd", &Scene { stride: 3, ..scene });
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_removal() {
    tell("rmvirtualenv", &Scene::new(&["rmvirtualenv", "blog"], blog));
}

/// The same where what is removed is kept.
fn kept_blog(scene: &Scene) {
    let settings = scene.sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&settings).expect("made");
    fs::write(settings.join("config.toml"), "trash = \"7 days\"\n").expect("written");
    blog(scene);
}

fn removed_blog(scene: &Scene) {
    kept_blog(scene);
    scene.do_well(&["rmvirtualenv", "blog"]);
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_removal_that_can_be_undone() {
    tell("rmvirtualenv with trash", &Scene::new(&["rmvirtualenv", "blog"], kept_blog));
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_creation_in_place_of_one_that_is_kept() {
    let scene = Scene::new(&["mkvirtualenv", "--without-pip", "--clear", "blog"], kept_blog);
    tell("mkvirtualenv --clear with trash", &scene);
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_return() {
    tell("restorevirtualenv", &Scene::new(&["restorevirtualenv", "blog"], removed_blog));
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn the_emptying_of_the_trash() {
    tell("restorevirtualenv --empty", &Scene::new(&["restorevirtualenv", "--empty"], removed_blog));
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_path_file() {
    let scene = Scene::new(&["add2virtualenv", "/opt/second"], |scene| {
        blog(scene);
        scene.do_well(&["add2virtualenv", "/opt/first"]);
    });
    tell("add2virtualenv", &scene);
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_setting() {
    tell("toggleglobalsitepackages", &Scene::new(&["toggleglobalsitepackages"], blog));
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn the_first_creation_of_an_interpreter() {
    let scene = Scene::new(&["mkvirtualenv", "--without-pip", "blog"], |_| {});
    tell("mkvirtualenv, cold, every 19th", &Scene { is_cold: true, stride: 19, ..scene });
}

#[test]
#[ignore = "ends the program hundreds of times"]
fn a_wipe() {
    let scene = Scene::new(&["wipeenv"], |scene| {
        blog(scene);
        let root = scene.home().join("blog");
        let packages =
            fs::read_dir(root.join("lib")).expect("lib").next().expect("one").expect("an entry").path();
        let packages = packages.join("site-packages");
        // Of two the metadata sorts before the package, of one behind it; one is a file.
        for (name, file) in [("Django", "django/__init__.py"), ("numpy", "numpy/core.py"), ("Six", "six.py")]
        {
            let metadata = packages.join(format!("{name}-1.0.dist-info"));
            fs::create_dir_all(&metadata).expect("made");
            fs::create_dir_all(packages.join(file).parent().expect("a parent")).expect("made");
            fs::write(packages.join(file), "").expect("written");
            let record = format!("{file},,\n../../../bin/{name},,\n{name}-1.0.dist-info/RECORD,,\n");
            fs::write(metadata.join("RECORD"), record).expect("written");
            fs::write(root.join("bin").join(name), "").expect("written");
        }
    });
    tell("wipeenv", &Scene { is_gradual: true, ..scene });
}
