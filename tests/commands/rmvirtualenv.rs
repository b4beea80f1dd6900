//! `rmvirtualenv` as a black box: what it takes, and above all what it leaves.

use super::{asked, assert_refused, text, tree};
use crate::support::{Sandbox, VENVYARD, is_here, posix_shells, told};
use rustix::fs::{Mode, OFlags};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Output;

#[test]
fn what_is_no_environment_is_refused_and_nothing_changes() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    fs::create_dir(sandbox.workon_home().join("papers")).unwrap();
    fs::write(sandbox.workon_home().join("postactivate"), "").unwrap();
    fs::create_dir(sandbox.home().join("src")).unwrap();
    let nest = ".blog.partial-AbCdEfGhIjKlMnOpQrSt";
    fs::create_dir_all(sandbox.workon_home().join(nest).join("bin")).unwrap();
    fs::write(sandbox.workon_home().join(nest).join("bin/activate"), "").unwrap();
    let before = tree(&sandbox);
    for command in ["workon", "showvirtualenv"] {
        assert_refused(&asked(&sandbox, &[command, nest], &[]), "hint: lsvirtualenv -b");
    }
    for name in [nest, "", ".", "..", "../src", "/etc", "papers", "postactivate", "blog/bin", "blog/../blog"]
    {
        let output = asked(&sandbox, &["rmvirtualenv", "blog", name], &[]);
        assert_refused(&output, "hint: lsvirtualenv -b");
        assert_eq!(tree(&sandbox), before, "{name:?}");
    }
    assert_refused(&asked(&sandbox, &["rmvirtualenv"], &[]), "Please specify an environment.");
}

#[test]
fn a_repeated_name_is_removed_once() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    let output = asked(&sandbox, &["rmvirtualenv", "blog", "blog/"], &[]);
    assert_eq!(text(&output.stderr), "Removing blog...\n");
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn a_name_forges_no_line() {
    let sandbox = Sandbox::new();
    sandbox.hollow("a\nERROR: b");
    let output = asked(&sandbox, &["rmvirtualenv", "a\nERROR: b"], &[]);
    assert_eq!(text(&output.stderr), "Removing a\\nERROR: b...\n");
    for line in [["workon", "a\nhint: b"], ["rmvirtualenv", "a\nhint: b/c"], ["mkvirtualenv", "a\nhint: b"]] {
        let output = asked(&sandbox, &line, &[]);
        assert!(!text(&output.stderr).contains("\nhint: b"), "{}", told(&output));
    }
}

#[test]
fn the_active_environment_is_refused_whatever_it_is_called() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    symlink("blog", sandbox.workon_home().join("link")).unwrap();
    let before = tree(&sandbox);
    for name in ["blog", "blog/", "link"] {
        let output = asked(&sandbox, &["rmvirtualenv", name], &[("VIRTUAL_ENV", root.to_str().unwrap())]);
        assert_refused(&output, "You cannot remove the active environment");
        assert_eq!(tree(&sandbox), before);
    }
}

#[test]
fn a_link_goes_and_its_target_stays() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    symlink(&root, sandbox.workon_home().join("link")).unwrap();
    symlink("/nowhere", sandbox.workon_home().join("dangling")).unwrap();
    let output = asked(&sandbox, &["rmvirtualenv", "link/", "dangling"], &[]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(text(&output.stderr).contains("link is a link"), "{}", told(&output));
    assert!(root.join("bin/activate").exists());
    assert_eq!(fs::read_dir(sandbox.workon_home()).unwrap().count(), 1);
}

#[test]
fn nothing_is_left_and_no_link_is_followed() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    fs::write(sandbox.home().join("precious"), "").unwrap();
    symlink(sandbox.home(), root.join("home")).unwrap();
    let output = asked(&sandbox, &["rmvirtualenv", "blog"], &[]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(sandbox.home().join("precious").exists());
    assert_eq!(fs::read_dir(sandbox.workon_home()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_deleted_is_named_and_no_longer_listed() {
    // One thread deletes few entries, several delete many.
    for many in [0, 40] {
        let sandbox = Sandbox::new();
        let root = sandbox.hollow("blog");
        fill(&root, many);
        fs::create_dir(root.join("held")).unwrap();
        fs::write(root.join("held/file"), "").unwrap();
        fs::set_permissions(root.join("held"), fs::Permissions::from_mode(0o555)).unwrap();
        let mut command = sandbox.ordinary(12_345);
        let output = command.args(["rmvirtualenv", "blog"]).env("VENVYARD_SHELL", "bash").output().unwrap();
        assert!(text(&output.stderr).contains("/blog/held/file: "), "{}", told(&output));
        assert_eq!(text(&output.stdout), "__venvyard_status '1'\n");
        assert_eq!(text(&sandbox.venvyard(&["lsvirtualenv", "-b"]).stdout), "");
        let left = tree(&sandbox).into_iter().filter(|path| path.contains(".removed-"));
        assert_eq!(left.count(), 4, "the nest, blog, held and the file in it");
    }
}

/// Puts as many directories of twenty files into `root`.
fn fill(root: &Path, directories: usize) {
    for directory in (0..directories).map(|number| root.join(format!("lib/{number}"))) {
        fs::create_dir_all(&directory).unwrap();
        (0..20).for_each(|file| fs::write(directory.join(file.to_string()), "").unwrap());
    }
}

/// A chain of directories, each in the one before, longer than any path may be, with a file at its end.
fn dig(root: &Path) {
    let name = "d".repeat(100);
    let mut open = rustix::fs::open(root, OFlags::DIRECTORY, Mode::empty()).unwrap();
    for _ in 0..60 {
        rustix::fs::mkdirat(&open, &name, Mode::RWXU).unwrap();
        open = rustix::fs::openat(&open, &name, OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    rustix::fs::openat(&open, "file", OFlags::CREATE, Mode::RWXU).unwrap();
}

#[test]
fn a_tree_that_is_large_and_deeper_than_a_path_is_long_goes_with_few_open_files() {
    for limit in ["32", "64", "unlimited"] {
        let sandbox = Sandbox::new();
        let root = sandbox.hollow("blog");
        fill(&root, 40);
        dig(&root);
        dig(&root.join("lib/7"));
        let mut command = sandbox.command("sh");
        let script = format!("ulimit -S -n {limit} 2>/dev/null; exec \"$0\" rmvirtualenv blog");
        let output = command.args(["-c", &script, VENVYARD]).output().unwrap();
        assert!(output.status.success(), "{limit}: {}", told(&output));
        assert_eq!(fs::read_dir(sandbox.workon_home()).unwrap().count(), 0, "{limit}");
    }
}

/// What bash says of `script` where a directory of the user's is mounted at `$WORKON_HOME/blog/src`, which ends with it;
/// none where one may not mount.
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
fn where_a_directory_is_mounted(sandbox: &Sandbox, script: &str) -> Option<Output> {
    let in_namespace = |script: &str| {
        let mut command = sandbox.command("unshare");
        command.args(["-rm", "sh", "-c", script, VENVYARD]).env("VENVYARD_SHELL", "bash").output()
    };
    let mount = "mount --bind \"$HOME/src\" \"$WORKON_HOME/blog/src\"";
    if !in_namespace(mount).is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: nothing can be mounted here");
        return None;
    }
    in_namespace(&format!("{mount} && {script}")).ok()
}

#[test]
fn an_environment_in_which_something_is_mounted_stays_whole() {
    let sandbox = Sandbox::new();
    for directory in [sandbox.hollow("shop"), sandbox.hollow("blog").join("src"), sandbox.home().join("src")]
    {
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("file"), "").unwrap();
    }
    let before = tree(&sandbox);
    for command in [
        "rmvirtualenv shop blog",
        "mkvirtualenv --clear --without-pip blog",
        "mvvirtualenv blog weblog",
        "wipeenv",
    ] {
        let script = format!(
            "VIRTUAL_ENV=\"$WORKON_HOME/{}\" \"$0\" {command}",
            if command == "wipeenv" { "blog" } else { "" }
        );
        let Some(output) = where_a_directory_is_mounted(&sandbox, &script) else { return };
        assert_refused(
            &output,
            "/blog/src is a mount point, and what is mounted is not removed.\nhint: umount ",
        );
        assert_eq!(tree(&sandbox), before, "{command}");
    }
}

#[test]
fn one_that_goes_at_any_moment_was_not_found() {
    if !is_here("strace") {
        return;
    }
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    for call in 1..100 {
        let mut command = sandbox.command("strace");
        // From this call on nothing is there, as if it were removed before it.
        command.args(["-f", "-qq", "-o", "/dev/null"]);
        for path in ["", "bin/activate", "pyvenv.cfg"] {
            command.arg("-P").arg(root.join(path));
        }
        command.args(["-e", &format!("inject=%file:error=ENOENT:when={call}+")]);
        let output = command.args([VENVYARD, "rmvirtualenv", "blog"]).output().unwrap();
        assert!(output.status.success(), "{call}: {}", told(&output));
        if !root.exists() {
            assert!(call > 3, "{}", told(&output));
            return;
        }
        assert!(text(&output.stderr).contains("Did not find environment"), "{call}: {}", told(&output));
    }
    panic!("it is never removed");
}

#[test]
fn a_name_too_long_for_the_trash_is_refused_before_anything_is_done() {
    let sandbox = Sandbox::new();
    let name = "e".repeat(230);
    sandbox.hollow(&name);
    sandbox.hollow(&name[1..]);
    let settings = sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&settings).unwrap();
    fs::write(settings.join("config.toml"), "trash = \"7 days\"\n").unwrap();
    let before = tree(&sandbox);
    for line in [&["rmvirtualenv", &name[1..], &name][..], &["mkvirtualenv", "--clear", &name]] {
        let output = asked(&sandbox, line, &[]);
        assert_refused(&output, "cannot be kept: its name is too long to have a time beside it.\nhint: mv");
        assert_eq!(tree(&sandbox), before);
    }
    let output = asked(&sandbox, &["rmvirtualenv", &name[1..]], &[]);
    assert!(output.status.success(), "{}", told(&output));
    let dashed = format!("-{name}");
    sandbox.hollow(&dashed);
    let output = asked(&sandbox, &["rmvirtualenv", "--", &dashed], &[]);
    assert_refused(&output, &format!("\nhint: mvvirtualenv -- {dashed} a-shorter-name"));
}

#[test]
fn what_is_mounted_in_the_trash_or_a_cache_or_just_before_a_removal_stays() {
    let sandbox = Sandbox::new();
    let kept = "envs/.shop.removed-20260102T030405Z";
    let template = "cache/venvyard/templates/0123456789abcdef";
    fs::rename(sandbox.hollow("shop"), sandbox.home().join(kept)).unwrap();
    for directory in [kept, template, "envs/blog", "."].map(|path| sandbox.home().join(path).join("src")) {
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("file"), "").unwrap();
    }
    sandbox.hollow("blog");
    let before = tree(&sandbox);
    for (directory, command) in [(kept, "restorevirtualenv --empty"), (template, "cache clear templates")] {
        let script = format!(
            "mount --bind \"$HOME/src\" \"$HOME/{directory}/src\" &&
             XDG_CACHE_HOME=\"$HOME/cache\" \"$0\" {command}"
        );
        let Some(output) = where_a_directory_is_mounted(&sandbox, &script) else { return };
        assert_refused(&output, "/src is a mount point, and what is mounted is not removed.\nhint: umount ");
        assert_eq!(tree(&sandbox), before, "{command}");
    }
    let hook = sandbox.workon_home().join("prermvirtualenv");
    fs::write(&hook, "#!/bin/sh\nmount --bind \"$HOME/src\" \"$WORKON_HOME/blog/src\"\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let script = "umount \"$WORKON_HOME/blog/src\" && \"$0\" rmvirtualenv blog";
    let Some(output) = where_a_directory_is_mounted(&sandbox, script) else { return };
    let said = text(&output.stderr);
    assert!(said.contains("/blog/src: something is mounted there\nhint: umount "), "{}", told(&output));
    assert!(sandbox.home().join("src/file").exists() && !said.contains("rm -r"), "{said}");
}

#[test]
fn what_is_mounted_in_a_nest_left_behind_is_not_swept() {
    let sandbox = Sandbox::new();
    let left = sandbox.workon_home().join(".shop.partial-abcdefghijklmnopqrst");
    fill(&left, 40);
    for directory in [left.join("src"), sandbox.hollow("blog").join("src"), sandbox.home().join("src")] {
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("file"), "").unwrap();
    }
    let script = "mount --bind \"$HOME/src\" \"$WORKON_HOME/.shop.partial-abcdefghijklmnopqrst/src\" && \"$0\" sweep \"$WORKON_HOME\"";
    let Some(output) = where_a_directory_is_mounted(&sandbox, script) else { return };
    assert!(output.status.success(), "{}", told(&output));
    assert!(sandbox.home().join("src/file").exists());
    assert!(left.join("src/file").exists() && !left.join("lib").exists());
}

#[test]
fn in_a_home_and_a_cache_that_are_links_nothing_hidden_is_left() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.home().join("data/envs/.shop.partial-abcdefghijklmnopqrst/shop")).unwrap();
    fs::create_dir_all(sandbox.home().join("data/cache")).unwrap();
    symlink("data/envs", sandbox.workon_home()).unwrap();
    symlink("data/cache", sandbox.home().join("cache")).unwrap();
    let script = r#"set -e
        mkvirtualenv --without-pip a
        deactivate
        mkvirtualenv --without-pip --clear a
        deactivate
        mvvirtualenv a b
        mktmpenv -n --without-pip >/dev/null
        deactivate
        rmvirtualenv b
        "$VENVYARD" cache clear templates >/dev/null"#;
    let bash = *posix_shells().iter().find(|shell| shell.name == "bash").unwrap();
    let cache = sandbox.home().join("cache");
    let mut shell = sandbox.shell(bash, script);
    let output = shell.env("XDG_CACHE_HOME", cache).env("VENVYARD", VENVYARD).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(!text(&output.stderr).contains("ERROR: "), "{}", told(&output));
    for directory in ["data/envs", "data/cache/venvyard"] {
        let left: Vec<_> = fs::read_dir(sandbox.home().join(directory)).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn hooks_run_before_and_after_from_the_home() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    for hook in ["prermvirtualenv", "postrmvirtualenv"] {
        let path = sandbox.workon_home().join(hook);
        fs::write(&path, "#!/bin/sh\necho \"${0##*/} $1 $(pwd) $(ls -d blog 2>&1)\"\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = asked(&sandbox, &["rmvirtualenv", "blog"], &[]);
    let home = sandbox.workon_home().display().to_string();
    let said = text(&output.stderr);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "Removing blog...");
    assert_eq!(lines[1], format!("prermvirtualenv blog {home} blog"));
    assert!(lines[2].starts_with(&format!("postrmvirtualenv blog {home} ls: ")), "{said}");
    assert_eq!(text(&output.stdout), "__venvyard_status '0'\n");
}

#[test]
fn a_nest_left_behind_by_a_killed_run_is_swept() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    let left = sandbox.workon_home().join(".shop.partial-abcdefghijklmnopqrst");
    fs::create_dir_all(left.join("shop/bin")).unwrap();
    fs::write(left.join("shop/bin/activate"), "").unwrap();
    assert_eq!(text(&sandbox.venvyard(&["lsvirtualenv", "-b"]).stdout), "blog\n");
    asked(&sandbox, &["rmvirtualenv", "blog"], &[]);
    assert!(!left.exists());
}
