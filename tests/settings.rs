//! The shim in shells that somebody has set up in their own way, and around names that somebody made.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::thread;

use crate::support::{Sandbox, Shell, VENVYARD, is_here, posix_shells, told};

/// What somebody may have set, and the programs of the shells in which that means something.
const SETTINGS: &[(&str, &[&str])] = &[
    ("\\:", ANY),
    ("\\set -u", ANY),
    ("\\set -e", ANY),
    ("\\set -eu", ANY),
    ("\\set -C", ANY),
    ("\\set -f", ANY),
    ("\\set -a -o pipefail", ANY),
    ("IFS=0123456789", ANY),
    ("IFS=abcdefghijklmnopqrstuvwxyz_/", ANY),
    ("CDPATH=/:/usr; \\export CDPATH", ANY),
    ("\\exec <&-", ANY),
    // Aliases of what activate itself calls (unset, export, [) would break it without us.
    ("alias cd='echo alias' source='echo alias' eval='echo alias' command='echo alias'", ANY),
    ("alias test='echo alias' set='echo alias' return='echo alias' typeset='echo alias'", ANY),
    ("alias print='echo alias' printf='echo alias' uname='echo alias' basename='echo alias'", ANY),
    ("alias deactivate='echo alias' workon='echo alias' pydoc='echo alias'", ANY),
    ("cd() { echo function; }", ANY),
    ("uname() { \\command uname \"$@\"; }", ANY),
    ("basename() { \\command basename \"$@\"; }", ANY),
    ("\\set -o posix", &["bash", "ksh", "mksh"]),
    ("\\shopt -s nullglob", &["bash"]),
    ("\\shopt -s failglob", &["bash"]),
    ("\\shopt -s extdebug", &["bash"]),
    ("\\shopt -s nocasematch extglob lastpipe xpg_echo; \\set +h", &["bash"]),
    ("\\set -E; \\trap 'echo trapped' ERR", &["bash"]),
    ("\\trap 'echo trapped' ERR", &["zsh", "ksh", "mksh"]),
    ("\\setopt ksh_arrays", &["zsh"]),
    ("\\setopt err_return", &["zsh"]),
    ("\\setopt no_unset", &["zsh"]),
    ("\\setopt sh_word_split", &["zsh"]),
    ("\\setopt glob_subst", &["zsh"]),
    ("\\setopt null_glob", &["zsh"]),
    ("\\setopt no_nomatch", &["zsh"]),
    ("\\setopt prompt_subst", &["zsh"]),
    ("\\setopt warn_create_global", &["zsh"]),
    ("\\setopt csh_junkie_quotes", &["zsh"]),
    ("\\setopt ignore_braces", &["zsh"]),
    ("\\setopt posix_builtins", &["zsh"]),
    ("\\setopt rc_quotes rc_expand_param magic_equal_subst extended_glob no_equals", &["zsh"]),
    ("\\setopt no_case_match no_bare_glob_qual ksh_glob sh_glob", &["zsh"]),
    ("\\setopt all_export no_hash_cmds no_hash_dirs no_multios no_function_argzero", &["zsh"]),
    ("\\setopt auto_cd auto_pushd chase_links; chpwd() { echo function; }", &["zsh"]),
    ("\\setopt local_options local_traps posix_identifiers posix_aliases no_aliases", &["zsh"]),
    ("\\emulate sh", &["zsh"]),
    ("\\emulate ksh", &["zsh"]),
];

const ANY: &[&str] = &["bash", "zsh", "ksh", "mksh"];

/// What is done under each setting. It goes past the user's own aliases, as the shim has to.
const SCENARIO: &str = r#"
\workon one; echo "one: $? $VIRTUAL_ENV $PWD"
\workon two; echo "two: $? $VIRTUAL_ENV"
tell() { echo "in $VIRTUAL_ENV"; }
\allvirtualenv tell; echo "all: $? $VIRTUAL_ENV"
\deactivate; echo "left: $? ${VIRTUAL_ENV-none} $PATH"
\workon missing 2>/dev/null || echo "missing: $?"
\lsvirtualenv; echo "listed: $?"
"#;

/// One that must come out of it, whatever is set.
fn outcome(sandbox: &Sandbox, path: &str) -> String {
    let (home, envs) = (sandbox.home(), sandbox.workon_home());
    let (home, envs) = (home.display(), envs.display());
    format!(
        "program one\none: 0 {envs}/one {home}/src\nprogram two\nsourced post_activate \ntwo: 0 {envs}/two\n\
         one\n===\nin {envs}/one\n\ntwo\n===\nin {envs}/two\n\nall: 0 {envs}/two\n\
         left: 0 none {path}\nmissing: 1\none\n===\n\ntwo\n===\ndetails of two in {envs}/two\n\nlisted: 0\n"
    )
}

#[test]
fn the_shim_works_whatever_was_set_before_or_after_it_was_sourced() {
    let failures: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = plain_shells().map(|shell| scope.spawn(move || under_all(shell))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("run")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Every shell once, without options of its own.
fn plain_shells() -> impl Iterator<Item = Shell> {
    posix_shells().into_iter().filter(|shell| shell.name == shell.words[0])
}

fn under_all(shell: Shell) -> Vec<String> {
    let sandbox = furnished(shell);
    let settings = SETTINGS.iter().filter(|(_, shells)| shells.contains(&shell.words[0]));
    settings.flat_map(|(setting, _)| under(setting, shell, &sandbox)).collect()
}

/// What went wrong under one setting.
fn under(setting: &str, shell: Shell, sandbox: &Sandbox) -> Vec<String> {
    // In files of their own: an alias counts from the next one that is parsed.
    let aliases = if shell.words[0] == "bash" { "shopt -s expand_aliases\n" } else { "" };
    fs::write(sandbox.home().join("setting"), format!("{aliases}{setting}\n")).expect("written");
    let orders = [
        ("before", "setting shim scenario"),
        ("before eval", "setting evaluation scenario"),
        ("after", "shim setting scenario"),
    ];
    let run = |(when, order): (&str, &str)| {
        let lines: String = order.split(' ').flat_map(|file| ["\\. ./", file, "\n"]).collect();
        let (output, path) = run(sandbox, shell, &lines);
        let is_right = output.status.success()
            && output.stderr.is_empty()
            && output.stdout == outcome(sandbox, &path).as_bytes();
        (!is_right).then(|| format!("{}, {setting} {when}: {}", shell.name, told(&output)))
    };
    orders.into_iter().filter_map(run).collect()
}

/// A home with the shim, the scenario, and two environments with a project and hooks.
fn furnished(shell: Shell) -> Sandbox {
    let sandbox = Sandbox::new();
    let home = sandbox.home();
    let write = |path: &str, text: &str| fs::write(home.join(path), text).expect("written");
    write("scenario", SCENARIO);
    sandbox.write_shim(shell.dialect, &home.join("shim"));
    // As people have it in their rc files. Some shells parse the whole before they run a line.
    fs::write(home.join("printed"), sandbox.venvyard(&["init", shell.dialect]).stdout).expect("written");
    write("evaluation", "\\eval \"$(\\cat ./printed)\"\n");
    fs::create_dir(home.join("src")).expect("made");
    let made = run(&sandbox, shell, "\\. ./shim\nmkvirtualenv --without-pip one && deactivate").0;
    assert!(made.status.success(), "{}", told(&made));
    write("envs/one/.project", home.join("src").to_str().expect("UTF-8"));
    let two = sandbox.hollow("two");
    // Under nounset an activate script of old fails, if nobody lifts it.
    let activate = fs::read_to_string(two.join("bin/activate")).expect("read");
    write("envs/two/bin/activate", &format!("{activate}: \"$no_such_variable\"\n"));
    write("envs/two/bin/postactivate", "echo \"sourced $1 $no_such_variable\"\n");
    let program = |path: &str, line: &str| {
        write(path, &format!("#!/bin/sh\n{line}\n"));
        fs::set_permissions(home.join(path), fs::Permissions::from_mode(0o755)).expect("set");
    };
    program("envs/preactivate", "echo \"program $1\"");
    program("envs/two/bin/get_env_details", "echo \"details of $1 in $VIRTUAL_ENV\"");
    sandbox
}

/// Runs `lines` in `shell`, and tells the PATH that it starts with.
fn run(sandbox: &Sandbox, shell: Shell, lines: &str) -> (Output, String) {
    fs::write(sandbox.home().join("script"), lines).expect("written");
    let mut command = sandbox.command(shell.words[0]);
    command.args(&shell.words[1..]).arg("./script");
    let path = value(&command, "PATH");
    (command.output().expect("the shell runs"), path)
}

/// A variable that `command` starts with.
fn value(command: &Command, name: &str) -> String {
    let value = command.get_envs().find(|(other, _)| *other == name).and_then(|(_, value)| value);
    value.and_then(|value| value.to_str()).expect("a value").to_owned()
}

#[test]
fn the_shim_may_be_sourced_inside_a_function() {
    for shell in plain_shells() {
        let sandbox = furnished(shell);
        let mut ways = vec!["load() { \\. ./shim; }\nload\n"];
        if shell.dialect == "zsh" {
            // Plug-in managers and the profiles of Arch and Fedora do so.
            ways.extend(["load() { emulate -L zsh; \\. ./shim; }\nload\n", "emulate sh -c '\\. ./shim'\n"]);
            ways.push("load() { emulate -L ksh; \\. ./shim; }\nload\n");
        }
        for way in ways {
            let (output, path) = run(&sandbox, shell, &format!("{way}\\. ./scenario\n"));
            let seen = String::from_utf8_lossy(&output.stdout);
            assert_eq!(seen, outcome(&sandbox, &path), "{}: {way}", shell.name);
            assert!(output.stderr.is_empty(), "{}: {way}: {}", shell.name, told(&output));
        }
    }
}

#[test]
fn sourced_again_the_shim_leaves_the_active_environment_alone() {
    for shell in posix_shells() {
        let sandbox = furnished(shell);
        let lines = "\\. ./shim\nworkon two\n\\. ./shim\n\\. ./scenario\n";
        let (output, path) = run(&sandbox, shell, lines);
        let first = "program two\nsourced post_activate \n";
        let expected = format!("{first}{}", outcome(&sandbox, &path));
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", shell.name);
        assert!(output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
    }
}

#[test]
fn an_environment_of_the_shell_outside_is_left_like_any_other() {
    for shell in posix_shells() {
        let sandbox = furnished(shell);
        let inherited = |lines: &str| {
            let (root, path) = (sandbox.workon_home().join("two"), value(&sandbox.command("sh"), "PATH"));
            let set =
                format!("VIRTUAL_ENV='{0}' PATH='{0}/bin:{path}'\nexport VIRTUAL_ENV PATH\n", root.display());
            run(&sandbox, shell, &format!("{set}\\. ./shim\n{lines}"))
        };
        let (output, path) = inherited("\\. ./scenario\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), outcome(&sandbox, &path), "{}", shell.name);
        assert!(output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
        let (output, path) = inherited("deactivate\necho \"${VIRTUAL_ENV-none} $PATH\"\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("none {path}\n"), "{}", shell.name);
    }
}

#[test]
fn a_shell_that_the_shim_is_not_for_leaves_it_silently() {
    let sandbox = Sandbox::new();
    sandbox.write_shim("bash", &sandbox.home().join("shim"));
    for words in [&["dash"][..], &["busybox", "ash"], &["yash"]] {
        if is_here(words[0]) {
            for options in [&[][..], &["-e"], &["-u"]] {
                let mut command = sandbox.command(words[0]);
                command.args(&words[1..]).args(options).args(["-c", ". ./shim"]);
                let output = command.output().expect("the shell runs");
                let is_silent = output.stdout.is_empty() && output.stderr.is_empty();
                assert!(output.status.success() && is_silent, "{words:?}: {}", told(&output));
            }
        }
    }
}

/// Names that are odd and harmless.
const ODD: &[&str] = &["my env", "it's é ☂", "a;b&c|d>e", "*", "#1!!", "~root", "=cat%n", "[ab]{c,d}"];

#[test]
fn odd_names_are_made_entered_listed_and_removed() {
    let check = |shell: Shell| {
        let sandbox = Sandbox::new();
        let mut script = String::from("mkdir \"$WORKON_HOME\"\nbefore=$PATH\n");
        let mut expected = String::new();
        for name in ODD {
            let word = format!("'{}'", name.replace('\'', "'\\''"));
            script.extend(["mkvirtualenv --without-pip ", &word, "\ndeactivate\nworkon ", &word, "\n"]);
            script.push_str(
                "echo \"$VIRTUAL_ENV\"\ndeactivate\necho \"${PATH#\"$before\"}\"\nlsvirtualenv -b\n",
            );
            script.extend(["rmvirtualenv ", &word, " 2>&1\nlsvirtualenv -b\n"]);
            let root = sandbox.workon_home().join(name);
            expected.extend([root.to_str().expect("UTF-8"), "\n\n", name, "\nRemoving ", name, "...\n"]);
        }
        let output = sandbox.run(shell, &script);
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}: {}", shell.name, told(&output));
        assert!(output.status.success() && output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
    };
    let shells = posix_shells();
    thread::scope(|scope| shells.into_iter().for_each(|shell| drop(scope.spawn(move || check(shell)))));
}

#[test]
fn a_name_that_is_code_is_never_run() {
    let names =
        ["$(touch pwned)", "`touch pwned`", "\";touch pwned;\"", "\\$(touch pwned)", "x\n touch pwned"];
    for shell in posix_shells() {
        let sandbox = Sandbox::new();
        for name in names {
            let root = sandbox.workon_home().join(name);
            fs::create_dir_all(root.join("bin")).expect("made");
            // As the venv module of old wrote it.
            let activate = format!("VIRTUAL_ENV=\"{}\"\nexport VIRTUAL_ENV\n", root.display());
            fs::write(root.join("bin/activate"), activate).expect("written");
            let word = format!("'{name}'");
            let script = format!(
                "workon {word} && echo entered\nlsvirtualenv -b\nlsvirtualenv >/dev/null\n\
                 mkvirtualenv --without-pip --clear {word} && echo made\nrmvirtualenv {word}\nlsvirtualenv -b"
            );
            let output = sandbox.run(shell, &script.replace("workon", "set +e; workon"));
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{name}\n"), "{}", shell.name);
            assert!(output.status.success(), "{}", told(&output));
            assert!(!sandbox.home().join("pwned").exists(), "{} ran {name}", shell.name);
        }
    }
}

#[test]
fn a_name_does_not_act_in_the_prompt() {
    for shell in posix_shells() {
        let sandbox = Sandbox::new();
        for (name, shown) in [("$(touch pwned)", "_(touch pwned)"), ("%n!", "_n_"), ("`x`\\", "_x__")] {
            let root = sandbox.hollow(name);
            let mut activate = fs::read_to_string(root.join("bin/activate")).expect("read");
            // As uv writes it.
            activate.push_str("_OLD_VIRTUAL_PS1=$PS1\nPS1=\"(${VIRTUAL_ENV##*/}) $PS1\"\n");
            fs::write(root.join("bin/activate"), activate).expect("written");
            let script =
                format!("PS1='%# $(:) '\nworkon '{name}'\nprintf '%s\\n' \"$PS1\" \"$VIRTUAL_ENV\"\n");
            let output = sandbox.run(shell, &script);
            let expected = format!("({shown}) %# $(:) \n{}\n", root.display());
            assert_eq!(
                String::from_utf8_lossy(&output.stdout),
                expected,
                "{}: {}",
                shell.name,
                told(&output)
            );
        }
    }
}

#[test]
fn the_shim_needs_nothing_of_the_path() {
    for shell in posix_shells() {
        let sandbox = furnished(shell);
        let (output, _) = run(&sandbox, shell, "\\. ./shim\nPATH=/nowhere\n\\. ./scenario\n");
        let expected = outcome(&sandbox, "/nowhere");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", shell.name);
    }
    assert!(VENVYARD.starts_with('/'));
}
