//! `workon` as a black box.

use super::{asked, assert_refused, text};
use crate::support::{Sandbox, posix_shells, told};
use std::fs;

#[test]
fn a_script_ends_in_its_mark_and_opens_with_verbs_alone() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("it's mine");
    let output = asked(&sandbox, &["workon", "it's mine"], &[]);
    let root = root.display().to_string().replace('\'', "'\\''");
    let home = sandbox.workon_home();
    let expected = format!(
        "__venvyard_deactivate '{root}' &&\n__venvyard_activate '{root}' '{}' &&\n__venvyard_status '0'\n",
        home.display()
    );
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn alone_it_lists_names_and_returns_1() {
    let sandbox = Sandbox::new();
    sandbox.hollow("b");
    sandbox.hollow("a");
    let output = sandbox.venvyard(&["workon"]);
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("a\nb\n", Some(1)));
}

#[test]
fn a_missing_environment_is_an_error_that_the_original_words() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    let output = asked(&sandbox, &["workon", "blgo"], &[]);
    assert_refused(&output, "ERROR: Environment 'blgo' does not exist. Create it with 'mkvirtualenv blgo'.");
}

#[test]
fn an_environment_whose_path_would_run_as_code_is_not_sourced() {
    let sandbox = Sandbox::new();
    let root = sandbox.workon_home().join("$(touch pwned)");
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::write(root.join("bin/activate"), format!("VIRTUAL_ENV=\"{}\"\n", root.display())).unwrap();
    let output = asked(&sandbox, &["workon", "$(touch pwned)"], &[]);
    assert_refused(&output, "would run as code");
    assert_eq!(text(&sandbox.venvyard(&["lsvirtualenv", "-b"]).stdout), "$(touch pwned)\n");
}

#[test]
fn a_vanished_interpreter_is_named_and_the_environment_entered() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("old");
    fs::remove_file(root.join("bin/python")).unwrap();
    std::os::unix::fs::symlink("/opt/python3.7/bin/python3.7", root.join("bin/python")).unwrap();
    let output = asked(&sandbox, &["workon", "old"], &[]);
    assert!(
        text(&output.stderr).contains("WARNING: /opt/python3.7/bin/python3.7 is gone"),
        "{}",
        told(&output)
    );
    assert!(text(&output.stdout).contains("__venvyard_activate"));
}

#[test]
fn a_home_that_is_a_file_is_told() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.workon_home(), "").unwrap();
    for line in
        [vec!["workon"], vec!["workon", "blog"], vec!["mkvirtualenv", "blog"], vec!["rmvirtualenv", "blog"]]
    {
        assert_refused(&asked(&sandbox, &line, &[]), "is a file, not a directory");
    }
}

#[test]
fn the_home_takes_every_form() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    let link = sandbox.home().join("link");
    std::os::unix::fs::symlink(sandbox.workon_home(), &link).unwrap();
    for form in ["envs", "~/envs", "$HOME/envs", "${HOME}//envs/", "~/./envs", "link"] {
        let output = asked(&sandbox, &["workon", "blog"], &[("WORKON_HOME", form)]);
        assert!(text(&output.stdout).contains("/blog' "), "{form}: {}", told(&output));
    }
    assert_refused(&asked(&sandbox, &["workon"], &[("WORKON_HOME", "$NOWHERE/envs")]), "NOWHERE");
}

#[test]
fn a_name_never_leads_out_of_the_home() {
    let sandbox = Sandbox::new();
    sandbox.hollow("blog");
    for name in ["..", "../envs/blog", "/etc", "blog/bin", "./blog"] {
        assert_refused(&asked(&sandbox, &["workon", name], &[]), "is not a name of an environment");
    }
}

#[test]
fn a_hook_on_the_way_out_may_enter_another_environment() {
    for shell in posix_shells() {
        let sandbox = Sandbox::new();
        for name in ["blog", "shop", "wiki"] {
            sandbox.hollow(name);
        }
        let hook = "case ${VIRTUALENVWRAPPER_LAST_VIRTUAL_ENV##*/} in blog) workon shop ;; esac\n";
        fs::write(sandbox.workon_home().join("postdeactivate"), hook).expect("written");
        let script = "before=$PATH; workon blog; workon wiki; echo \"in ${VIRTUAL_ENV##*/}\"
                      deactivate; echo \"in ${VIRTUAL_ENV-none}\"; test \"$PATH\" = \"$before\" && echo same";
        let output = sandbox.run(shell, script);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "in wiki\nin none\nsame\n", "{}", told(&output));
    }
}
