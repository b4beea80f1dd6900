//! Shells within shells, while an environment is active: started, exec'd, in parentheses, in tmux, by su.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Sandbox, Shell, is_here, is_root, shells, told};

/// What an inner shell does; it sources the shim like any other. Each line tells what comes before the PATH outside.
const INNER: &str = "
deactivate; tell left
workon two; tell two
deactivate; tell again
";

/// How a POSIX shell tells it, and how fish does. PATH is that of the outermost shell with something before it.
const TELL: &str = r#"tell() { echo "$1 ${VIRTUAL_ENV##*/} ${PATH%"$OUTSIDE"}"; }"#;
const TELL_IN_FISH: &str = r#"function tell
    echo $argv[1] (string replace -r '.*/' '' -- "$VIRTUAL_ENV") (string replace -- "$OUTSIDE" '' (string join : $PATH))
end"#;

/// Writes the file that `shell` runs within another one, and tells the words that run it.
fn inner(sandbox: &Sandbox, shell: Shell) -> Vec<String> {
    let shim = sandbox.home().join(format!("shim-{}", shell.dialect));
    sandbox.write_shim(shell.dialect, &shim);
    let tell = if shell.dialect == "fish" { TELL_IN_FISH } else { TELL };
    let script = sandbox.home().join(format!("inner-{}", shell.words[0]));
    fs::write(&script, format!(". \"$HOME/shim-{}\"\n{tell}\n{INNER}", shell.dialect)).expect("written");
    let words = shell.words.iter().map(|&word| word.to_owned());
    words.chain([format!("\"$HOME/inner-{}\"", shell.words[0])]).collect()
}

fn expected(sandbox: &Sandbox) -> String {
    let two = sandbox.workon_home().join("two/bin");
    format!("left  \ntwo two {}:\nagain  \n", two.display())
}

/// Each shell once, without options of its own.
fn plain_shells() -> Vec<Shell> {
    shells().into_iter().filter(|shell| shell.name == shell.words[0]).collect()
}

/// Two environments that a real interpreter made: fish exports what their activate scripts keep.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    let bash = shells().into_iter().find(|shell| shell.name == "bash").expect("bash");
    let made = sandbox.run(bash, "mkvirtualenv --without-pip one && mkvirtualenv --without-pip two");
    assert!(made.status.success(), "{}", told(&made));
    sandbox
}

/// Runs `script` in `shell`, with its PATH in `$OUTSIDE`.
fn run(sandbox: &Sandbox, shell: Shell, script: &str) -> Output {
    let mut command = sandbox.shell(shell, script);
    let path =
        command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path).expect("a PATH");
    let path = path.to_owned();
    command.env("OUTSIDE", path).output().expect("the shell runs")
}

#[test]
fn every_shell_leaves_what_every_other_one_entered() {
    let sandbox = furnished();
    let inner: Vec<_> =
        plain_shells().into_iter().map(|shell| (shell, inner(&sandbox, shell).join(" "))).collect();
    for outer in plain_shells() {
        let started: String =
            inner.iter().flat_map(|(_, words)| [words, "; echo \"outside $VIRTUAL_ENV\"\n"]).collect();
        let output = run(&sandbox, outer, &format!("workon one\n{started}"));
        let outside = format!("outside {}\n", sandbox.workon_home().join("one").display());
        let expected = (expected(&sandbox) + &outside).repeat(inner.len());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}: {}", outer.name, told(&output));
        assert!(output.status.success() && output.stderr.is_empty(), "{}: {}", outer.name, told(&output));
    }
}

#[test]
fn a_shell_that_takes_the_place_of_another_leaves_what_that_one_entered() {
    let sandbox = furnished();
    for shell in plain_shells() {
        let words = inner(&sandbox, shell).join(" ");
        let output = run(&sandbox, shell, &format!("workon one\nexec {words}"));
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            expected(&sandbox),
            "{}: {}",
            shell.name,
            told(&output)
        );
        assert!(output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
    }
}

#[test]
fn what_happens_in_parentheses_stays_there() {
    let sandbox = furnished();
    let root = |name: &str| sandbox.workon_home().join(name).display().to_string();
    for shell in plain_shells().into_iter().filter(|shell| shell.dialect != "fish") {
        let script = format!(
            "{TELL}\nworkon one\n(deactivate; tell left; workon two; tell two)\ntell one\n\
             (workon two; tell two)\ndeactivate\n(workon two; tell two)\ntell left"
        );
        let output = run(&sandbox, shell, &script);
        let [one, two] = ["one", "two"].map(|name| format!("{name} {name} {}/bin:\n", root(name)));
        let expected = ["left  \n", &two, &one, &two, &two, "left  \n"].concat();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}: {}", shell.name, told(&output));
        assert!(output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
    }
}

#[test]
fn a_window_of_tmux_leaves_what_the_shell_around_entered() {
    if !is_here("tmux") {
        return;
    }
    let sandbox = furnished();
    for shell in plain_shells() {
        let words = inner(&sandbox, shell).join(" ");
        let name = format!("seen-{}", shell.words[0]);
        // Its server, and its socket, are this window's own, and end with it.
        let window = format!("{words} >\"$HOME/{name}.new\" 2>&1; mv \"$HOME/{name}.new\" \"$HOME/{name}\"");
        fs::write(sandbox.home().join("window"), window).expect("written");
        let script =
            "workon one; tmux -S \"$HOME/socket\" -f /dev/null new-session -d /bin/sh \"$HOME/window\"";
        let output = run(&sandbox, shell, script);
        assert!(output.status.success(), "{}: {}", shell.name, told(&output));
        let seen = awaited(&sandbox.home().join(&name));
        assert_eq!(seen, expected(&sandbox), "{}", shell.name);
    }
}

/// Root's PATH and VIRTUAL_ENV go with su, and HOME too with `-m`.
#[test]
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
fn a_shell_of_another_user_leaves_what_the_shell_around_entered() {
    if !is_root() {
        eprintln!("SKIPPED: only root becomes another user without a password");
        return;
    }
    // Real ones might have a Python where only root can look.
    let sandbox = Sandbox::new();
    sandbox.hollow("one");
    sandbox.hollow("two");
    // fish would make one for root alone.
    fs::create_dir(sandbox.home().join(".config")).expect("made");
    let program = sandbox.reachable_program();
    let program = program.to_str().expect("UTF-8");
    let place = sandbox.home().with_file_name("");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).expect("set");
    for shell in plain_shells() {
        let shim = place.join(format!("su-shim-{}", shell.dialect));
        fs::write(&shim, sandbox.venvyard(&["init", shell.dialect, "--program", program]).stdout)
            .expect("written");
        let tell = if shell.dialect == "fish" { TELL_IN_FISH } else { TELL };
        let script = place.join(format!("su-inner-{}", shell.words[0]));
        fs::write(&script, format!("id -un\n. '{}'\n{tell}\n{INNER}", shim.display())).expect("written");
        let exec = format!("exec {} \"{}\"", shell.words.join(" "), script.display());
        for options in ["", "-m"] {
            let line = format!(
                "workon one\nsu {options} -s /bin/sh nobody -c '{exec}'\necho \"outside $VIRTUAL_ENV\""
            );
            let output = run(&sandbox, shell, &line);
            let outside = sandbox.workon_home().join("one");
            let expected = format!("nobody\n{}outside {}\n", expected(&sandbox), outside.display());
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                expected,
                "{}: {}",
                shell.name,
                told(&output)
            );
            assert!(output.stderr.is_empty(), "{} {options}: {}", shell.name, told(&output));
        }
    }
}

/// What is in a file that appears whole.
fn awaited(file: &Path) -> String {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !file.exists() {
        assert!(Instant::now() < deadline, "{} does not appear", PathBuf::from(file).display());
        thread::sleep(Duration::from_millis(20));
    }
    fs::read_to_string(file).expect("it is text")
}
