//! What a shell inherits under our names, variables and, in bash, functions, means nothing and runs nothing.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{Sandbox, Shell, project, shells, told};

/// Every name of ours that a shell file writes or reads.
fn names() -> BTreeSet<String> {
    let files =
        fs::read_dir(project().join("shell")).expect("a directory").map(|entry| entry.expect("one").path());
    let texts = files.filter(|path| path.is_file()).map(|path| fs::read_to_string(path).expect("UTF-8"));
    let is_part = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
    let names = |text: String| {
        let all = text.split(|letter| !is_part(letter)).map(str::to_owned);
        all.filter(|name| {
            name.to_lowercase().trim_start_matches('_').starts_with("venvyard_")
                || name.starts_with('_') && name.ends_with("_venvyard")
        })
        .collect::<Vec<_>>()
    };
    texts.flat_map(names).collect()
}

/// `script` as `shell` runs it that inherits from `from`.
fn seen(sandbox: &Sandbox, shell: Shell, script: &str, from: impl Fn(&mut Command)) -> String {
    let mut command = sandbox.shell(shell, script);
    from(&mut command);
    told(&command.output().expect("the shell runs"))
}

const SCRIPT: &str = "
    workon blog; echo $VIRTUAL_ENV; deactivate; echo $PATH
    lsvirtualenv -b; workon shop; workon blog; . \"$SHIM\"; deactivate; allvirtualenv echo all; workon nowhere
    workon shop; mvvirtualenv shop other; deactivate; mvvirtualenv other shop; deactivate; echo $PATH";

#[test]
fn what_is_inherited_under_our_names_changes_nothing_and_runs_nothing() {
    let names = names();
    assert!(names.contains("__venvyard_other_deactivate") && names.len() > 100, "{names:?}");
    for shell in shells() {
        let sandbox = Sandbox::new();
        for name in ["blog", "shop"] {
            sandbox.hollow(name);
        }
        let canary = sandbox.home().join("canary");
        fs::write(&canary, "#!/bin/sh\ntouch \"$HOME/pwned\"\n").expect("written");
        fs::set_permissions(&canary, fs::Permissions::from_mode(0o755)).expect("set");
        let hooks = sandbox.home().join("hooks");
        fs::create_dir(&hooks).expect("made");
        for hook in ["predeactivate", "postdeactivate"] {
            for end in ["", ".fish"] {
                fs::write(hooks.join([hook, end].concat()), "touch \"$HOME/pwned\"\n").expect("written");
            }
        }
        let root = sandbox.workon_home().join("shop");
        for is_within in [false, true] {
            let within = |command: &mut Command| {
                if is_within {
                    command.env("VIRTUAL_ENV", &root);
                }
            };
            let expected = seen(&sandbox, shell, SCRIPT, within);
            assert!(expected.matches("/blog\n").count() == 1, "{}: {expected}", shell.name);
            for value in [canary.as_os_str(), hooks.as_os_str(), "yes".as_ref(), "dead".as_ref()] {
                let seen = seen(&sandbox, shell, SCRIPT, |command| {
                    within(command);
                    for name in &names {
                        command.env(name, value);
                        command.env(format!("BASH_FUNC_{name}%%"), "() { touch \"$HOME/pwned\"; }");
                    }
                });
                assert_eq!(seen, expected, "{} with {}", shell.name, value.display());
                assert!(!sandbox.home().join("pwned").exists(), "{} with {}", shell.name, value.display());
            }
        }
    }
}
