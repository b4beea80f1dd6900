//! virtualenvwrapper.sh and virtualenvwrapper_lazy.sh: what rc files, hooks, dotfiles and plug-ins lean on.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::readme::blocks;
use crate::support::{Sandbox, Shell, VENVYARD, is_here, posix_shells, project, told};

/// The functions that dotfiles call beside the commands.
const HELPERS: &[&str] = &[
    "_lsvirtualenv_usage",
    "_virtualenvs",
    "_virtualenvwrapper_version",
    "virtualenvwrapper_absolutepath",
    "virtualenvwrapper_cd",
    "virtualenvwrapper_derive_workon_home",
    "virtualenvwrapper_expandpath",
    "virtualenvwrapper_get_python_version",
    "virtualenvwrapper_get_site_packages_dir",
    "virtualenvwrapper_initialize",
    "virtualenvwrapper_mkproject_help",
    "virtualenvwrapper_mktemp",
    "virtualenvwrapper_mkvirtualenv_help",
    "virtualenvwrapper_run_hook",
    "virtualenvwrapper_setup_tab_completion",
    "virtualenvwrapper_show_workon_options",
    "virtualenvwrapper_tempfile",
    "virtualenvwrapper_verify_active_environment",
    "virtualenvwrapper_verify_project_home",
    "virtualenvwrapper_verify_resource",
    "virtualenvwrapper_verify_virtualenv",
    "virtualenvwrapper_verify_virtualenv_clone",
    "virtualenvwrapper_verify_workon_environment",
    "virtualenvwrapper_verify_workon_home",
    "virtualenvwrapper_workon_help",
];

/// The commands of the original.
const COMMANDS: &[&str] = &[
    "add2virtualenv",
    "allvirtualenv",
    "cdproject",
    "cdsitepackages",
    "cdvirtualenv",
    "cpvirtualenv",
    "lssitepackages",
    "lsvirtualenv",
    "mkproject",
    "mktmpenv",
    "mkvirtualenv",
    "rmvirtualenv",
    "setvirtualenvproject",
    "showvirtualenv",
    "toggleglobalsitepackages",
    "virtualenvwrapper",
    "wipeenv",
    "workon",
];

/// The hooks that a first loading makes, and their modes under the usual umask.
const HOOKS: [(&str, u32); 12] = [
    ("get_env_details", 0o755),
    ("initialize", 0o644),
    ("postactivate", 0o644),
    ("postdeactivate", 0o644),
    ("postmkproject", 0o755),
    ("postmkvirtualenv", 0o644),
    ("postrmvirtualenv", 0o755),
    ("preactivate", 0o755),
    ("predeactivate", 0o644),
    ("premkproject", 0o755),
    ("premkvirtualenv", 0o755),
    ("prermvirtualenv", 0o755),
];

/// A sandbox with the drop-in as `make install` leaves it: `bin` holds the files, on PATH.
fn installed() -> Sandbox {
    let sandbox = Sandbox::new();
    let (bin, share) = (sandbox.home().join(".local/bin"), sandbox.home().join(".local/share/venvyard"));
    for directory in [&bin, &share] {
        fs::create_dir_all(directory).expect("made");
    }
    sandbox.write_shim("bash", &share.join("venvyard.sh"));
    let shim = share.join("venvyard.sh").display().to_string();
    let drop_in = sandbox.venvyard(&["init", "bash", "--virtualenvwrapper", &shim]);
    assert!(drop_in.status.success(), "{}", told(&drop_in));
    fs::write(bin.join("virtualenvwrapper.sh"), drop_in.stdout).expect("written");
    fs::copy(project().join("shell/virtualenvwrapper_lazy.sh"), bin.join("virtualenvwrapper_lazy.sh"))
        .expect("copied");
    for name in ["virtualenvwrapper.sh", "virtualenvwrapper_lazy.sh"] {
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).expect("set");
    }
    symlink(VENVYARD, bin.join("venvyard")).expect("linked");
    sandbox
}

/// `script` in `shell`, in which `$BIN` is the directory of the drop-in and the first on PATH.
fn shell(sandbox: &Sandbox, shell: Shell, script: &str) -> Command {
    let bin = sandbox.home().join(".local/bin");
    let mut command = sandbox.command(shell.words[0]);
    let path = command.get_envs().find_map(|(name, value)| value.filter(|_| name == "PATH"));
    let mut path = path.expect("a PATH").to_owned();
    path = [bin.as_os_str(), path.as_os_str()].join(":".as_ref());
    command.args(&shell.words[1..]).args(["-c", script]).env("PATH", path).env("BIN", bin);
    command
}

/// What a script that must succeed in silence prints.
fn said(command: &mut Command) -> String {
    let output = command.output().expect("the shell runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{command:?}: {}", told(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The shells of the original: bash and zsh.
fn both() -> impl Iterator<Item = Shell> {
    posix_shells().into_iter().filter(|shell| ["bash", "zsh"].contains(&shell.name))
}

fn program(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
}

/// The files in `directory`, and their modes.
fn modes(directory: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(directory).expect("a directory").flatten();
    let files = entries.filter(|entry| entry.file_type().expect("known").is_file());
    let mut modes: Vec<(String, u32)> = files
        .map(|entry| {
            let mode = entry.metadata().expect("there").permissions().mode();
            (entry.file_name().to_string_lossy().into_owned(), mode & 0o777)
        })
        .collect();
    modes.sort();
    modes
}

// --- What is there after loading ---------------------------------------------------------------------

#[test]
fn what_the_original_exports_is_exported() {
    for kind in posix_shells() {
        let sandbox = installed();
        let script = ". \"$BIN/virtualenvwrapper.sh\"\nenv | grep -E '^_?(WORKON_HOME|VIRTUALENVWRAPPER)' | sort\n\
                      echo \"$VIRTUALENVWRAPPER_ENV_BIN_DIR\"";
        let (home, bin) = (sandbox.home(), sandbox.home().join(".local/bin"));
        for (value, workon_home) in [
            ("", ".virtualenvs"),
            ("envs", "envs"),
            ("~/my envs/", "my envs"),
            ("$HOME/a", "a"),
            ("${HOME}//b", "b"),
        ] {
            let home = home.display();
            let expected = format!(
                "VIRTUALENVWRAPPER_HOOK_DIR={home}/{workon_home}\nVIRTUALENVWRAPPER_PROJECT_FILENAME=.project\n\
                 VIRTUALENVWRAPPER_SCRIPT={}/virtualenvwrapper.sh\nVIRTUALENVWRAPPER_WORKON_CD=1\n\
                 WORKON_HOME={home}/{workon_home}\nbin\n",
                bin.display()
            );
            let mut command = shell(&sandbox, kind, script);
            assert_eq!(said(command.env("WORKON_HOME", value)), expected, "{}: {value}", kind.name);
        }
        let set =
            [("VIRTUALENVWRAPPER_HOOK_DIR", "~/hooks"), ("VIRTUALENVWRAPPER_PROJECT_FILENAME", ".mine")];
        let mut command = shell(&sandbox, kind, script);
        let seen = said(command.envs(set).env("VIRTUALENVWRAPPER_WORKON_CD", "0"));
        for line in [
            &*format!("VIRTUALENVWRAPPER_HOOK_DIR={}/hooks\n", home.display()),
            "_FILENAME=.mine\n",
            "_CD=0\n",
        ] {
            assert!(seen.contains(line), "{}: {seen}", kind.name);
        }
        assert_eq!(modes(&home.join("hooks")).len(), HOOKS.len());
    }
}

#[test]
fn a_configuration_counts_where_no_variable_is_set() {
    for kind in posix_shells() {
        let sandbox = installed();
        let config = sandbox.home().join(".config/venvyard");
        fs::create_dir_all(&config).expect("made");
        fs::write(config.join("config.toml"), "workon_home = '~/mine'\nworkon_cd = false\n")
            .expect("written");
        let script = ". \"$BIN/virtualenvwrapper.sh\"; echo \"$WORKON_HOME $VIRTUALENVWRAPPER_WORKON_CD\"";
        let mine = sandbox.home().join("mine");
        let seen = said(shell(&sandbox, kind, script).env_remove("WORKON_HOME"));
        assert_eq!(seen, format!("{} 0\n", mine.display()), "{}", kind.name);
        assert_eq!(modes(&mine).len(), HOOKS.len());
    }
}

#[test]
fn every_function_is_there_and_deactivate_only_when_there_is_something_to_leave() {
    for kind in posix_shells() {
        let sandbox = installed();
        sandbox.hollow("one");
        let functions: Vec<&str> = HELPERS.iter().chain(COMMANDS).copied().collect();
        let script = format!(
            ". \"$BIN/virtualenvwrapper.sh\"\nfor name in {}; do\n\
             typeset -f \"$name\" >/dev/null || echo \"no $name\"\ndone\n\
             typeset -f deactivate >/dev/null || echo none\nworkon one\n\
             typeset -f deactivate virtualenv_deactivate >/dev/null && typeset -f deactivate | grep -c 'typeset env_postdeactivate_hook'\n\
             deactivate\ntypeset -f deactivate >/dev/null || echo none",
            functions.join(" ")
        );
        assert_eq!(said(&mut shell(&sandbox, kind, &script)), "none\n1\nnone\n", "{}", kind.name);
    }
}

#[test]
fn the_hooks_are_made_once_and_none_is_touched_that_is_there() {
    for kind in posix_shells() {
        let sandbox = installed();
        let envs = sandbox.workon_home();
        fs::create_dir(&envs).expect("made");
        symlink("/nowhere/mine", envs.join("postactivate")).expect("linked");
        fs::write(envs.join("predeactivate"), "# mine\n").expect("written");
        said(&mut shell(&sandbox, kind, "umask 022; . \"$BIN/virtualenvwrapper.sh\""));
        let expected = HOOKS.map(|(name, mode)| (name.to_owned(), mode));
        let made: Vec<_> = expected.into_iter().filter(|(name, _)| name != "postactivate").collect();
        assert_eq!(modes(&envs), made, "{}", kind.name);
        assert_eq!(fs::read_link(envs.join("postactivate")).expect("a link"), Path::new("/nowhere/mine"));
        assert_eq!(fs::read_to_string(envs.join("predeactivate")).expect("there"), "# mine\n");
        let text = fs::read_to_string(envs.join("preactivate")).expect("there");
        let is_comment = text.lines().all(|line| line.is_empty() || line.starts_with('#'));
        assert!(text.starts_with("#!/bin/sh\n# ") && is_comment, "{text}");
    }
}

#[test]
fn once_the_hooks_are_there_loading_starts_no_process() {
    if !is_here("strace") {
        return;
    }
    for kind in posix_shells().into_iter().filter(|shell| shell.name != "mksh") {
        let sandbox = installed();
        let script = ". \"$BIN/virtualenvwrapper.sh\"; :";
        said(&mut shell(&sandbox, kind, script));
        let trace = sandbox.home().join("trace");
        let command = shell(&sandbox, kind, script);
        let mut traced = sandbox.command("strace");
        traced.args(["-f", "-qq", "-e", "trace=fork,vfork,clone,clone3,execve", "-o"]).arg(&trace);
        traced.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            value.map(|value| traced.env(name, value));
        }
        said(&mut traced);
        let trace = fs::read_to_string(&trace).expect("there");
        assert_eq!(trace.lines().count(), 1, "{}: {trace}", kind.name);
    }
}

#[test]
fn initialize_is_sourced_at_load_and_once() {
    for kind in posix_shells() {
        let sandbox = installed();
        fs::create_dir(sandbox.workon_home()).expect("made");
        fs::write(sandbox.workon_home().join("initialize"), "echo \"$1 $no_such_variable\"; false; mine=1\n")
            .expect("written");
        sandbox.hollow("one");
        let script =
            ". \"$BIN/virtualenvwrapper.sh\"; echo \"$mine\"; workon one; echo \"${VIRTUAL_ENV##*/}\"";
        assert_eq!(said(&mut shell(&sandbox, kind, script)), "initialize \n1\none\n", "{}", kind.name);
    }
}

#[test]
fn helpers_do_what_they_are_called_for() {
    for kind in posix_shells().into_iter().filter(|shell| shell.name != "bash -eu") {
        let sandbox = installed();
        sandbox.hollow("my env");
        let script = r#"
            . "$BIN/virtualenvwrapper.sh"
            cd() { echo function; }
            virtualenvwrapper_cd / && pwd
            virtualenvwrapper_cd "$HOME"
            virtualenvwrapper_expandpath '~//x/$NAME'; virtualenvwrapper_expandpath ''; echo "$?"
            virtualenvwrapper_absolutepath 'a b/../c'; virtualenvwrapper_absolutepath; echo "$?"
            virtualenvwrapper_derive_workon_home
            virtualenvwrapper_show_workon_options
            virtualenvwrapper_verify_workon_environment 'my env'; echo "$?"
            virtualenvwrapper_verify_workon_environment nope; echo "$?"
            virtualenvwrapper_verify_active_environment; echo "$?"
            virtualenvwrapper_verify_project_home; echo "$?"
            PROJECT_HOME=$HOME/gone; virtualenvwrapper_verify_project_home; echo "$?"
            virtualenvwrapper_verify_project_home -q; echo "$?"
            virtualenvwrapper_verify_resource sh; echo "$?"
            virtualenvwrapper_verify_resource no-such-program; echo "$?"
            VIRTUALENVWRAPPER_VIRTUALENV=no-such-program; virtualenvwrapper_verify_virtualenv; echo "$?"
            unset VIRTUALENVWRAPPER_VIRTUALENV; virtualenvwrapper_verify_virtualenv; echo "$?"
            TMPDIR=$HOME; export TMPDIR; file=$(virtualenvwrapper_tempfile word)
            test -f "$file" && echo "${file%-*}" && rm "$file"
            virtualenvwrapper_mktemp() { echo /no/such/file; }
            virtualenvwrapper_tempfile; echo "$?"
            _virtualenvwrapper_version
            virtualenvwrapper_workon_help | head -n 1
        "#;
        let output = shell(&sandbox, kind, script).env("NAME", "y").output().expect("the shell runs");
        let (home, envs) = (sandbox.home(), sandbox.workon_home());
        let home = home.display();
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!(
            "/\n{home}/x/y\n1\n{home}/c\n1\n{}\nmy env\n0\n1\n1\n1\n1\n1\n0\n1\n1\n0\n{home}/virtualenvwrapper-word\n1\n\
             {version}\n",
            envs.display()
        );
        let seen = String::from_utf8_lossy(&output.stdout);
        assert!(seen.starts_with(&expected), "{}: {expected}\n{}", kind.name, told(&output));
        for words in [
            "ERROR: Environment 'nope' does not exist. Create it with 'mkvirtualenv nope'.",
            "virtualenv is missing",
        ] {
            assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{}", told(&output));
        }
    }
}

#[test]
fn a_helper_that_is_redefined_stays_so_when_the_others_are_read() {
    for kind in posix_shells() {
        let sandbox = installed();
        let script = ". \"$BIN/virtualenvwrapper.sh\"; virtualenvwrapper_cd() { echo mine; }\n\
                      virtualenvwrapper_absolutepath /a/../b; virtualenvwrapper_cd /";
        assert_eq!(said(&mut shell(&sandbox, kind, script)), "/b\nmine\n", "{}", kind.name);
    }
}

#[test]
fn a_real_environment_tells_its_python() {
    for kind in both() {
        let sandbox = installed();
        let script = ". \"$BIN/virtualenvwrapper.sh\"; mkvirtualenv --without-pip one\n\
                      echo \"lib/python$(virtualenvwrapper_get_python_version)/site-packages\"\n\
                      virtualenvwrapper_get_site_packages_dir";
        let seen = said(&mut shell(&sandbox, kind, script));
        let lines: Vec<&str> = seen.lines().collect();
        assert_eq!(
            lines[1],
            format!("{}/one/{}", sandbox.workon_home().display(), lines[0]),
            "{}",
            kind.name
        );
    }
}

#[test]
fn hooks_run_when_they_are_called_by_name() {
    for kind in posix_shells() {
        let sandbox = installed();
        let root = sandbox.hollow("one");
        for (directory, place) in [(sandbox.workon_home(), "global"), (root.join("bin"), "local")] {
            program(&directory.join("preactivate"), &format!("echo {place} ran $*\n"));
            fs::write(
                directory.join("postdeactivate"),
                format!("echo {place} $* ${{VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV##*/}}\n"),
            )
            .expect("written");
        }
        let script = ". \"$BIN/virtualenvwrapper.sh\"\nvirtualenvwrapper_run_hook pre_activate one\n\
                      virtualenvwrapper_run_hook post_deactivate one\nvirtualenvwrapper_run_hook no_such_event";
        let expected =
            "global ran one\nlocal ran one\nlocal post_deactivate one one\nglobal post_deactivate one one\n";
        assert_eq!(said(&mut shell(&sandbox, kind, script)), expected, "{}", kind.name);
    }
}

#[test]
fn hooks_that_are_called_by_name_have_the_projects_among_them_and_a_relative_place_is_under_home() {
    for kind in posix_shells() {
        let sandbox = installed();
        let root = sandbox.hollow("one");
        let project = sandbox.home().join("src");
        let places = [
            ("project", project.join(".virtualenvwrapper")),
            ("global", sandbox.home().join("hooks")),
            ("local", root.join("bin")),
        ];
        for (place, directory) in places {
            fs::create_dir_all(&directory).expect("made");
            for hook in ["postactivate", "predeactivate"] {
                fs::write(directory.join(hook), format!("echo {place} $1\n")).expect("written");
            }
        }
        fs::write(root.join(".project"), project.as_os_str().as_encoded_bytes()).expect("written");
        let script = "VIRTUALENVWRAPPER_HOOK_DIR=hooks\n. \"$BIN/virtualenvwrapper.sh\"\ncd /\n\
                      export VIRTUAL_ENV=\"$WORKON_HOME/one\"\nvirtualenvwrapper_run_hook post_activate one\n\
                      virtualenvwrapper_run_hook pre_deactivate one\necho \"${VIRTUALENVWRAPPER_HOOK_DIR#\"$HOME\"}\"";
        let expected = "project post_activate\nglobal post_activate\nlocal post_activate\n\
                        project pre_deactivate\nlocal pre_deactivate\nglobal pre_deactivate\n/hooks\n";
        assert_eq!(said(&mut shell(&sandbox, kind, script)), expected, "{}", kind.name);
    }
}

#[test]
fn names_are_completed_without_any_file_of_ours() {
    for kind in both() {
        let sandbox = installed();
        for name in ["my env", "other"] {
            sandbox.hollow(name);
        }
        let script = ". \"$BIN/virtualenvwrapper.sh\"\nvirtualenvwrapper_setup_tab_completion\n_virtualenvs workon m\n";
        let (print, expected) = match kind.name {
            "bash" => ("printf '%s\\n' \"${COMPREPLY[@]}\"", "my\\ env\n"),
            _ => ("print -l -- $reply", "my env\nother\n"),
        };
        assert_eq!(said(&mut shell(&sandbox, kind, &format!("{script}{print}"))), expected, "{}", kind.name);
    }
}

#[test]
fn no_function_of_ours_takes_another_ones_place() {
    let mut defined = BTreeMap::new();
    for file in ["venvyard.sh", "verbs.sh", "virtualenvwrapper.sh", "helpers.sh", "virtualenvwrapper_lazy.sh"]
    {
        let text = fs::read_to_string(project().join("shell").join(file)).expect("readable");
        for (name, _) in text.lines().filter_map(|line| line.trim_start().split_once("() {")) {
            let other = defined.insert(name.to_owned(), file);
            assert!(other.is_none_or(|other| other == file), "{name} is in {file} and {other:?}");
        }
    }
    assert!(defined.len() > 80, "{}", defined.len());
}

// --- Commands ask what dotfiles redefine -------------------------------------------------------------

#[test]
fn a_command_asks_the_functions_that_people_redefine() {
    for kind in posix_shells().into_iter().filter(|shell| shell.name != "bash -eu") {
        let sandbox = installed();
        sandbox.hollow("one");
        let script = r#"
            . "$BIN/virtualenvwrapper.sh"
            virtualenvwrapper_verify_workon_home() { echo "home $*"; return "$home"; }
            virtualenvwrapper_verify_resource() { echo "resource $1"; return 3; }
            home=3; workon one; echo "$? ${VIRTUAL_ENV-none}"; lsvirtualenv -b; echo "$?"
            home=0; workon one; echo "$? ${VIRTUAL_ENV##*/}"; deactivate; echo "$?"
            VIRTUALENVWRAPPER_VIRTUALENV=maker; mkvirtualenv two; echo "$?"
            virtualenvwrapper_verify_virtualenv() { echo asked; return 4; }
            mkvirtualenv two; echo "$?"
            virtualenvwrapper_verify_virtualenv_clone() { echo clone; return 5; }
            cpvirtualenv one two; echo "$?"
            lsvirtualenv -b
        "#;
        let expected = "home \n1 none\nhome \n1\nhome \n0 one\n0\nhome \nresource maker\n1\nhome \nasked\n1\n\
                        home \nclone\n1\nhome \none\n";
        assert_eq!(said(&mut shell(&sandbox, kind, script)), expected, "{}", kind.name);
    }
}

#[test]
fn the_lines_of_verify_workon_home_make_another_function() {
    // pyenv-virtualenvwrapper takes what the shell tells, or the text of the file.
    let ways = [
        "typeset -f virtualenvwrapper_verify_workon_home",
        "sed -n '/^virtualenvwrapper_verify_workon_home()/,/^}/p' \"$VIRTUALENVWRAPPER_SCRIPT\"",
    ];
    for kind in both() {
        for way in ways {
            let sandbox = installed();
            sandbox.hollow("one");
            let script = format!(
                "{}body=$({way} | sed -e 1d -e '/^{{ *$/d')\n{}",
                ". \"$BIN/virtualenvwrapper.sh\"\n",
                "eval \"pyenv_virtualenvwrapper_verify_workon_home() {\n$body\"\n\
                 virtualenvwrapper_verify_workon_home() { echo asked; pyenv_virtualenvwrapper_verify_workon_home \"$@\"; }\n\
                 workon one; echo \"$? ${VIRTUAL_ENV##*/}\"\n\
                 WORKON_HOME=$HOME/gone; workon 2>&1; echo \"$?\"; test -d \"$WORKON_HOME\" && echo made"
            );
            let gone = sandbox.home().join("gone");
            let expected = format!(
                "asked\n0 one\nasked\nNOTE: Virtual environments directory {} does not exist. Creating...\n1\nmade\n",
                gone.display()
            );
            assert_eq!(said(&mut shell(&sandbox, kind, &script)), expected, "{}: {way}", kind.name);
        }
    }
}

#[test]
fn a_missing_home_is_told_of_and_made() {
    for kind in posix_shells() {
        let sandbox = installed();
        let script = ". \"$BIN/virtualenvwrapper.sh\"; rm -r \"$WORKON_HOME\"; mkvirtualenv --without-pip one 2>&1; echo \"${VIRTUAL_ENV##*/}\"";
        let seen = said(&mut shell(&sandbox, kind, script));
        assert!(seen.contains("does not exist. Creating...\n") && seen.ends_with("one\n"), "{seen}");
        assert_eq!(seen.matches("Creating").count(), 1, "{seen}");
    }
}

// --- Where and how it is sourced ---------------------------------------------------------------------

#[test]
fn sourced_twice_it_keeps_the_active_environment() {
    for kind in posix_shells() {
        for again in ["virtualenvwrapper.sh", "virtualenvwrapper_lazy.sh"] {
            let sandbox = installed();
            let script = format!(
                ". \"$BIN/virtualenvwrapper.sh\"; before=$PATH\nmkvirtualenv --without-pip one\n. \"$BIN/{again}\"\n\
                 echo \"${{VIRTUAL_ENV##*/}}\"\ndeactivate; test \"$PATH\" = \"$before\" && echo \"${{VIRTUAL_ENV-none}}\"\n\
                 workon one; workon one; deactivate; test \"$PATH\" = \"$before\" && echo same"
            );
            assert_eq!(
                said(&mut shell(&sandbox, kind, &script)),
                "one\nnone\nsame\n",
                "{}: {again}",
                kind.name
            );
        }
    }
}

#[test]
fn it_may_be_sourced_in_every_way_that_rc_files_have() {
    let line = blocks("sh").into_iter().find(|block| block.starts_with("source")).expect("README's line");
    for kind in posix_shells() {
        let mut ways = vec![
            "load() { . \"$BIN/virtualenvwrapper.sh\"; }; load",
            "load() { . \"$BIN/virtualenvwrapper_lazy.sh\"; }; load",
            line.trim_end(),
            "set -eu; . \"$BIN/virtualenvwrapper.sh\"",
            "set -eu; . \"$BIN/virtualenvwrapper_lazy.sh\"",
            "[ -f \"$BIN/virtualenvwrapper.sh\" ] && . \"$BIN/virtualenvwrapper.sh\"",
            "if [ -r \"$BIN/virtualenvwrapper_lazy.sh\" ]; then . \"$BIN/virtualenvwrapper_lazy.sh\"; fi",
            ". \"$(command -v virtualenvwrapper_lazy.sh)\"",
            ". \"$(command -v virtualenvwrapper.sh)\"",
            "\\cd \"$BIN\"; . ./virtualenvwrapper.sh; \\cd",
            "\\cd \"$BIN\"; . ./virtualenvwrapper_lazy.sh; \\cd",
            "IFS=abcdefghijklmnopqrstuvwxyz_/; . \"$BIN/virtualenvwrapper.sh\"; IFS=' '",
            "set -C -f; . \"$BIN/virtualenvwrapper_lazy.sh\"",
            "export VIRTUALENVWRAPPER_PYTHON=/usr/bin/python3; . \"$BIN/virtualenvwrapper.sh\"",
            "export VIRTUALENVWRAPPER_PYTHON=:; . \"$BIN/virtualenvwrapper.sh\"",
            "export VIRTUALENVWRAPPER_SCRIPT=/gone/virtualenvwrapper.sh; . \"$BIN/virtualenvwrapper_lazy.sh\"",
            "export VIRTUALENVWRAPPER_SCRIPT=\"$BIN/virtualenvwrapper.sh\"; . \"$BIN/virtualenvwrapper_lazy.sh\"",
            "export VIRTUALENVWRAPPER_VIRTUALENV_ARGS='--no-site-packages'; . \"$BIN/virtualenvwrapper.sh\"",
            "WORKON_HOME='~/envs'; . \"$BIN/virtualenvwrapper.sh\"",
            "WORKON_HOME=envs; . \"$BIN/virtualenvwrapper_lazy.sh\"",
        ];
        match kind.words[0] {
            "bash" => ways.extend(["set -o posix; . \"$BIN/virtualenvwrapper.sh\"", "shopt -s failglob; . \"$BIN/virtualenvwrapper.sh\""]),
            "zsh" => ways.extend([
                "emulate sh -c '. \"$BIN/virtualenvwrapper.sh\"'",
                "load() { emulate -L zsh; source \"$BIN/virtualenvwrapper_lazy.sh\"; }; load",
                "load() { emulate -L ksh; source \"$BIN/virtualenvwrapper.sh\"; }; load",
                "setopt ksh_arrays sh_word_split glob_subst null_glob err_return; . \"$BIN/virtualenvwrapper.sh\"",
                "setopt ksh_arrays sh_word_split glob_subst null_glob err_return; . \"$BIN/virtualenvwrapper_lazy.sh\"",
                "setopt csh_junkie_quotes rc_quotes no_function_argzero; . \"$BIN/virtualenvwrapper.sh\"",
                "setopt no_function_argzero all_export; . \"$BIN/virtualenvwrapper_lazy.sh\"",
            ]),
            // It quotes what `command -v` tells.
            "ksh" => ways.retain(|way| !way.contains("command -v")),
            _ => {}
        }
        for way in ways {
            let sandbox = installed();
            let script = format!(
                "{way}\nmkvirtualenv --without-pip one\ndeactivate\nworkon one && echo \"$VIRTUAL_ENV\"\n"
            );
            let seen = said(&mut shell(&sandbox, kind, &script));
            assert_eq!(seen, format!("{}/one\n", sandbox.workon_home().display()), "{}: {way}", kind.name);
        }
    }
}

#[test]
fn aliases_of_its_names_are_past() {
    for kind in both() {
        for file in ["virtualenvwrapper.sh", "virtualenvwrapper_lazy.sh"] {
            let sandbox = installed();
            sandbox.hollow("one");
            let expand = if kind.name == "bash" { "shopt -s expand_aliases\n" } else { "" };
            let aliases = "alias cd=false test=false set=false return=false export=false eval=false command=false \
                           workon='echo alias' deactivate='echo alias'\n";
            fs::write(sandbox.home().join("aliases"), format!("{expand}{aliases}")).expect("written");
            fs::write(sandbox.home().join("use"), "\\workon one; echo \"${VIRTUAL_ENV##*/}\"\n")
                .expect("written");
            let script = format!(". ./aliases; \\. \"$BIN/{file}\"; \\. ./use");
            assert_eq!(said(&mut shell(&sandbox, kind, &script)), "one\n", "{}: {file}", kind.name);
        }
    }
}

#[test]
fn a_shell_that_it_is_not_for_leaves_it_silently() {
    let sandbox = installed();
    for words in [&["dash"][..], &["busybox", "ash"], &["yash"]].into_iter().filter(|words| is_here(words[0]))
    {
        for file in ["virtualenvwrapper.sh", "virtualenvwrapper_lazy.sh"] {
            let mut command = sandbox.command(words[0]);
            command.args(&words[1..]).args(["-eu", "-c", ". \"$0\"; echo \"still here\""]);
            command.arg(sandbox.home().join(".local/bin").join(file));
            // $0 is the file's name, as in a script that was executed; so it is told there.
            let output = command.output().expect("the shell runs");
            assert!(told(&output).contains("hint: . '"), "{words:?}: {}", told(&output));
            let mut command = sandbox.command(words[0]);
            command.args(&words[1..]).args(["-eu", "-c", ". \"$1\"; echo \"still here\"", "rc"]);
            command.arg(sandbox.home().join(".local/bin").join(file));
            assert_eq!(said(&mut command), "still here\n", "{words:?}");
        }
    }
    assert!(!sandbox.workon_home().exists());
}

#[test]
fn executed_it_says_how_to_source_it() {
    let sandbox = installed();
    for kind in posix_shells() {
        for file in ["virtualenvwrapper.sh", "virtualenvwrapper_lazy.sh"] {
            let path = sandbox.home().join(".local/bin").join(file);
            let mut command = sandbox.command(kind.words[0]);
            let output = command.args(&kind.words[1..]).arg(&path).output().expect("the shell runs");
            assert_eq!(output.status.code(), Some(1), "{}", told(&output));
            assert!(told(&output).contains(&format!("hint: . '{}'", path.display())), "{}", told(&output));
        }
    }
}

#[test]
fn a_home_that_cannot_be_made_is_told_and_ends_nothing() {
    for kind in posix_shells().into_iter().filter(|shell| shell.name != "bash -eu") {
        let sandbox = installed();
        fs::write(sandbox.home().join("file"), "").expect("written");
        let script = ". \"$BIN/virtualenvwrapper.sh\"; echo \"$?\"; workon one; echo \"$?\"; typeset -f workon >/dev/null && echo fine";
        let mut command = shell(&sandbox, kind, script);
        let output = command.env("WORKON_HOME", sandbox.home().join("file/envs")).output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n1\nfine\n", "{}", told(&output));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.starts_with("ERROR: WORKON_HOME") && words.contains("\nhint: "), "{words}");
        let command = || shell(&sandbox, kind, ". \"$BIN/virtualenvwrapper.sh\"; echo \"$?\"");
        let output = command().env("WORKON_HOME", "$NOWHERE/envs").output().expect("it runs");
        assert!(told(&output).contains("The variable NOWHERE"), "{}", told(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n", "{}", told(&output));
    }
}

#[test]
fn uninstalled_it_takes_the_shim_from_the_program_on_path() {
    for kind in posix_shells() {
        let sandbox = installed();
        let file = sandbox.home().join("checkout/virtualenvwrapper.sh");
        fs::create_dir(sandbox.home().join("checkout")).expect("made");
        fs::copy(project().join("shell/virtualenvwrapper.sh"), &file).expect("copied");
        let script = ". checkout/virtualenvwrapper.sh && mkvirtualenv --without-pip one && deactivate && workon\necho \"$VIRTUALENVWRAPPER_SCRIPT\"";
        let mut command = shell(&sandbox, kind, &script.replace("&& workon\n", "&& lsvirtualenv -b\n"));
        let seen = said(command.env_remove("BIN"));
        let script =
            if kind.name == "mksh" { sandbox.home().join(".local/bin/virtualenvwrapper.sh") } else { file };
        assert_eq!(seen, format!("one\n{}\n", script.display()), "{}", kind.name);
    }
    let sandbox = installed();
    fs::remove_file(sandbox.home().join(".local/bin/venvyard")).expect("removed");
    let script = format!(". '{}/shell/virtualenvwrapper.sh'; echo \"$?\"", project().display());
    for kind in both() {
        let output = shell(&sandbox, kind, &script).env("PATH", "/usr/bin:/bin").output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n", "{}", told(&output));
        assert!(told(&output).contains("venvyard"), "{}", told(&output));
    }
}

// --- Lazily ------------------------------------------------------------------------------------------

#[test]
fn the_lazy_one_defines_the_commands_and_makes_nothing_before_the_first() {
    for kind in posix_shells() {
        let sandbox = installed();
        let script = format!(
            "_VIRTUALENVWRAPPER_API=' mine $(touch pwned) '\n. \"$BIN/virtualenvwrapper_lazy.sh\"\n\
             for name in {} mine; do typeset -f \"$name\" >/dev/null || echo \"no $name\"; done\n\
             ls \"$WORKON_HOME\" 2>/dev/null || echo nothing\ntypeset -f virtualenvwrapper_run_hook || echo not yet\n\
             mine() {{ echo real; }}\n\
             lsvirtualenv -b\ntypeset -f virtualenvwrapper_run_hook >/dev/null && echo loaded\n\
             virtualenvwrapper_load && mine; env | grep -c '^_VIRTUALENVWRAPPER_API=.* workon .* mktmpenv'\n\
             ls \"$WORKON_HOME\" | wc -l | tr -d ' '",
            COMMANDS.join(" ")
        );
        let seen = said(&mut shell(&sandbox, kind, &script));
        assert_eq!(seen, "nothing\nnot yet\nloaded\nreal\n1\n12\n", "{}", kind.name);
        assert!(!sandbox.home().join("pwned").exists());
    }
}

#[test]
fn a_name_that_nobody_defines_does_not_go_round_in_circles() {
    for kind in posix_shells().into_iter().filter(|shell| shell.name != "bash -eu") {
        let sandbox = installed();
        let script = "_VIRTUALENVWRAPPER_API=mine; . \"$BIN/virtualenvwrapper_lazy.sh\"; mine; echo \"$?\"";
        let output = shell(&sandbox, kind, script).output().expect("the shell runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "127\n", "{}", told(&output));
        assert!(told(&output).contains("does not define mine"), "{}", told(&output));
    }
}

// --- Setups from the wild ----------------------------------------------------------------------------

/// Hooks as people have them: settings in the activate script, a `cd` of their own, a prompt of their own.
fn furnish(sandbox: &Sandbox) {
    let envs = sandbox.workon_home();
    fs::create_dir(&envs).expect("made");
    program(
        &envs.join("premkvirtualenv"),
        "echo \"export DJANGO_SETTINGS_MODULE=$1.settings\" >>\"$1/bin/activate\"\n",
    );
    let write = |hook: &str, text: &str| fs::write(envs.join(hook), text).expect("written");
    write(
        "postactivate",
        "cd() { builtin cd \"$@\" && echo \"now in ${PWD##*/}\"; }\nPS1=\"[${VIRTUAL_ENV##*/}] $_OLD_VIRTUAL_PS1\"\n",
    );
    write("postdeactivate", "unset -f cd\nunset DJANGO_SETTINGS_MODULE\n");
}

#[test]
fn a_django_users_hooks_work() {
    for kind in both() {
        let sandbox = installed();
        furnish(&sandbox);
        let script = "PS1='> '; . \"$BIN/virtualenvwrapper.sh\"; before=$PATH
            mkvirtualenv --without-pip site; echo \"$DJANGO_SETTINGS_MODULE $PS1\"
            cd /usr/lib; cd; deactivate; cd /usr/lib; echo \"${DJANGO_SETTINGS_MODULE-none} $PS1\"
            workon site; echo \"$DJANGO_SETTINGS_MODULE $PS1\"; mkvirtualenv --without-pip other; echo \"$DJANGO_SETTINGS_MODULE $PS1\"
            deactivate; echo \"${DJANGO_SETTINGS_MODULE-none} $PS1\"; test \"$PATH\" = \"$before\" && echo same";
        let expected = "site.settings [site] > \nnow in lib\nnow in home\nnone > \nsite.settings [site] > \n\
                        other.settings [other] > \nnone > \nsame\n";
        assert_eq!(said(&mut shell(&sandbox, kind, script)), expected, "{}", kind.name);
    }
}

#[test]
fn a_hook_adds_to_the_path_of_each_new_environment() {
    for kind in both() {
        let sandbox = installed();
        furnish(&sandbox);
        fs::create_dir(sandbox.home().join("modules")).expect("made");
        fs::write(sandbox.home().join("modules/mine.py"), "").expect("written");
        fs::write(sandbox.workon_home().join("postmkvirtualenv"), "add2virtualenv \"$HOME/modules\"\n")
            .expect("written");
        let script = ". \"$BIN/virtualenvwrapper.sh\"; mkvirtualenv --without-pip site >/dev/null\n\
                      python -c 'import mine; print(mine.__name__)'";
        assert_eq!(said(&mut shell(&sandbox, kind, script)), "mine\n", "{}", kind.name);
    }
}

#[test]
fn options_of_virtualenvs_past_break_no_creation() {
    let kind = both().next().expect("bash");
    for (setting, typed) in
        [("--no-site-packages --distribute", ""), ("", "--distribute"), ("--use-distribute", "--setuptools")]
    {
        let sandbox = installed();
        let script = format!(
            ". \"$BIN/virtualenvwrapper.sh\"; mkvirtualenv {typed} --without-pip one; echo \"${{VIRTUAL_ENV##*/}}\""
        );
        let mut command = shell(&sandbox, kind, &script);
        assert_eq!(said(command.env("VIRTUALENVWRAPPER_VIRTUALENV_ARGS", setting)), "one\n");
    }
}

// --- Beside the original -----------------------------------------------------------------------------

/// The original in an environment of its own, as rc files load it.
fn original() -> PathBuf {
    let peers = Path::new(env!("CARGO_TARGET_TMPDIR")).join("virtualenvwrapper-6.1.1");
    let script = peers.join("bin/virtualenvwrapper.sh");
    if !script.is_file() {
        let sandbox = Sandbox::new();
        let made = |output: Output| assert!(output.status.success(), "{}", told(&output));
        made(
            sandbox.command("python3").args(["-m", "venv", "--clear"]).arg(&peers).output().expect("it runs"),
        );
        let mut pip = sandbox.command(peers.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "virtualenvwrapper==6.1.1"]);
        made(pip.output().expect("pip runs"));
    }
    script
}

#[test]
#[ignore = "installs from PyPI"]
fn the_hooks_are_those_that_the_original_makes() {
    let script = original();
    for kind in both() {
        let sandbox = installed();
        let theirs = sandbox.home().join("theirs");
        let mut command = shell(&sandbox, kind, &format!("umask 022; . '{}'", script.display()));
        command.env("VIRTUALENVWRAPPER_PYTHON", script.with_file_name("python")).env("WORKON_HOME", &theirs);
        let output = command.output().expect("the shell runs");
        assert!(output.status.success(), "{}", told(&output));
        assert_eq!(modes(&theirs), HOOKS.map(|(name, mode)| (name.to_owned(), mode)), "{}", kind.name);
    }
}

#[test]
#[ignore = "installs from PyPI"]
fn ours_and_the_original_may_be_loaded_in_turns() {
    let script = original();
    for kind in both() {
        let sandbox = installed();
        let peers = script.parent().expect("bin").display();
        let lines = format!(
            "before=$PATH; ours=$BIN/virtualenvwrapper.sh; theirs='{peers}/virtualenvwrapper.sh'\n\
             VIRTUALENVWRAPPER_PYTHON='{peers}/python'; . \"$ours\"; mkvirtualenv --without-pip one; mkvirtualenv --without-pip two\n\
             . \"$theirs\"; echo \"${{VIRTUAL_ENV##*/}}\"; workon one; echo \"${{VIRTUAL_ENV##*/}}\"\n\
             . \"$ours\"; workon two; echo \"${{VIRTUAL_ENV##*/}}\"; deactivate; test \"$PATH\" = \"$before\" && echo same\n\
             workon one; lsvirtualenv -b; deactivate; test \"$PATH\" = \"$before\" && echo same; typeset -f deactivate || echo none"
        );
        assert_eq!(
            said(&mut shell(&sandbox, kind, &lines)),
            "two\none\ntwo\nsame\none\ntwo\nsame\nnone\n",
            "{}",
            kind.name
        );
    }
}
