//! Nothing of somebody else's is run: hooks, activate scripts and settings that others could have written.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use crate::support::{Sandbox, Shell, is_root, posix_shells, shells, told};

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}

fn hook(path: &Path, mode: u32) {
    fs::create_dir_all(path.parent().expect("a directory")).expect("made");
    fs::write(path, "#!/bin/sh\necho \"ran ${0##*/} $1\"\n").expect("written");
    allow(path, mode);
}

/// A sandbox in which everything is the user's own.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["blog", "shop"] {
        sandbox.hollow(name);
    }
    sandbox
}

/// What is said and seen in `shell`, the statuses among it.
fn seen(sandbox: &Sandbox, shell: Shell, script: &str) -> String {
    told(&sandbox.run(shell, script))
}

#[test]
fn a_hook_that_everybody_can_write_is_named_and_not_run() {
    for shell in posix_shells() {
        let sandbox = sandbox();
        let home = sandbox.workon_home();
        hook(&home.join("preactivate"), 0o757);
        hook(&home.join("postactivate"), 0o646);
        hook(&home.join("blog/bin/postactivate"), 0o644);
        let seen = seen(&sandbox, shell, "workon blog; echo \"status $? in ${VIRTUAL_ENV##*/}\"");
        assert!(seen.contains("status 0 in blog"), "{seen}");
        assert_eq!(seen.matches("WARNING: ").count(), 2, "{seen}");
        assert_eq!(seen.matches("can be written by everybody.\nhint: chmod o-w ").count(), 2, "{seen}");
        assert_eq!(seen.matches("ran ").count(), 1, "{seen}");
    }
}

#[test]
fn a_hook_in_a_directory_that_everybody_can_write_is_not_run_on_the_way_out_either() {
    for shell in posix_shells() {
        let sandbox = sandbox();
        let hooks = sandbox.home().join("hooks");
        hook(&hooks.join("predeactivate"), 0o644);
        hook(&hooks.join("postactivate"), 0o644);
        let script =
            "VIRTUALENVWRAPPER_HOOK_DIR=$HOME/hooks; workon blog; deactivate; echo \"${VIRTUAL_ENV-left}\"";
        assert_eq!(seen(&sandbox, shell, script).matches("ran ").count(), 2);
        allow(&hooks, 0o777);
        let seen = seen(&sandbox, shell, script);
        assert!(!seen.contains("ran ") && seen.contains("\nleft\n"), "{seen}");
        allow(&hooks, 0o1777);
        assert_eq!(self::seen(&sandbox, shell, script).matches("ran ").count(), 2, "sticky");
    }
}

#[test]
fn a_hook_for_leaving_that_somebody_adds_to_a_sticky_directory_meanwhile_is_not_run() {
    if !is_root() {
        return;
    }
    for shell in shells() {
        let sandbox = sandbox();
        let hooks = sandbox.home().join("hooks");
        let end = if shell.dialect == "fish" { ".fish" } else { "" };
        for (name, owner) in [("predeactivate", 0), ("later", 12345)] {
            hook(&hooks.join([name, end].concat()), 0o644);
            fs::write(hooks.join([name, end].concat()), "echo ran $argv $1\n").expect("written");
            chown(hooks.join([name, end].concat()), Some(owner), None).expect("root may");
        }
        allow(&hooks, 0o1777);
        let script = format!(
            "export VIRTUALENVWRAPPER_HOOK_DIR=$HOME/hooks; workon blog; cd $HOME/hooks
             mv later{end} postdeactivate{end}; deactivate; echo left
             rm postdeactivate{end}; ln -s predeactivate{end} postdeactivate{end}
             chown -h 12345 postdeactivate{end}; workon blog; deactivate; echo left
             rm postdeactivate{end}; workon blog; ln -s predeactivate{end} postdeactivate{end}; deactivate"
        );
        let output = sandbox.run(shell, &script.replace("$HOME/hooks", "\"$HOME\"/hooks"));
        let expected = "ran pre_deactivate\nleft\nleft\nran pre_deactivate\n";
        let seen = String::from_utf8_lossy(&output.stdout).replace("pre_deactivate pre_", "pre_");
        assert_eq!(
            seen.replace("  ", " ").replace(" \n", "\n"),
            expected,
            "{}: {}",
            shell.name,
            told(&output)
        );
        assert_eq!(
            told(&output).matches("belongs to somebody else, user 12345").count(),
            1,
            "{}",
            shell.name
        );
    }
}

#[test]
fn an_environment_that_everybody_can_write_is_not_entered() {
    for shell in posix_shells() {
        for (open, mode) in [("blog/bin/activate", 0o666), ("blog/bin", 0o777), ("blog", 0o777), ("", 0o777)]
        {
            let sandbox = sandbox();
            allow(&sandbox.workon_home().join(open), mode);
            let script = "workon blog || echo \"status $? in ${VIRTUAL_ENV-none}\"";
            let seen = seen(&sandbox, shell, script);
            assert!(seen.contains("status 1 in none"), "{open}: {seen}");
            assert!(seen.contains("ERROR: ") && seen.contains("hint: chmod o-w "), "{open}: {seen}");
        }
    }
}

#[test]
fn settings_that_everybody_can_write_are_not_obeyed() {
    let sandbox = sandbox();
    let file = sandbox.home().join(".config/venvyard/config.toml");
    fs::create_dir_all(file.parent().expect("a directory")).expect("made");
    fs::write(&file, "workon_cd = false\n").expect("written");
    let list = || {
        told(
            &sandbox
                .command(crate::support::VENVYARD)
                .env_remove("WORKON_HOME")
                .arg("workon")
                .output()
                .expect("it runs"),
        )
    };
    assert!(!list().contains("ERROR"), "{}", list());
    allow(&file, 0o666);
    assert!(
        list().contains("config.toml is not used: it can be written by everybody.\nhint: chmod o-w "),
        "{}",
        list()
    );
}

#[test]
fn templates_that_everybody_can_write_are_not_used() {
    let sandbox = sandbox();
    let cache = sandbox.home().join("cache");
    fs::create_dir(&cache).expect("made");
    allow(&cache, 0o777);
    let mut command = sandbox.command(crate::support::VENVYARD);
    command.env("XDG_CACHE_HOME", &cache).env("VENVYARD_SHELL", "bash");
    let output = command.args(["mkvirtualenv", "--without-pip", "new"]).output().expect("it runs");
    let told = told(&output);
    assert!(
        output.status.success() && told.contains("NOTE: ") && told.contains("hint: chmod o-w "),
        "{told}"
    );
    assert!(sandbox.workon_home().join("new/bin/python").exists(), "{told}");
    assert_eq!(fs::read_dir(&cache).expect("a directory").count(), 0, "{told}");
}

#[test]
fn the_initialize_hook_of_everybody_is_not_sourced_and_the_command_is_done() {
    for shell in posix_shells() {
        let sandbox = sandbox();
        hook(&sandbox.workon_home().join("initialize"), 0o646);
        let seen = seen(&sandbox, shell, "workon blog; echo \"in ${VIRTUAL_ENV##*/}\"");
        assert!(seen.contains("in blog") && !seen.contains("ran "), "{seen}");
        assert!(seen.contains("initialize is not used: it can be written by everybody"), "{seen}");
    }
}

#[test]
fn what_belongs_to_somebody_else_is_not_run_by_root() {
    if !is_root() {
        return;
    }
    for shell in posix_shells() {
        let sandbox = sandbox();
        let home = sandbox.workon_home();
        hook(&home.join("postactivate"), 0o644);
        chown(home.join("postactivate"), Some(12345), None).expect("root may");
        chown(home.join("shop/bin/activate"), Some(12345), None).expect("root may");
        let seen =
            seen(&sandbox, shell, "workon blog; workon shop || echo \"status $? in ${VIRTUAL_ENV##*/}\"");
        assert!(seen.contains("status 1 in blog") && !seen.contains("ran "), "{seen}");
        assert!(seen.contains("belongs to somebody else, user 12345"), "{seen}");
    }
}

#[test]
fn the_project_of_somebody_else_and_what_was_inherited_run_nothing_on_the_way_out() {
    if !is_root() {
        return;
    }
    for shell in posix_shells() {
        let sandbox = sandbox();
        let project = sandbox.home().join("project");
        let theirs = project.join(".virtualenvwrapper/predeactivate");
        hook(&theirs, 0o644);
        fs::write(sandbox.workon_home().join("blog/.project"), project.as_os_str().as_encoded_bytes())
            .expect("written");
        hook(&sandbox.workon_home().join("shop/bin/predeactivate"), 0o644);
        for path in [&theirs, &sandbox.workon_home().join("shop/bin/predeactivate")] {
            chown(path, Some(12345), None).expect("root may");
        }
        let seen = seen(
            &sandbox,
            shell,
            "workon blog; deactivate; export VIRTUAL_ENV=$WORKON_HOME/shop; . \"$SHIM\"; deactivate; echo left",
        );
        assert!(seen.contains("\nleft\n") && !seen.contains("ran "), "{seen}");
    }
}

#[test]
fn a_copy_of_what_is_not_entered_is_not_made() {
    let sandbox = sandbox();
    allow(&sandbox.workon_home().join("blog/bin/activate"), 0o666);
    let seen = seen(&sandbox, posix_shells()[0], "cpvirtualenv blog mine || echo \"status $?\"");
    assert!(seen.contains("status 1") && !sandbox.workon_home().join("mine").exists(), "{seen}");
}

#[test]
fn what_a_user_made_is_used_where_umask_and_group_would_let_others_write_to_it() {
    let sandbox = Sandbox::new();
    let creator = sandbox.home().join("creator");
    fs::write(
        &creator,
        "#!/bin/sh\nfor name; do :; done\nmkdir -p \"$name/bin\" && echo : >\"$name/bin/activate\"\n",
    )
    .expect("written");
    allow(&creator, 0o755);
    let run = |words: &[&str]| {
        let mut command = sandbox.ordinary(100);
        command.env("VIRTUALENVWRAPPER_VIRTUALENV", &creator).env("VENVYARD_SHELL", "bash");
        command.args(words).output().expect("it runs")
    };
    for words in [
        &["hooks"][..],
        &["mkvirtualenv", "blog"],
        &["workon", "blog"],
        &["cpvirtualenv", "blog", "shop"],
        &["workon", "shop"],
    ] {
        let output = run(words);
        let told = told(&output);
        assert!(output.status.success() && !told.contains("is not used"), "{words:?}: {told}");
    }
    // What others can write to is refused as ever.
    allow(&sandbox.workon_home().join("blog/bin/activate"), 0o664);
    let output = run(&["workon", "blog"]);
    let is_theirs = is_root() && output.status.code() == Some(1);
    assert!(is_theirs || !is_root(), "{}", told(&output));
}

#[test]
fn what_is_shared_on_purpose_is_used_but_not_by_root() {
    let sandbox = sandbox();
    let home = sandbox.workon_home();
    hook(&home.join("postactivate"), 0o664);
    allow(&home, 0o777);
    let file = sandbox.home().join(".config/venvyard/config.toml");
    fs::create_dir_all(file.parent().expect("a directory")).expect("made");
    fs::write(&file, "shared_homes = [\"~/envs\"]\n").expect("written");
    let shell = posix_shells()[0];
    let seen = seen(&sandbox, shell, "workon blog; echo \"in ${VIRTUAL_ENV-none}\"");
    assert_eq!(seen.contains("ran "), !is_root(), "{seen}");
    assert_eq!(seen.contains("in none"), is_root(), "{seen}");
}

#[test]
fn a_link_to_a_hook_is_as_good_as_the_hook() {
    let sandbox = sandbox();
    let (hooks, open) = (sandbox.workon_home(), sandbox.home().join("open"));
    hook(&open.join("postactivate"), 0o644);
    symlink(open.join("postactivate"), hooks.join("postactivate")).expect("linked");
    let shell = posix_shells()[0];
    assert!(seen(&sandbox, shell, "workon blog").contains("ran "));
    allow(&open, 0o777);
    assert!(!seen(&sandbox, shell, "workon blog").contains("ran "));
}

#[test]
fn what_somebody_else_removed_is_passed_over_by_who_empties_the_trash() {
    if !is_root() {
        return;
    }
    let sandbox = Sandbox::new();
    let file = sandbox.home().join(".config/venvyard/config.toml");
    fs::create_dir_all(file.parent().expect("a directory")).expect("made");
    fs::write(&file, "trash = \"7 days\"\n").expect("written");
    for removed in
        [".a.removed-20200101T000000Z", ".b.removed-20200101T000000Z", ".c.removed-20200101T000000Z"]
    {
        sandbox.hollow(removed);
    }
    let theirs = sandbox.workon_home().join(".b.removed-20200101T000000Z");
    chown(&theirs, Some(12345), None).expect("root may");
    let left = || fs::read_dir(sandbox.workon_home()).expect("a home").count();
    // The two that are one's own expire by the next creation or removal.
    sandbox.hollow("now");
    assert!(sandbox.venvyard(&["rmvirtualenv", "now"]).status.success());
    assert_eq!(left(), 2, "theirs, and what was removed now");
    let emptied = sandbox.venvyard(&["restorevirtualenv", "--empty"]);
    assert!(emptied.status.success(), "{}", told(&emptied));
    assert_eq!(left(), 1);
    assert!(theirs.join("bin/activate").exists());
    let listed = sandbox.venvyard(&["restorevirtualenv"]);
    assert!(told(&listed).contains("b  20200101T000000Z"), "{}", told(&listed));
}

#[test]
fn programs_in_the_working_directory_are_not_run_though_path_names_it() {
    let sandbox = sandbox();
    let names =
        ["python", "python3", "python3.12", "uv", "virtualenv", "getent", "pip", "uname", "sh", "cp", "git"];
    for directory in [sandbox.home(), sandbox.home().join("below")] {
        for name in names {
            hook(&directory.join(name), 0o755);
            fs::write(directory.join(name), "#!/bin/sh\ntouch \"$HOME/pwned\"\n").expect("written");
        }
    }
    let usual = sandbox.command("sh").args(["-c", "echo \"$PATH\""]).output().expect("it runs").stdout;
    let usual = String::from_utf8(usual).expect("UTF-8");
    for start in [".:", ":", "below:", "./below:./:"] {
        for words in [
            &["mkvirtualenv", "--without-pip", "new"][..],
            &["mkvirtualenv", "--without-pip", "-p", "python3", "newer"],
            &["mkvirtualenv", "--without-pip", "-p", "3.12", "newest"],
            &["mkvirtualenv", "--virtualenv", "virtualenv", "others"],
            &["mkvirtualenv", "-i", "nothing-of-that-name", "--find-links", ".", "--offline", "filled"],
            &["cpvirtualenv", "blog", "copy"],
            &["lsvirtualenv"],
            &["workon", "shop"],
            &["wipeenv"],
            &["rmvirtualenv", "new", "newer", "newest", "copy"],
            &["settings"],
            &["path"],
        ] {
            let mut command = sandbox.command(crate::support::VENVYARD);
            command.env("PATH", [start, usual.trim_end()].concat()).env("VENVYARD_SHELL", "bash");
            command.env("VIRTUAL_ENV", sandbox.workon_home().join("blog")).args(words);
            let output = command.output().expect("it runs");
            assert!(!sandbox.home().join("pwned").exists(), "{start} {words:?}: {}", told(&output));
            if words[0] == "workon" {
                assert!(output.status.success(), "{start} {words:?}: {}", told(&output));
            }
        }
    }
}

#[test]
fn without_pip_in_the_environment_neither_wiping_nor_installing_touches_another_python() {
    for shell in shells() {
        let sandbox = Sandbox::new();
        let bin = sandbox.home().join("bin");
        for name in ["pip", "pip3"] {
            hook(&bin.join(name), 0o755);
            fs::write(bin.join(name), "#!/bin/sh\ntouch \"$HOME/pwned\"\n").expect("written");
        }
        let script = "export PATH=\"$HOME/bin:$PATH\"
            mkvirtualenv --without-pip blog
            cd \"$VIRTUAL_ENV\"/lib/python3*/site-packages && mkdir thing-1.dist-info && wipeenv
            mkvirtualenv --without-pip -i thing new || echo \"new: $?\"";
        let script =
            if shell.dialect == "fish" { script.replace("$?", "$status") } else { script.to_owned() };
        let output = sandbox.run(shell, &script);
        let told = told(&output);
        assert!(told.contains("\nthing\n") && told.contains("new: ") && !told.contains("new: 0"), "{told}");
        assert!(told.contains("-i and -r need pip") && told.contains("hint: "), "{told}");
        assert!(!sandbox.home().join("pwned").exists(), "{}: {told}", shell.name);
        assert!(!sandbox.workon_home().join("new").exists(), "{}: {told}", shell.name);
    }
}
