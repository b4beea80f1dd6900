//! `rmvirtualenv` as a black box: what it takes, and above all what it leaves.

use super::{asked, assert_refused, text, tree};
use crate::support::{Sandbox, told};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn what_is_no_environment_is_refused_and_nothing_changes() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    fs::create_dir(sandbox.workon_home().join("papers")).unwrap();
    fs::write(sandbox.workon_home().join("postactivate"), "").unwrap();
    fs::create_dir(sandbox.home().join("src")).unwrap();
    let before = tree(&sandbox);
    for name in ["", ".", "..", "../src", "/etc", "papers", "postactivate", "blog/bin", "blog/../blog"] {
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
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    fs::create_dir(root.join("held")).unwrap();
    fs::write(root.join("held/file"), "").unwrap();
    fs::set_permissions(root.join("held"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(root.join("held/probe"), "").is_ok() {
        // Root writes everywhere: there is nothing that it cannot delete here.
        return;
    }
    let output = asked(&sandbox, &["rmvirtualenv", "blog"], &[]);
    assert!(text(&output.stderr).contains("held/file"), "{}", told(&output));
    assert_eq!(text(&output.stdout), "__venvyard_status '1'\n");
    assert_eq!(text(&sandbox.venvyard(&["lsvirtualenv", "-b"]).stdout), "");
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
    let left = sandbox.workon_home().join(".shop.partial-abcdefgh");
    fs::create_dir_all(left.join("shop/bin")).unwrap();
    fs::write(left.join("shop/bin/activate"), "").unwrap();
    assert_eq!(text(&sandbox.venvyard(&["lsvirtualenv", "-b"]).stdout), "blog\n");
    asked(&sandbox, &["rmvirtualenv", "blog"], &[]);
    assert!(!left.exists());
}
