//! Who comes at the same time: one wins, the others are told, and every tree is whole.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Sandbox, VENVYARD, is_here, shells, told};

/// How often each race is run.
const ROUNDS: usize = 5;

/// Files in an environment: enough for one command to come while another is at work.
const FILES: usize = 300;

fn command(sandbox: &Sandbox, words: &[&str]) -> Command {
    let mut command = sandbox.command(VENVYARD);
    command.args(words).env("VENVYARD_SHELL", "bash").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What each line said, all of them started at once.
fn race(sandbox: &Sandbox, lines: &[&[&str]]) -> Vec<Output> {
    raced(lines.iter().map(|words| command(sandbox, words)).collect())
}

fn raced(commands: Vec<Command>) -> Vec<Output> {
    let started: Vec<_> =
        commands.into_iter().map(|mut command| command.spawn().expect("it starts")).collect();
    let outputs: Vec<Output> =
        started.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
    for output in &outputs {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let is_refusal = output.status.code() == Some(1) && stderr.contains("ERROR: ");
        assert!(output.status.success() || is_refusal, "{}", told(output));
    }
    outputs
}

/// Runs `words`, which must come through.
fn do_well(sandbox: &Sandbox, words: &[&str]) -> String {
    let output = command(sandbox, words).output().expect("it runs");
    assert!(output.status.success(), "{words:?}: {}", told(&output));
    told(&output)
}

/// An environment of many files.
fn stocked(sandbox: &Sandbox, name: &str) -> PathBuf {
    let root = sandbox.hollow(name);
    for number in 0..FILES {
        let directory = root.join(format!("lib/python3.11/site-packages/{}", number % 30));
        fs::create_dir_all(&directory).expect("made");
        fs::write(directory.join(format!("{number}.py")), "").expect("written");
    }
    root
}

fn files(root: &Path) -> usize {
    let entries = walkdir::WalkDir::new(root).into_iter().map(|entry| entry.expect("readable"));
    entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "py")).count()
}

fn with_trash() -> Sandbox {
    let sandbox = Sandbox::new();
    let settings = sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&settings).expect("made");
    fs::write(settings.join("config.toml"), "trash = \"7 days\"\n").expect("written");
    sandbox
}

/// The entries of the home, hidden ones too.
fn entries(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.workon_home()).expect("a home");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

fn winners(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| output.status.success()).count()
}

/// Waits until `is_so`, for as long as a loaded machine may take.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn of_twelve_creations_of_one_name_one_wins_and_twelve_others_are_whole() {
    let sandbox = Sandbox::new();
    let names: Vec<String> = (0..12).map(|number| format!("blog-{number:02}")).collect();
    let lines = names.iter().flat_map(|name| ["blog", name]);
    let commands = lines.map(|name| {
        let mut command = command(&sandbox, &["mkvirtualenv", "--without-pip", name]);
        // A cache of their own, with nothing in it yet.
        command.env("XDG_CACHE_HOME", sandbox.home().join("cache"));
        command
    });
    let (ones, others): (Vec<_>, Vec<_>) =
        raced(commands.collect()).into_iter().enumerate().partition(|(number, _)| number % 2 == 0);
    let [ones, others] =
        [ones, others].map(|all| all.into_iter().map(|(_, output)| output).collect::<Vec<_>>());
    assert_eq!((winners(&ones), winners(&others)), (1, 12));
    let refused = |output: &&Output| told(output).contains("ERROR: Environment 'blog' exists already");
    assert_eq!(ones.iter().filter(refused).count(), 11);
    assert_eq!(entries(&sandbox), [&["blog".to_owned()], &names[..]].concat());
    for name in entries(&sandbox) {
        let python = sandbox.workon_home().join(&name).join("bin/python");
        let output =
            sandbox.command(python).args(["-c", "import sys; print(sys.prefix)"]).output().expect("it runs");
        assert!(told(&output).contains(&format!("/{name}\n")), "{}", told(&output));
    }
}

#[test]
fn a_copy_of_what_is_removed_meanwhile_is_whole_or_is_not_made() {
    for _ in 0..ROUNDS {
        let sandbox = Sandbox::new();
        stocked(&sandbox, "blog");
        let copied = race(&sandbox, &[&["cpvirtualenv", "blog", "copy"], &["rmvirtualenv", "blog"]]);
        assert!(copied[1].status.success(), "{}", told(&copied[1]));
        let copy = sandbox.workon_home().join("copy");
        if copy.exists() {
            assert_eq!(files(&copy), FILES, "{}", told(&copied[0]));
            assert_eq!(entries(&sandbox), ["copy"]);
        } else {
            assert!(entries(&sandbox).is_empty(), "{:?}", entries(&sandbox));
        }
    }
}

#[test]
fn what_is_renamed_and_removed_at_once_is_whole_under_one_name_or_gone() {
    for _ in 0..ROUNDS {
        let sandbox = Sandbox::new();
        stocked(&sandbox, "blog");
        let outputs = race(&sandbox, &[&["mvvirtualenv", "blog", "new"], &["rmvirtualenv", "blog"]]);
        assert!(outputs[1].status.success(), "{}", told(&outputs[1]));
        let new = sandbox.workon_home().join("new");
        assert_eq!(new.exists(), outputs[0].status.success(), "{}", told(&outputs[0]));
        assert!(!new.exists() || files(&new) == FILES, "{}", files(&new));
        assert!(!sandbox.workon_home().join("blog").exists());
    }
}

#[test]
fn of_twelve_removals_one_removes_and_the_others_find_nothing() {
    for sandbox in [Sandbox::new(), with_trash()] {
        for round in 1..=ROUNDS {
            stocked(&sandbox, "blog");
            let outputs = race(&sandbox, &[&["rmvirtualenv", "blog"][..]; 12]);
            assert_eq!(winners(&outputs), 12);
            let gone = "Did not find environment";
            let losers = outputs.iter().filter(|output| told(output).contains(gone)).count();
            assert_eq!(losers, 11);
            let is_kept = sandbox.home().join(".config").exists();
            assert_eq!(entries(&sandbox).len(), if is_kept { round } else { 0 }, "{:?}", entries(&sandbox));
        }
    }
}

#[test]
fn of_twelve_restorings_one_wins_and_nothing_is_lost() {
    let sandbox = with_trash();
    stocked(&sandbox, "blog");
    for round in 0..ROUNDS {
        do_well(&sandbox, &["rmvirtualenv", "blog"]);
        let outputs = race(&sandbox, &[&["restorevirtualenv", "blog"][..]; 12]);
        assert_eq!(winners(&outputs), 1, "round {round}");
        assert_eq!(files(&sandbox.workon_home().join("blog")), FILES);
        assert_eq!(entries(&sandbox), ["blog"]);
    }
}

#[test]
fn a_restoring_and_an_emptying_at_once_bring_it_back_whole_or_delete_it() {
    for _ in 0..ROUNDS {
        let sandbox = with_trash();
        stocked(&sandbox, "blog");
        do_well(&sandbox, &["rmvirtualenv", "blog"]);
        let outputs = race(&sandbox, &[&["restorevirtualenv", "blog"], &["restorevirtualenv", "--empty"]]);
        let root = sandbox.workon_home().join("blog");
        assert_eq!(root.exists(), outputs[0].status.success(), "{}", told(&outputs[0]));
        assert!(!root.exists() || files(&root) == FILES);
        assert!(entries(&sandbox).len() <= 1, "{:?}", entries(&sandbox));
    }
}

#[test]
fn of_two_projects_that_are_set_at_once_one_stands_whole() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    let projects = ["one", "a-much-longer-name-of-a-project"].map(|name| sandbox.home().join(name));
    for project in &projects {
        fs::create_dir(project).expect("made");
    }
    let [one, other] = projects.each_ref().map(|project| project.to_str().expect("UTF-8"));
    for _ in 0..ROUNDS {
        let lines =
            [["setvirtualenvproject", "blog", one], ["setvirtualenvproject", "blog", other]].repeat(4);
        let lines: Vec<&[&str]> = lines.iter().map(<[&str; 3]>::as_slice).collect();
        assert_eq!(winners(&race(&sandbox, &lines)), 8);
        let project = fs::read_to_string(root.join(".project")).expect("written");
        assert!([one, other].contains(&project.trim_end()), "{project}");
    }
    let left = fs::read_dir(&root).expect("an environment").flatten();
    let left = left.filter(|entry| entry.file_name().to_string_lossy().starts_with(".venvyard-"));
    assert_eq!(left.count(), 0);
}

/// A creation that waits in its nest until it is told to go on: its maker is a program that does.
struct Slow {
    sandbox: Sandbox,
    maker: PathBuf,
    gate: PathBuf,
}

impl Slow {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let (maker, gate) = (sandbox.home().join("maker"), sandbox.home().join("gate"));
        // It ends with whoever waits for it, too.
        let text = "#!/bin/sh\nfor name; do :; done\nmkdir -p \"$name/bin\"\n\
                    echo \"VIRTUAL_ENV='$PWD/$name'\" >\"$name/bin/activate\"\n\
                    while [ ! -e \"$GATE\" ] && kill -0 \"$PPID\" 2>/dev/null; do sleep 0.02; done\n";
        fs::write(&maker, text).expect("written");
        fs::set_permissions(&maker, fs::Permissions::from_mode(0o755)).expect("set");
        fs::create_dir(sandbox.workon_home()).expect("made");
        Self { sandbox, maker, gate }
    }

    /// Starts it; when this returns the environment lies in its nest.
    fn start(&self) -> std::process::Child {
        let mut command = command(&self.sandbox, &["mkvirtualenv", "slow"]);
        command.env("VIRTUALENVWRAPPER_VIRTUALENV", &self.maker).env("GATE", &self.gate);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        wait_until("nothing is begun", || {
            self.nest().is_some_and(|nest| nest.join("slow/bin/activate").exists())
        });
        child
    }

    fn nest(&self) -> Option<PathBuf> {
        let names = entries(&self.sandbox).into_iter();
        let mut nests = names.filter(|name| name.contains(".partial-"));
        nests.next().map(|name| self.sandbox.workon_home().join(name))
    }

    fn signal(&self, child: &std::process::Child, signal: &str) {
        let id = child.id().to_string();
        let status = self.sandbox.command("kill").args([signal, &id]).status().expect("it runs");
        assert!(status.success());
    }

    /// A neighbour sweeps.
    fn sweep(&self) {
        self.sandbox.hollow("neighbour");
        do_well(&self.sandbox, &["rmvirtualenv", "neighbour"]);
    }
}

#[test]
fn a_nest_is_not_swept_while_its_maker_runs_or_is_stopped() {
    let slow = Slow::new();
    let mut child = slow.start();
    slow.sweep();
    assert!(slow.nest().is_some(), "while it runs");
    slow.signal(&child, "-STOP");
    slow.sweep();
    assert!(slow.nest().is_some(), "while it is stopped");
    slow.signal(&child, "-CONT");
    fs::write(&slow.gate, "").expect("written");
    assert!(child.wait().expect("it ends").success());
    assert_eq!(entries(&slow.sandbox), ["slow"]);
}

#[test]
fn a_nest_is_swept_when_its_maker_was_killed() {
    let slow = Slow::new();
    let mut child = slow.start();
    child.kill().expect("killed");
    child.wait().expect("it ends");
    slow.sweep();
    assert_eq!(slow.nest(), None);
    assert!(entries(&slow.sandbox).is_empty());
}

#[test]
fn hooks_call_commands_of_ours_as_no_lock_is_held() {
    for shell in shells().into_iter().filter(|shell| shell.dialect != "fish") {
        let sandbox = with_trash();
        for name in ["blog", "shop", "old"] {
            sandbox.hollow(name);
            let packages = sandbox.workon_home().join(name).join("lib/python3.11/site-packages");
            fs::create_dir_all(packages).expect("made");
        }
        let hook = sandbox.workon_home().join("prermvirtualenv");
        let text = format!(
            "#!/bin/sh\ncase $1 in old) exec '{VENVYARD}' rmvirtualenv shop;; shop) exec '{VENVYARD}' restorevirtualenv;; esac\n"
        );
        fs::write(&hook, text).expect("written");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("set");
        let sourced = "add2virtualenv /src/$1\ncase ${VIRTUAL_ENV##*/} in blog) rmvirtualenv old; esac\n";
        fs::write(sandbox.workon_home().join("postactivate"), sourced).expect("written");
        let output = sandbox.run(shell, "workon blog; lsvirtualenv -b; add2virtualenv || :");
        let told = told(&output);
        assert!(told.contains("\nblog\n") && !told.contains("\nold\n"), "{}: {told}", shell.name);
        assert!(told.contains("/src/post_activate"), "{}: {told}", shell.name);
        let kept = entries(&sandbox).into_iter().filter(|name| name.contains(".removed-"));
        assert_eq!(kept.count(), 2, "{}: {told}", shell.name);
    }
}

#[test]
fn where_a_file_system_knows_no_locks_commands_work_and_say_what_may_be_lost() {
    if !is_here("strace") {
        return;
    }
    for error in ["ENOLCK", "EOPNOTSUPP", "ENOSYS", "EINVAL"] {
        let sandbox = with_trash();
        let root = sandbox.hollow("blog");
        fs::create_dir_all(root.join("lib/python3.11/site-packages")).expect("made");
        let left = sandbox.workon_home().join(".gone.partial-abcdefghijklmnopqrst");
        fs::create_dir(&left).expect("made");
        let lines: [&[&str]; 6] = [
            &["add2virtualenv", "/src"],
            &["mkvirtualenv", "--without-pip", "new"],
            &["cpvirtualenv", "new", "copy"],
            &["rmvirtualenv", "copy"],
            &["restorevirtualenv", "copy"],
            &["setvirtualenvproject", "copy", "."],
        ];
        for words in lines {
            let mut command = sandbox.command("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock"]);
            command.arg("-e").arg(format!("inject=flock:error={error}")).arg(VENVYARD).args(words);
            command.env("VENVYARD_SHELL", "bash").env("VIRTUAL_ENV", &root);
            let output = command.output().expect("strace runs");
            assert!(output.status.success(), "{error} {words:?}: {}", told(&output));
            let is_told = told(&output).contains("NOTE: cannot lock");
            assert_eq!(is_told, words[0] == "add2virtualenv", "{error} {words:?}: {}", told(&output));
        }
        assert_eq!(
            entries(&sandbox),
            [".gone.partial-abcdefghijklmnopqrst", "blog", "copy", "new"],
            "{error}"
        );
    }
}
