//! What `make install` leaves behind, and the line that `venvyard setup` writes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Sandbox, VENVYARD, is_here, project, told};

/// `make TARGET` with the program under test in place of a release build.
fn make(sandbox: &Sandbox, words: &[&str]) -> Output {
    let mut command = sandbox.command("make");
    command.current_dir(project()).args(words).arg(format!("PROGRAM={VENVYARD}"));
    command.output().expect("make runs")
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", told(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An interactive shell that reads the rc files in the sandbox's home, and runs `script`.
///
/// It gets a session of its own, so that it takes no terminal from whoever runs the tests.
fn interactive(sandbox: &Sandbox, shell: &str, script: &str) -> Output {
    const DETACHED: &str = "import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])";
    let mut command = sandbox.command("python3");
    command.args(["-c", DETACHED, shell, "-i", "-c", script]).output().expect("the shell runs")
}

/// The files and links below `directory`, by their paths from there, sorted.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            match entry.file_type().expect("known").is_dir() {
                true => left.push(entry.path()),
                false => found.push(entry.path().strip_prefix(directory).expect("below").to_path_buf()),
            }
        }
    }
    found.sort();
    found
}

/// What an install puts below its prefix: what is there once, and three files for each command.
fn installed() -> Vec<PathBuf> {
    let once = [
        "bin/venvyard",
        "bin/virtualenvwrapper.sh",
        "bin/virtualenvwrapper_lazy.sh",
        "share/fish/vendor_conf.d/venvyard.fish",
        "share/venvyard/installed",
        "share/venvyard/venvyard.fish",
        "share/venvyard/venvyard.sh",
        "share/venvyard/verbs.fish",
        "share/venvyard/verbs.sh",
        "share/virtualenvwrapper/virtualenvwrapper.sh",
        "share/virtualenvwrapper/virtualenvwrapper_lazy.sh",
        "share/zsh/site-functions/_venvyard",
    ];
    let description = venvyard::description();
    let commands = description.get_subcommands().filter(|command| !command.is_hide_set());
    let commands =
        commands.map(clap::Command::get_name).filter(|name| !["cache", "init", "setup"].contains(name));
    let each = commands.chain(["venvyard"]).flat_map(|command| {
        [
            format!("share/bash-completion/completions/{command}.bash"),
            format!("share/fish/vendor_completions.d/{command}.fish"),
            format!("share/man/man1/{command}.1"),
        ]
    });
    let mut all: Vec<PathBuf> = once.map(PathBuf::from).into_iter().chain(each.map(PathBuf::from)).collect();
    all.sort();
    all
}

#[test]
fn make_install_proves_itself_and_make_uninstall_leaves_nothing() {
    let sandbox = Sandbox::new();
    let prefix = sandbox.home().join("a prefix");
    let set = format!("PREFIX={}", prefix.display());

    let words = said(&make(&sandbox, &["install", &set]));
    for shell in ["bash", "zsh", "ksh", "mksh", "fish"].into_iter().filter(|shell| is_here(shell)) {
        assert!(words.contains(&format!("{shell} works")), "{words}");
    }
    let shim = prefix.join("share/venvyard/venvyard.sh");
    let line = format!("if [ -r '{0}' ]; then . '{0}'; fi # venvyard setup\n", shim.display());
    assert!(words.ends_with(&line), "{words}");
    assert_eq!(files(&prefix), installed());
    assert_eq!(files(&sandbox.home()).len(), installed().len(), "{:?}", files(&sandbox.home()));

    // Where oh-my-zsh and prezto look.
    for link in ["virtualenvwrapper.sh", "virtualenvwrapper_lazy.sh"] {
        assert!(prefix.join("share/virtualenvwrapper").join(link).is_file(), "{link} leads nowhere");
    }

    let program = prefix.join("bin/venvyard");
    for (shell, file) in [("bash", ".bashrc"), ("zsh", ".zshrc")] {
        let output = sandbox.command(&program).args(["setup", shell]).output().expect("it runs");
        assert!(output.status.success(), "{}", told(&output));
        let file = sandbox.home().join(file);
        assert_eq!(fs::read_to_string(&file).expect("written"), line);
        assert_eq!(
            said(&interactive(&sandbox, shell, "type workon >&2 && lsvirtualenv -b && echo fine")),
            "fine\n"
        );
    }

    let words = said(&make(&sandbox, &["uninstall", &set]));
    assert!(words.contains(".bashrc still holds the line"), "{words}");
    assert!(!prefix.exists(), "{:?}", files(&prefix));
    for shell in ["bash", "zsh"] {
        let output = interactive(&sandbox, shell, "echo fine");
        assert_eq!(said(&output), "fine\n");
        assert!(!told(&output).contains("venvyard"), "{}", told(&output));
    }
}

#[test]
fn a_staged_install_names_the_prefix_alone_and_is_not_tried() {
    let sandbox = Sandbox::new();
    let stage = sandbox.home().join("stage");
    let set = format!("DESTDIR={}", stage.display());
    let words = said(&make(&sandbox, &["install", "PREFIX=/usr", &set]));
    assert_eq!(words.lines().count(), 1, "{words}");
    assert_eq!(files(&stage.join("usr")), installed());
    let shim = fs::read_to_string(stage.join("usr/share/venvyard/venvyard.sh")).expect("installed");
    assert!(shim.contains("\n__venvyard_exe='/usr/bin/venvyard'\n"), "{shim}");
    assert!(!shim.contains("stage"));
}

/// All below `directory`: paths, kinds and modes, what files hold and where links lead.
fn snapshot(directory: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_path_buf()];
    while let Some(next) = left.pop() {
        let mode = fs::symlink_metadata(&next).expect("there").permissions().mode();
        let held = if next.is_symlink() {
            fs::read_link(&next).expect("a link").into_os_string().into_encoded_bytes()
        } else if next.is_dir() {
            left.extend(fs::read_dir(&next).expect("readable").map(|entry| entry.expect("an entry").path()));
            Vec::new()
        } else {
            fs::read(&next).expect("readable")
        };
        found.push((next, mode, held));
    }
    found.sort();
    found
}

#[test]
fn make_uninstall_undoes_make_install_to_the_last_directory() {
    let sandbox = Sandbox::new();
    let prefix = sandbox.home().join("stage/opt/a prefix");
    let set =
        [format!("DESTDIR={}", sandbox.home().join("stage").display()), "PREFIX=/opt/a prefix".to_owned()];
    let make = |target| said(&make(&sandbox, &[target, &set[0], &set[1]]));
    // What others have there: empty directories, one of which only its owner may see, and what pip installed.
    for directory in ["bin", "share/man/man1", "share/virtualenvwrapper", "share/fish"] {
        fs::create_dir_all(prefix.join(directory)).expect("made");
    }
    fs::set_permissions(prefix.join("share/man"), fs::Permissions::from_mode(0o700)).expect("set");
    fs::write(prefix.join("bin/virtualenvwrapper.sh"), "# the original\n").expect("written");
    symlink("gone.sh", prefix.join("share/virtualenvwrapper/virtualenvwrapper_lazy.sh")).expect("linked");
    let before = snapshot(&sandbox.home());

    make("install");
    let once = snapshot(&sandbox.home());
    make("install");
    assert!(snapshot(&sandbox.home()) == once, "{:?}", files(&prefix));
    let drop_in = fs::read_to_string(prefix.join("bin/virtualenvwrapper.sh")).expect("there");
    assert!(drop_in.contains("__venvyard"), "{drop_in}");
    make("uninstall");
    assert!(snapshot(&sandbox.home()) == before, "{:?}", files(&sandbox.home()));

    // What came in between stays, and so does the directory that it is in.
    make("install");
    let theirs = prefix.join("share/zsh/site-functions/_theirs");
    fs::write(&theirs, "").expect("written");
    make("uninstall");
    fs::remove_dir_all(prefix.join("share/zsh")).expect("it is still there");
    assert!(snapshot(&sandbox.home()) == before, "{:?}", files(&sandbox.home()));
}

#[test]
fn what_was_not_installed_cannot_be_uninstalled() {
    let sandbox = Sandbox::new();
    let output = make(&sandbox, &["uninstall"]);
    assert_fails(&output, "venvyard is not installed below", "hint: make uninstall PREFIX=");
}

#[test]
fn the_default_prefix_lies_in_the_home() {
    let sandbox = Sandbox::new();
    let stage = sandbox.home().join("stage");
    said(&make(&sandbox, &["install", &format!("DESTDIR={}", stage.display())]));
    let home = sandbox.home();
    let below = stage.join(home.strip_prefix("/").expect("absolute")).join(".local");
    assert_eq!(files(&below), installed());
}

#[test]
fn a_program_that_is_running_is_replaced() {
    let sandbox = Sandbox::new();
    let program = sandbox.home().join("usr/bin/venvyard");
    fs::create_dir_all(program.parent().expect("bin")).expect("made");
    fs::copy("/bin/sleep", &program).expect("copied");
    let mut running = sandbox.command(&program).arg("600").spawn().expect("it sleeps");
    let output =
        make(&sandbox, &["install", "PREFIX=/usr", &format!("DESTDIR={}", sandbox.home().display())]);
    let still_running = running.try_wait().expect("it was started").is_none();
    running.kill().and_then(|()| running.wait()).expect("it ends");
    said(&output);
    assert!(still_running);
    assert_eq!(fs::read(&program).expect("there"), fs::read(VENVYARD).expect("there"));
}

/// The script in `packaging/` with nothing on PATH but `programs`.
fn packaging(sandbox: &Sandbox, script: &str, programs: &[&str]) -> Command {
    let path = sandbox.home().join("only");
    fs::create_dir(&path).expect("made");
    for program in programs {
        let found =
            sandbox.command("sh").args(["-c", "command -v \"$0\"", program]).output().expect("sh runs");
        symlink(said(&found).trim_end(), path.join(program)).expect("linked");
    }
    let mut command = sandbox.command(project().join("packaging").join(script));
    command.env("PATH", path);
    command
}

fn assert_fails(output: &Output, error: &str, hint: &str) {
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{}", told(output));
    assert!(words.contains(&format!("ERROR: {error}")) && words.contains(hint), "{}", told(output));
}

#[test]
fn without_cargo_the_install_says_where_to_get_it_and_stops() {
    let sandbox = Sandbox::new();
    let output = packaging(&sandbox, "install.sh", &["dirname"]).output().expect("it runs");
    assert_fails(&output, "cargo", "hint: get it from https://rustup.rs");
    assert!(!sandbox.home().join(".local").exists());
}

#[test]
fn an_install_that_does_not_work_fails() {
    let sandbox = Sandbox::new();
    let shim = sandbox.home().join("shim.sh");
    fs::write(&shim, "mkvirtualenv() { echo 'no room left' >&2; return 1; }\n").expect("written");
    let prove = |sandbox: &Sandbox| {
        let mut command = sandbox.command(project().join("packaging/prove.sh"));
        command.arg(&shim).output().expect("it runs")
    };
    let output = prove(&sandbox);
    assert_fails(&output, "Everything is installed, but does not work in bash", "no room left");
    assert!(told(&output).contains("failed: mkvirtualenv"), "{}", told(&output));
    // One that says yes to everything proves nothing either.
    fs::write(&shim, "mkvirtualenv() { :; }; workon() { :; }; deactivate() { :; }; rmvirtualenv() { :; }\n")
        .expect("written");
    assert_fails(&prove(&sandbox), "Everything is installed", "failed: activation");
}

#[test]
fn without_python_nothing_can_be_proved() {
    let sandbox = Sandbox::new();
    let output = packaging(&sandbox, "prove.sh", &["bash"]).arg("shim.sh").output().expect("it runs");
    assert_fails(&output, "Everything is installed", "hint: install Python 3");
}

// --- The line in the rc file -------------------------------------------------------------------------

fn setup(sandbox: &Sandbox, words: &[&str]) -> String {
    said(&sandbox.venvyard(&[&["setup"], words].concat()))
}

#[test]
fn the_line_is_written_once_and_goes_without_a_trace() {
    let files = [("bash", ".bashrc"), ("zsh", ".zshrc"), ("ksh", ".kshrc"), ("mksh", ".mkshrc")];
    for (shell, file) in files.into_iter().filter(|(shell, _)| is_here(shell)) {
        let sandbox = Sandbox::new();
        let file = sandbox.home().join(file);
        fs::write(&file, "mine=1").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("set");

        let words = setup(&sandbox, &[shell]);
        assert!(words.contains("now loads the commands"), "{words}");
        let written = fs::read_to_string(&file).expect("there");
        assert_eq!(written, format!("mine=1\n{}", setup(&sandbox, &["--print", shell])));
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o640);
        let output = interactive(&sandbox, shell, "type workon deactivate; workon; echo $? $mine");
        let loaded = said(&output);
        assert!(loaded.contains("workon is a") && loaded.ends_with("1 1\n"), "{}", told(&output));

        assert!(setup(&sandbox, &[shell]).contains("loads the commands already"));
        assert_eq!(fs::read_to_string(&file).expect("there"), written);

        assert!(setup(&sandbox, &["--remove", shell]).contains("Took our line out"));
        assert_eq!(fs::read_to_string(&file).expect("there"), "mine=1\n");
        assert!(setup(&sandbox, &["--remove", shell]).contains("holds no line of ours"));
    }
}

#[test]
fn setup_serves_the_login_shell_and_asks_where_it_knows_none() {
    let sandbox = Sandbox::new();
    let with = |shell: &str| {
        sandbox.command(VENVYARD).arg("setup").env("SHELL", shell).output().expect("venvyard runs")
    };
    said(&with("/opt/bin/zsh"));
    assert_eq!(files(&sandbox.home()), [Path::new(".zshrc")]);
    said(&with("/bin/mksh"));
    assert_eq!(files(&sandbox.home()), [Path::new(".mkshrc"), Path::new(".zshrc")]);
    assert!(said(&with("/bin/ksh93")).contains("venvyard setup mksh"));
    let output = with("/bin/sh");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("hint: venvyard setup bash"), "{}", told(&output));
}

#[test]
fn fish_has_its_line_in_config_fish() {
    let sandbox = Sandbox::new();
    let words = setup(&sandbox, &["fish"]);
    assert!(words.contains("config.fish now loads the commands"), "{words}");
    let config = sandbox.home().join(".config/fish/config.fish");
    assert_eq!(fs::read_to_string(&config).expect("written"), setup(&sandbox, &["--print", "fish"]));
    if is_here("fish") {
        let output =
            sandbox.command("fish").args(["-c", "workon; echo $status"]).output().expect("fish runs");
        assert_eq!(said(&output), "1\n", "{}", told(&output));
    }
    assert!(setup(&sandbox, &["--remove", "fish"]).contains("Took our line out"));
    assert_eq!(fs::read_to_string(&config).expect("there"), "");
}

#[test]
fn fish_finds_what_is_installed_by_itself() {
    if !is_here("fish") {
        return;
    }
    let sandbox = Sandbox::new();
    said(&make(&sandbox, &["install"]));
    sandbox.hollow("blog");
    let script = "workon blog; echo $VIRTUAL_ENV; complete -C 'rmvirtualenv bl'";
    // Where the data of a user lie otherwise, HOME tells.
    let output = sandbox.command("fish").args(["-c", script]).env_remove("XDG_DATA_HOME").output();
    let output = output.expect("fish runs");
    let expected = format!("{}/blog\nblog\tPython 3.11.7\n", sandbox.workon_home().display());
    assert_eq!(said(&output), expected, "{}", told(&output));
}

#[test]
fn an_rc_file_that_is_a_link_stays_one() {
    let sandbox = Sandbox::new();
    let (link, real) = (sandbox.home().join(".bashrc"), sandbox.home().join("dotfiles/bashrc"));
    fs::create_dir(real.parent().expect("a directory")).expect("made");
    fs::write(&real, "mine=1\n").expect("written");
    symlink("dotfiles/bashrc", &link).expect("linked");
    setup(&sandbox, &["bash"]);
    assert_eq!(fs::read_link(&link).expect("a link"), Path::new("dotfiles/bashrc"));
    assert!(fs::read_to_string(&real).expect("there").ends_with("# venvyard setup\n"));
    setup(&sandbox, &["--remove", "bash"]);
    assert!(link.is_symlink());
    assert_eq!(fs::read_to_string(&real).expect("there"), "mine=1\n");
}

#[test]
fn an_rc_file_whose_link_points_nowhere_is_made_where_it_points() {
    let sandbox = Sandbox::new();
    let link = sandbox.home().join(".bashrc");
    symlink("dotfiles/bashrc", &link).expect("linked");
    setup(&sandbox, &["bash"]);
    assert!(link.is_symlink());
    assert!(sandbox.home().join("dotfiles/bashrc").is_file());
}

#[test]
fn a_line_of_another_place_is_replaced_where_it_stands() {
    let sandbox = Sandbox::new();
    let file = sandbox.home().join(".zshrc");
    fs::write(&file, "first\n. /old/place # venvyard setup\nlast\n").expect("written");
    setup(&sandbox, &["zsh"]);
    let line = setup(&sandbox, &["--print", "zsh"]);
    assert_eq!(fs::read_to_string(&file).expect("there"), format!("first\n{line}last\n"));
    assert!(line.contains(VENVYARD), "{line}");
}
