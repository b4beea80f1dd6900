//! The program itself: help, version, usage, configuration, the ways it is called.

use super::{asked, assert_refused, text, tree};
use crate::support::{Sandbox, VENVYARD, told};
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

#[test]
fn help_and_version_answer_themselves() {
    let sandbox = Sandbox::new();
    let version = sandbox.venvyard(&["--version"]);
    assert_eq!(text(&version.stdout), format!("venvyard {}\n", env!("CARGO_PKG_VERSION")));
    let help = sandbox.venvyard(&["--help"]);
    for name in ["mkvirtualenv", "workon", "rmvirtualenv", "lsvirtualenv", "init", "setup"] {
        assert!(text(&help.stdout).contains(name), "{}", told(&help));
    }
    assert!(!text(&help.stdout).contains("complete"), "{}", told(&help));
}

#[test]
fn help_under_the_shim_is_printed_and_never_evaluated() {
    let help = asked(&Sandbox::new(), &["workon", "--help"], &[]);
    let script = text(&help.stdout);
    assert!(
        script.starts_with("__venvyard_print '") && script.ends_with("__venvyard_status '0'\n"),
        "{script}"
    );
    let list = asked(&Sandbox::new(), &["lsvirtualenv", "-h"], &[]);
    assert!(text(&list.stdout).ends_with("__venvyard_status '1'\n"), "{}", told(&list));
}

#[test]
fn what_is_not_understood_has_status_2_and_says_nothing_on_stdout() {
    let sandbox = Sandbox::new();
    for line in
        [vec![], vec!["frobnicate"], vec!["workon", "--frob"], vec!["mkvirtualenv"], vec!["init", "tcsh"]]
    {
        let output = sandbox.venvyard(&line);
        assert_eq!(output.status.code(), Some(2), "{line:?} {}", told(&output));
        assert_eq!(text(&output.stdout), "", "{line:?}");
        assert!(
            ["Usage", "possible values"].iter().any(|word| text(&output.stderr).contains(word)),
            "{line:?} {}",
            told(&output)
        );
    }
}

#[test]
fn a_command_that_changes_the_shell_says_how_to_load_the_shim() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    let before = tree(&sandbox);
    for line in [["workon", "blog"], ["mkvirtualenv", "new"]] {
        assert_refused(&sandbox.venvyard(&line), "hint: eval \"$(venvyard init bash)\"");
    }
    assert_eq!(tree(&sandbox), before);
}

#[test]
fn a_dry_run_tells_the_plan_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    let before = tree(&sandbox);
    for (line, says) in [
        (vec!["mkvirtualenv", "--dry-run", "new", "--without-pip"], "create: "),
        (vec!["rmvirtualenv", "blog", "--dry-run"], "remove: "),
        (vec!["--dry-run", "workon", "blog"], "step: __venvyard_activate "),
        (vec!["setup", "bash", "--dry-run"], "write: "),
    ] {
        let output = sandbox.venvyard(&line);
        assert!(output.status.success() && text(&output.stdout).contains(says), "{line:?} {}", told(&output));
    }
    assert_eq!(tree(&sandbox), before);
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let sandbox = Sandbox::new();
    for number in 0..3000 {
        let bin = sandbox.workon_home().join(format!("an-environment-with-a-rather-long-name-{number}/bin"));
        fs::create_dir_all(&bin).unwrap();
        fs::write(bin.join("activate"), "").unwrap();
    }
    let mut child =
        sandbox.command(VENVYARD).args(["lsvirtualenv", "-b"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_configuration_stands_below_the_environment() {
    let sandbox = Sandbox::new();
    let other = sandbox.home().join("other");
    let config = sandbox.home().join(".config/venvyard/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, format!("# mine\nworkon_home = {:?}\n", other.display().to_string())).unwrap();
    sandbox.hollow("blog");
    assert_eq!(text(&sandbox.venvyard(&["lsvirtualenv", "-b"]).stdout), "blog\n");
    let mut without = sandbox.command(VENVYARD);
    let output = without.env_remove("WORKON_HOME").args(["workon"]).output().unwrap();
    assert_eq!(text(&output.stdout), "", "the configured home is empty");
    fs::create_dir_all(other.join("shop/bin")).unwrap();
    fs::write(other.join("shop/bin/activate"), "").unwrap();
    assert_eq!(text(&without.output().unwrap().stdout), "shop\n");
}

#[test]
fn an_unknown_key_is_an_error_that_names_its_line() {
    let sandbox = Sandbox::new();
    let config = sandbox.home().join(".config/venvyard/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "workon_cd = true\n\nworkon_hme = \"/x\"\n").unwrap();
    let output = sandbox.command(VENVYARD).env_remove("WORKON_HOME").arg("workon").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("config.toml:3: unknown field `workon_hme`"), "{}", told(&output));
    fs::write(&config, "workon_cd = \"yes\"\n").unwrap();
    let output = sandbox.command(VENVYARD).env_remove("WORKON_HOME").arg("workon").output().unwrap();
    assert!(text(&output.stderr).contains("config.toml:1: "), "{}", told(&output));
}

#[test]
fn a_broken_configuration_does_not_keep_a_shell_from_starting() {
    let sandbox = Sandbox::new();
    let config = sandbox.home().join(".config/venvyard/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "nonsense").unwrap();
    let output = sandbox
        .command(VENVYARD)
        .env_remove("HOME")
        .env_remove("WORKON_HOME")
        .args(["init", "zsh"])
        .output()
        .unwrap();
    assert!(output.status.success() && !output.stdout.is_empty(), "{}", told(&output));
}

#[test]
fn without_a_shell_environments_are_listed_and_no_hook_runs() {
    let sandbox = Sandbox::new();
    let hook = sandbox.hollow("blog").join("bin/get_env_details");
    fs::write(&hook, "#!/bin/sh\necho details\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let output = sandbox.venvyard(&["lsvirtualenv"]);
    assert_eq!(text(&output.stdout), "blog\n====\n\n", "{}", told(&output));
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn without_a_home_nothing_is_created() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(VENVYARD);
    let output = command.env_remove("HOME").env_remove("WORKON_HOME").arg("workon").output().unwrap();
    assert_refused(&output, "HOME is not set, nor is WORKON_HOME.\nhint: export WORKON_HOME=");
    let output = sandbox.command(VENVYARD).env_remove("HOME").args(["setup", "bash"]).output().unwrap();
    assert_refused(&output, "HOME is not set.\nhint: export HOME=");
}

#[test]
fn a_deleted_working_directory_stops_nothing_that_does_not_need_it() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    let script = format!("mkdir gone && cd gone && rmdir ../gone && '{VENVYARD}' workon blog");
    let output = sandbox.command("sh").args(["-c", &script]).env("VENVYARD_SHELL", "bash").output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(text(&output.stdout).contains("__venvyard_activate"), "{}", told(&output));
}
