//! Names that somebody made: in commands, in activate scripts, in prompts.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::thread;

use crate::interpreters;
use crate::support::{Sandbox, Shell, VENVYARD, posix_shells, shells, told};
use crate::terminal::Terminal;

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

/// Every shell once, without options of its own.
fn plain_shells() -> impl Iterator<Item = Shell> {
    shells().into_iter().filter(|shell| shell.name == shell.words[0])
}

#[test]
fn a_name_commands_no_terminal_and_is_itself_in_a_pipe() {
    for shell in plain_shells() {
        let sandbox = Sandbox::new();
        sandbox.hollow("esc\u{1b}]0;owned\u{7}");
        let mut terminal = Terminal::open(&sandbox, shell);
        for line in ["workon", "lsvirtualenv", "lsvirtualenv -b", &format!("{VENVYARD} workon")] {
            let (seen, _) = terminal.run(line);
            assert!(seen.contains("esc\\u{1b}]0;owned\\u{7}\n"), "{}: {line}: {seen:?}", shell.name);
            assert!(!seen.contains("\u{1b}]"), "{}: {line}: {seen:?}", shell.name);
        }
        terminal.run("workon | cat >piped");
        let piped = fs::read(sandbox.home().join("piped")).expect("a file");
        assert_eq!(piped, b"esc\x1b]0;owned\x07\n", "{}", shell.name);
    }
}

#[test]
fn a_name_like_an_option_is_proposed_as_it_can_be_typed() {
    let sandbox = Sandbox::new();
    sandbox.hollow("-x");
    fs::create_dir(sandbox.workon_home().join("-yes")).expect("made");
    fs::write(sandbox.workon_home().join("-yes/pyvenv.cfg"), "").expect("written");
    for (word, hint) in [("-z", "hint: workon -- -x\n"), ("-yes", "hint: mkvirtualenv --clear -- -yes  #")] {
        let output = sandbox.venvyard(&["workon", "--", word]);
        assert!(told(&output).contains(hint), "{}", told(&output));
    }
}

#[test]
fn names_of_any_bytes_are_listed_as_they_are_and_run_nothing() {
    let names: [&[u8]; 6] =
        [b"$(touch pwned)", b"-rf", b"%n\\", b"`touch pwned`", b"a\x1b[2J;touch pwned", b"bad\xff\xfe"];
    for shell in plain_shells() {
        let sandbox = Sandbox::new();
        for name in names {
            let bin = sandbox.workon_home().join(OsStr::from_bytes(name)).join("bin");
            fs::create_dir_all(&bin).expect("made");
            fs::write(bin.join("activate"), "").expect("written");
        }
        let script = "lsvirtualenv -b; lsvirtualenv >long; lsvirtualenv --json >json 2>&1";
        let output = sandbox.run(shell, script);
        let mut listed: Vec<&[u8]> = output.stdout.split(|&byte| byte == b'\n').collect();
        listed.retain(|name| !name.is_empty());
        let mut all = names.to_vec();
        listed.sort_unstable();
        all.sort_unstable();
        assert_eq!(listed, all, "{}: {}", shell.name, told(&output));
        assert!(!sandbox.home().join("pwned").exists(), "{}: {}", shell.name, told(&output));
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
fn what_the_activate_script_of_an_old_interpreter_would_run_is_never_run() {
    let pythons = interpreters::of_pyenv();
    let pythons: Vec<_> = pythons.into_iter().filter(|python| python.version[0] == 3).collect();
    if pythons.is_empty() {
        eprintln!("SKIPPED: pyenv holds no Python");
        return;
    }
    let sandbox = Sandbox::new();
    let home = sandbox.workon_home();
    let (mut script, mut refused) = (String::new(), 0);
    for python in &pythons {
        let version = python.short_version();
        let [native, moved] = [format!("$(touch pwned){version}"), format!("`touch pwned`{version}")];
        let create = |name: &str| {
            let mut venv = sandbox.command(&python.executable);
            let output = venv.args(["-m", "venv", "--without-pip"]).arg(home.join(name)).output();
            assert!(output.is_ok_and(|output| output.status.success()), "{version}");
        };
        create(&native);
        create(&version);
        fs::rename(home.join(&version), home.join(&moved)).expect("moved");
        let formers = ["$(touch pwned)-", "a\";touch pwned;\"", "a\"; touch pwned; \"", "a\n$(touch pwned)"];
        let mut names = vec![native, moved];
        for (number, former) in formers.into_iter().chain(["a\"\ntouch pwned\n#"]).enumerate() {
            let [former, harmless] = [format!("{former}{version}"), format!("harmless{number}-{version}")];
            create(&former);
            fs::rename(home.join(former), home.join(&harmless)).expect("moved");
            names.push(harmless);
        }
        refused = names.len();
        for name in names {
            script.extend(["workon '", &name, "'; echo \"$status in $VIRTUAL_ENV\"\n"]);
        }
        let text = fs::read_to_string(home.join(format!("$(touch pwned){version}/bin/activate")));
        assert!(text.expect("read").contains("\"/"), "{version} has the fix: its names can be entered");
    }
    let last = pythons.last().expect("one").short_version();
    script.push_str("allvirtualenv true\n");
    script.extend(["cpvirtualenv '$(touch pwned)", &last, "' copy; deactivate; rmvirtualenv copy\n"]);
    for shell in plain_shells() {
        let status = if shell.dialect == "fish" { "$status" } else { "$?" };
        let output = sandbox.run(shell, &script.replace("$status", status));
        let (seen, told) = (String::from_utf8_lossy(&output.stdout).into_owned(), told(&output));
        assert_eq!(seen.matches("1 in \n").count(), refused * pythons.len(), "{}: {told}", shell.name);
        assert!(
            told.matches("would run as code").count() >= refused * pythons.len(),
            "{}: {told}",
            shell.name
        );
        assert!(!sandbox.home().join("pwned").exists(), "{}: {told}", shell.name);
    }
}

#[test]
fn an_environment_whose_former_path_would_run_is_mended_by_what_the_hint_says() {
    for shell in plain_shells() {
        let sandbox = Sandbox::new();
        let root = sandbox.workon_home().join("blog");
        let made = sandbox.run(shell, "mkvirtualenv --without-pip blog");
        assert!(made.status.success(), "{}: {}", shell.name, told(&made));
        fs::write(root.join("bin/activate"), "VIRTUAL_ENV=\"/old/a\";touch pwned;\"b\"\n").expect("written");
        fs::write(root.join("bin/activate.fish"), "set -gx VIRTUAL_ENV \"/old/a\"; touch pwned; \"b\"\n")
            .expect("written");
        fs::write(root.join("bin/kept"), "").expect("written");
        let script = "workon blog 2>said; echo \"in $VIRTUAL_ENV.\"
            sed -n 's/^hint: //p' said >typed; . ./typed; workon blog; echo \"in $VIRTUAL_ENV.\"";
        let output = sandbox.run(shell, script);
        let expected = format!("in .\nin {}.\n", root.display());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}: {}", shell.name, told(&output));
        assert!(root.join("bin/kept").exists(), "{}", shell.name);
        assert!(!sandbox.home().join("pwned").exists(), "{}", shell.name);
    }
}
