//! Words: whatever bytes a name has, every shell gets exactly these.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use proptest::collection::{btree_set, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Sandbox, shells, told};

/// A name as a file system may hold it. What shells act upon is more likely than the rest.
fn word() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => any::<u8>(),
        4 => proptest::sample::select(&b"'\"\\$`!~*?[]{}()<>|&;#%^= \t\n\r-n"[..]),
        1 => Just(b'a'),
    ];
    let possible = byte.prop_filter("no name holds it", |byte| !matches!(byte, 0 | b'/'));
    // A hidden directory is listed as no environment.
    vec(possible, 1..40).prop_filter("hidden", |word| word[0] != b'.')
}

#[test]
#[expect(clippy::print_stderr, reason = "docs/reliability.md tells how many there are")]
fn every_word_survives_every_shell() {
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    // Many words a shell: to start one costs more than to quote them all.
    let count = Cell::new(0);
    let outcome = runner.run(&btree_set(word(), 1..100), |words| {
        survive(&words);
        count.set(count.get() + words.len());
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
    eprintln!("{} words in each of {} shells", count.get(), shells().len());
}

/// Makes every word the name of an environment, and one a project's; each shell lists the ones, goes to the other, and
/// tells a hook of the middle one, or nobody if that is one that could run as code.
fn survive(words: &BTreeSet<Vec<u8>>) {
    let sandbox = Sandbox::new();
    // A project is a line of a file.
    let line = words.iter().find(|word| !word.contains(&b'\n')).map_or(&b"src"[..], Vec::as_slice);
    let project = sandbox.home().join(OsStr::from_bytes(line));
    fs::create_dir(&project).expect("made");
    // An environment is what has an activate script; for a listing one will do for all.
    let root = sandbox.hollow("real");
    let home = sandbox.workon_home();
    fs::write(root.join(".project"), project.as_os_str().as_bytes()).expect("written");
    for word in words {
        symlink("real", home.join(OsStr::from_bytes(word))).expect("linked");
    }
    let hook = home.join("preactivate");
    fs::write(&hook, "#!/bin/sh\nprintf '%s\\n' \"$1\" >>\"$HOME/told\"\n").expect("written");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("set");
    let middle = words.iter().nth(words.len() / 2).expect("a word");
    let acts = middle.iter().any(|byte| b"$`\"\\\n".contains(byte));
    let entered = if acts { b"real\n".to_vec() } else { [b"real\n", &middle[..], b"\n"].concat() };
    let mut names: Vec<&[u8]> = words.iter().map(Vec::as_slice).chain([&b"real"[..]]).collect();
    names.sort_unstable();
    names.push(project.as_os_str().as_bytes());
    let expected: Vec<u8> = names.into_iter().flat_map(|name| [name, b"\n"].concat()).collect();
    for shell in shells() {
        let settings = if shell.dialect == "zsh" { "setopt rc_quotes csh_junkie_quotes\n" } else { "" };
        let script = "lsvirtualenv -b\nworkon real\npwd\nworkon -- \"$NAME\" >said 2>&1 || true";
        let mut command = sandbox.shell(shell, &format!("{settings}{script}"));
        let output = command.env("NAME", OsStr::from_bytes(middle)).output().expect("the shell runs");
        let is_same = output.status.success() && output.stderr.is_empty() && output.stdout == expected;
        assert!(is_same, "{}: {} instead of {}", shell.name, told(&output), expected.escape_ascii());
        let told = fs::read(sandbox.home().join("told")).expect("the hook ran");
        assert_eq!(told.escape_ascii().to_string(), entered.escape_ascii().to_string(), "{}", shell.name);
        fs::remove_file(sandbox.home().join("told")).expect("removed");
    }
}
