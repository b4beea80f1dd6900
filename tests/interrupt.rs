//! Ctrl-C on a real terminal: the prompt is back, the status is 130, and all is as it was.
//!
//! Each key is pressed when there is evidence that the shell is in the midst of what it is to be pressed in.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Sandbox, Shell, VENVYARD, fish_quoted, is_here, shells};
use crate::terminal::Terminal;

/// What says that it runs, and then does so until it is interrupted.
const ENDLESS: &str = "sh -c 'echo endl\"\"ess; exec sleep 1000'";

/// A shell on a terminal, and how it was at first.
struct Scene {
    sandbox: Sandbox,
    shell: Shell,
    terminal: Terminal,
    before: Vec<String>,
}

impl Scene {
    /// With two environments, beside what `prepare` makes.
    fn new(shell: Shell, prepare: impl Fn(&Sandbox)) -> Self {
        let sandbox = Sandbox::new();
        sandbox.hollow("blog");
        sandbox.hollow("shop");
        prepare(&sandbox);
        let terminal = Terminal::open(&sandbox, shell);
        let mut scene = Self { sandbox, shell, terminal, before: Vec::new() };
        // The verbs are read when the first command is typed.
        scene.terminal.run("lsvirtualenv -b");
        scene.before = scene.state();
        scene
    }

    /// Types a line that sets a variable; with `-x` for the programs that are started.
    fn set(&mut self, option: &str, name: &str, value: &str) {
        let line = match self.shell.dialect {
            "fish" => format!("set -g {option} {name} {}", fish_quoted(value)),
            _ if option.is_empty() => format!("{name}='{value}'"),
            _ => format!("export {name}='{value}'"),
        };
        self.terminal.run(&line);
    }

    /// Options, traps, aliases, names of functions and variables, and the settings of the terminal.
    fn state(&mut self) -> Vec<String> {
        let ask = match self.shell.words[0] {
            "bash" => "{ set -o; shopt; trap -p; alias; declare -F; compgen -v; } >state",
            "zsh" => "{ setopt; trap; alias; print -l ${(k)functions} ${(k)parameters}; } >state",
            "fish" => "begin; functions --all --names; set --names; trap; end >state",
            _ => "{ set -o; trap; alias; typeset +f; typeset +; } >state",
        };
        self.terminal.run(&format!("{ask}; stty -a >>state"));
        let state = fs::read_to_string(self.sandbox.home().join("state")).expect("a state");
        // bash has the one while a function runs, ksh93 the next from some moment on. Where a shell cannot tell whether
        // a hook calls, what hooks are told stays until there is more to tell.
        let mut own = vec!["FUNCNAME", "_AST_FEATURES"];
        if self.shell.name == "ksh" {
            // It cannot unset a function that Ctrl-C ended.
            own.push("deactivate()");
        }
        if ["ksh", "fish"].contains(&self.shell.dialect) {
            own.extend(["VIRTUALENVWRAPPER_PROJECT_CD", "VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV"]);
            own.push("VIRTUALENVWRAPPER_LAST_VIRTUALENV");
        }
        state.lines().filter(|line| !own.contains(line)).map(str::to_owned).collect()
    }

    /// Types `line`, presses Ctrl-C when `is_busy` returns, and tells what was seen.
    fn interrupt(&mut self, line: &str, is_busy: impl Fn(&mut Self)) -> String {
        self.terminal.press(&format!("{line}\r"));
        is_busy(self);
        self.terminal.press("\x03");
        let (seen, status) = self.terminal.done();
        // ksh93 says of a signal that ends a command what it says of each.
        let is_told = status == 130 || status == 258 && self.shell.name == "ksh";
        assert!(is_told, "{}: {line}: {status}: {seen}", self.shell.name);
        seen
    }

    /// Interrupts `line` in a hook, an activate script or a command that is endless.
    fn interrupt_endless(&mut self, line: &str) -> String {
        self.interrupt(line, |scene| drop(scene.terminal.until("endless\r\n")))
    }

    /// The shell is in `active`, or nowhere; left, and after one command more, it is as it was.
    fn is_as_before(&mut self, line: &str, active: &str) {
        let (seen, _) = self.terminal.run("echo \"in <$VIRTUAL_ENV>\"");
        let root = self.sandbox.workon_home().join(active).display().to_string();
        let root = if active.is_empty() { "" } else { &root };
        assert!(seen.contains(&format!("\nin <{root}>\n")), "{}: {line}: {seen}", self.shell.name);
        if !active.is_empty() {
            assert_eq!(self.terminal.run("deactivate").1, 0, "{}: {line}", self.shell.name);
        }
        self.terminal.run("lsvirtualenv -b");
        let state = self.state();
        let change = |old: &[String], new: &[String]| -> Vec<String> {
            new.iter().filter(|line| !old.contains(line)).cloned().collect()
        };
        let (gone, new) = (change(&state, &self.before), change(&self.before, &state));
        assert!(gone.is_empty() && new.is_empty(), "{}: {line}: {gone:?} {new:?}", self.shell.name);
    }

    /// There are these environments, and after a command that writes nothing hidden.
    fn has(&mut self, line: &str, names: &[&str]) {
        let (seen, _) = self.terminal.run("lsvirtualenv -b");
        let listed: Vec<&str> = seen.lines().skip(2).collect();
        assert!(
            seen.ends_with(&format!("-b\n{}\n", names.join("\n"))),
            "{}: {line}: {listed:?}",
            self.shell.name
        );
        self.terminal.run("mkvirtualenv --without-pip sweeper");
        let hidden = has_entry(&self.sandbox.workon_home(), ".");
        assert!(!hidden, "{}: {line}: something is left behind", self.shell.name);
    }

    /// Interrupts `line` in the midst of the first `call` that its program makes.
    fn interrupt_at(&mut self, call: &str, line: &str) {
        let (slow, log) = (self.sandbox.home().join("slow"), self.sandbox.home().join("log"));
        let strace = format!(
            "strace -I1 -f -qq -o \"$HOME/log\" -etrace={call} -einject={call}:delay_enter=1000000000"
        );
        fs::write(&slow, format!("#!/bin/sh\nexec {strace} '{VENVYARD}' \"$@\"\n")).expect("written");
        fs::set_permissions(&slow, fs::Permissions::from_mode(0o755)).expect("set");
        self.set("", "__venvyard_exe", slow.to_str().expect("UTF-8"));
        self.interrupt(line, |_| {
            wait_until(call, || fs::read_to_string(&log).is_ok_and(|log| log.contains('(')));
        });
        self.set("", "__venvyard_exe", VENVYARD);
    }
}

/// Every shell once, without options of its own.
fn plain_shells() -> impl Iterator<Item = Shell> {
    shells().into_iter().filter(|shell| shell.name == shell.words[0])
}

/// Waits until `condition` holds, which is `what`.
fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !condition() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether `directory` has an entry that starts with `start`.
fn has_entry(directory: &Path, start: &str) -> bool {
    let mut names = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.any(|name| name.to_string_lossy().starts_with(start))
}

#[test]
fn while_an_interpreter_makes_a_template() {
    for shell in plain_shells() {
        let mut scene = Scene::new(shell, |_| ());
        let cache = scene.sandbox.home().join("cache");
        scene.set("-x", "XDG_CACHE_HOME", cache.to_str().expect("UTF-8"));
        scene.before.push("XDG_CACHE_HOME".to_owned());
        let line = "mkvirtualenv new";
        scene.interrupt(line, |_| wait_until("a template", || has_entry(&cache.join("venvyard"), "")));
        scene.is_as_before(line, "");
        scene.has(line, &["blog", "shop"]);
    }
}

#[test]
fn while_an_environment_is_made_copied_moved_or_removed() {
    let lines = [
        ("mkvirtualenv --without-pip new", "symlinkat", &["blog", "shop"][..]),
        ("cpvirtualenv blog new", "copy_file_range", &["blog", "shop"]),
        ("mvvirtualenv blog new", "linkat", &["blog", "shop"]),
        ("rmvirtualenv blog", "unlinkat", &["shop"]),
    ];
    for shell in plain_shells().filter(|_| is_here("strace")) {
        for (line, call, names) in lines {
            let mut scene = Scene::new(shell, |_| ());
            scene.interrupt_at(call, line);
            scene.is_as_before(line, "");
            scene.has(line, names);
        }
    }
}

#[test]
fn while_an_environment_is_wiped() {
    for shell in plain_shells().filter(|_| is_here("strace")) {
        let mut scene = Scene::new(shell, |sandbox| {
            for name in ["one", "two", "three"] {
                let metadata = packages(sandbox).join(format!("{name}-1.dist-info"));
                fs::create_dir_all(&metadata).expect("made");
                let record = format!("{name}.py,,\n{name}-1.dist-info/RECORD,,\n");
                fs::write(metadata.join("RECORD"), record).expect("written");
                fs::write(metadata.with_file_name(format!("{name}.py")), "").expect("written");
            }
        });
        scene.terminal.run("workon blog");
        scene.interrupt_at("rename", "wipeenv");
        let left = fs::read_dir(packages(&scene.sandbox)).expect("there").count();
        assert!(left > 0, "{}: it was not interrupted", shell.name);
        assert_eq!(scene.terminal.run("wipeenv").1, 0, "{}", shell.name);
        let left = fs::read_dir(packages(&scene.sandbox)).expect("there").count();
        assert_eq!(left, 0, "{}: what was begun is completed", shell.name);
        scene.is_as_before("wipeenv", "blog");
    }
}

fn packages(sandbox: &Sandbox) -> PathBuf {
    sandbox.workon_home().join("blog/lib/python3.11/site-packages")
}

#[test]
fn while_pip_installs() {
    for shell in plain_shells() {
        // An index that takes a call and never answers it.
        let index = TcpListener::bind("127.0.0.1:0").expect("a port");
        index.set_nonblocking(true).expect("set");
        let mut scene = Scene::new(shell, |sandbox| {
            fs::write(sandbox.home().join("list"), "blog\n").expect("written");
            // What comes after an install does not come after Ctrl-C.
            for hook in ["postmkvirtualenv", "postmkvirtualenv.fish"] {
                fs::create_dir_all(sandbox.workon_home()).expect("made");
                fs::write(sandbox.workon_home().join(hook), "echo hook\n").expect("written");
            }
        });
        let address = format!("http://{}/", index.local_addr().expect("an address"));
        scene.set("-x", "PIP_INDEX_URL", &address);
        scene.before.push("PIP_INDEX_URL".to_owned());
        // Nothing keeps pip from it, not a proxy of the machine's.
        for (name, value) in [("PIP_CONFIG_FILE", "/dev/null"), ("PIP_NO_INDEX", "0"), ("PIP_PROXY", "")] {
            scene.set("-x", name, value);
            scene.before.push(name.to_owned());
        }
        for (name, line) in [("one", "mkvirtualenv one -i blog"), ("two", "mkvirtualenv two -r list -i blog")]
        {
            let call = std::cell::OnceCell::new();
            let seen = scene.interrupt(line, |_| {
                wait_until("a call", || index.accept().is_ok_and(|taken| call.set(taken).is_ok()));
            });
            assert!(!seen.contains("hook"), "{}: {line}: {seen}", shell.name);
            scene.is_as_before(line, name);
        }
    }
}

#[test]
fn while_a_template_is_applied() {
    for shell in plain_shells() {
        let mut scene = Scene::new(shell, |sandbox| {
            let templates = sandbox.workon_home().join("templates");
            fs::create_dir(&templates).expect("made");
            for (name, text) in [("endless", ENDLESS), ("next", "echo nex\"\"t")] {
                fs::write(templates.join(name), format!("#!/bin/sh\n{text}\n")).expect("written");
                fs::set_permissions(templates.join(name), fs::Permissions::from_mode(0o755)).expect("set");
            }
        });
        let src = scene.sandbox.home().join("src");
        fs::create_dir(&src).expect("made");
        scene.set("-x", "PROJECT_HOME", src.to_str().expect("UTF-8"));
        let seen = scene.interrupt_endless("mkproject --without-pip -t endless -t next new");
        assert!(!seen.contains("template next"), "{}: {seen}", shell.name);
        assert_eq!(scene.terminal.run("deactivate").1, 0, "{}", shell.name);
        scene.has("mkproject", &["blog", "new", "shop"]);
    }
}

#[test]
fn while_a_command_runs_in_each_environment() {
    // ksh93 says 2 of a subshell that Ctrl-C ended, and goes on.
    for shell in plain_shells().filter(|shell| shell.name != "ksh") {
        let mut scene = Scene::new(shell, |_| ());
        let line = format!("allvirtualenv {ENDLESS}");
        let seen = scene.interrupt_endless(&line);
        assert!(!seen.contains("shop"), "{}: {seen}", shell.name);
        scene.is_as_before(&line, "");
    }
}

#[test]
fn while_a_hook_is_run_or_sourced() {
    let hooks = [
        ("preactivate", "workon blog", ""),
        ("postactivate", "workon blog", "blog"),
        ("predeactivate", "deactivate", "blog"),
        ("postdeactivate", "deactivate", ""),
        ("postdeactivate", "workon shop", ""),
        ("postmkvirtualenv", "mkvirtualenv --without-pip new", "new"),
        ("prermvirtualenv", "rmvirtualenv shop", ""),
    ];
    for shell in plain_shells() {
        for (hook, line, active) in hooks {
            let is_run = hook == "preactivate" || hook == "prermvirtualenv";
            let mut scene = Scene::new(shell, |_| ());
            if line == "deactivate" || hook == "postdeactivate" {
                scene.terminal.run("workon blog");
            }
            let ending = if shell.dialect == "fish" && !is_run { ".fish" } else { "" };
            let file = scene.sandbox.workon_home().join(format!("{hook}{ending}"));
            fs::write(&file, format!("#!/bin/sh\n{ENDLESS}\n")).expect("written");
            let mode = if is_run { 0o755 } else { 0o644 };
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("set");
            scene.interrupt_endless(line);
            fs::remove_file(&file).expect("removed");
            scene.is_as_before(&format!("{line} in {hook}"), active);
        }
    }
}

#[test]
fn while_an_activate_script_is_sourced() {
    for shell in plain_shells() {
        let ending = if shell.dialect == "fish" { ".fish" } else { "" };
        let mut scene = Scene::new(shell, |sandbox| {
            let file = sandbox.workon_home().join(format!("blog/bin/activate{ending}"));
            let text = fs::read_to_string(&file).expect("a script");
            fs::write(&file, format!("{text}{ENDLESS}\n")).expect("written");
        });
        scene.interrupt_endless("workon blog");
        // What was sourced so far has happened, and can be left.
        scene.terminal.run("workon shop");
        scene.is_as_before("workon blog", "shop");
    }
}
