//! README is true to the letter: what it tells people to type is run here.
//!
//! Its first screen is walked by `pypi.rs`, and its transcripts of offline commands are stories.

use std::collections::BTreeSet;
use std::fs;

use crate::pypi::WALK;
use crate::support::{Sandbox, Shell, VENVYARD, project, shells, told};

/// The fenced blocks of README in `language`.
pub(crate) fn blocks(language: &str) -> Vec<String> {
    let text = fs::read_to_string(project().join("README.md")).expect("README.md");
    let blocks = text.split("\n```").skip(1).step_by(2);
    blocks.filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).map(str::to_owned).collect()
}

/// What is typed in the console block number `block`, without the remark behind it.
pub(crate) fn typed(block: usize) -> Vec<String> {
    let block = blocks("console").into_iter().nth(block).expect("a console block");
    let lines = block.lines().filter_map(|line| line.strip_prefix("$ "));
    lines.map(|line| line.split("  #").next().unwrap_or_default().trim_end().to_owned()).collect()
}

/// The first screen, but for what a script needs beside: where words go, a port, what keeps a server in check.
#[test]
fn the_first_screen_is_what_the_walk_types() {
    let beside = [" --quiet", " >&2", " &", " \"127.0.0.1:$PORT\" --noreload", " || echo \"status $?\""];
    let walked =
        WALK.lines().map(|line| beside.iter().fold(line.to_owned(), |line, word| line.replace(word, "")));
    let mut walked = walked.collect::<Vec<_>>().into_iter();
    for line in typed(0) {
        assert!(walked.any(|step| step == line), "the walk does not type `{line}` in its place");
    }
}

#[test]
fn every_make_target_exists() {
    let text = fs::read_to_string(project().join("README.md")).expect("README.md");
    let mentions = text.split("make ").skip(1).filter_map(|rest| rest.split(['`', '\n', ' ', ',']).next());
    let known = ["install", "uninstall", "packages", "packages-test", "test", "check", "bench"];
    let targets: BTreeSet<&str> = mentions.filter(|word| known.contains(word)).collect();
    assert!(targets.len() >= 7, "{targets:?}");
    let makefile = fs::read_to_string(project().join("Makefile")).expect("Makefile");
    for target in targets {
        assert!(makefile.contains(&format!("\n{target}:")), "Makefile does not make {target}");
    }
}

#[test]
fn the_line_for_an_install_without_files_loads_the_commands() {
    let line = blocks("sh").into_iter().find(|block| block.starts_with("eval")).expect("the eval line");
    for shell in shells().into_iter().filter(|shell| shell.dialect == "bash") {
        let sandbox = Sandbox::new();
        sandbox.hollow("blog");
        let directory = std::path::Path::new(VENVYARD).parent().expect("a directory").display().to_string();
        let script = format!("PATH='{directory}':$PATH\n{line}\nworkon blog\necho \"$VIRTUAL_ENV\"\n");
        let output = sandbox
            .command(shell.words[0])
            .args(&shell.words[1..])
            .args(["-c", &script])
            .output()
            .expect("run");
        let seen = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(
            seen.trim_end(),
            sandbox.workon_home().join("blog").display().to_string(),
            "{}",
            told(&output)
        );
    }
}

#[test]
fn so_does_the_line_for_fish() {
    let line = blocks("fish").into_iter().next().expect("a line");
    let directory = std::path::Path::new(VENVYARD).parent().expect("a directory").display().to_string();
    for shell in shells().into_iter().filter(|shell| shell.dialect == "fish") {
        let sandbox = Sandbox::new();
        let root = sandbox.hollow("blog");
        let script = format!("set -p PATH {directory}; {line}; workon blog; echo $VIRTUAL_ENV");
        let output = sandbox.command(shell.words[0]).args(["-c", &script]).output().expect("run");
        let seen = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(seen.trim_end(), root.display().to_string(), "{}", told(&output));
    }
}

#[test]
fn every_option_that_it_names_is_understood() {
    let text = fs::read_to_string(project().join("README.md")).expect("README.md");
    let mentioned: BTreeSet<&str> = text
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
        .filter_map(|word| word.strip_prefix("--"))
        .filter(|word| word.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        .collect();
    let description = venvyard::description();
    let all: BTreeSet<&str> = std::iter::once(&description)
        .chain(
            description
                .get_subcommands()
                .flat_map(|command| [command].into_iter().chain(command.get_subcommands())),
        )
        .flat_map(clap::Command::get_arguments)
        .flat_map(|argument| argument.get_long_and_visible_aliases().unwrap_or_default())
        .collect();
    let of_others = BTreeSet::from(["clone", "path"]); // conda, pip
    let unknown: Vec<_> = mentioned.difference(&all).filter(|option| !of_others.contains(*option)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// The examples of mkvirtualenv's options, each in a home of its own.
#[test]
#[ignore = "installs from PyPI"]
fn the_examples_of_options_work() {
    for line in typed(1) {
        let sandbox = Sandbox::new();
        fs::create_dir_all(sandbox.home().join("src/blog")).expect("made");
        fs::write(sandbox.home().join("requirements.txt"), "six\n").expect("written");
        if line.contains("--clear") {
            sandbox.hollow("blog");
        }
        let output = sandbox
            .run(bash(), &format!("{line}\npython -c 'import sys; print(sys.prefix)'\npwd\npip list\n"));
        let seen = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{line}: {}", told(&output));
        assert!(
            seen.contains(&format!("{}\n", sandbox.workon_home().join("blog").display())),
            "{line}: {seen}"
        );
        for (option, sign) in
            [("-a", "/src/blog\n"), ("-r", "six"), ("flask", "Flask"), ("requests", "requests")]
        {
            assert!(
                !line.contains(option) || seen.to_lowercase().contains(&sign.to_lowercase()),
                "{line}: {seen}"
            );
        }
    }
}

/// The first column of the table for those who come from other tools, typed from top to bottom into one shell.
#[test]
fn what_people_type_in_place_of_another_tools_commands_works() {
    let text = fs::read_to_string(project().join("README.md")).expect("README.md");
    let table =
        text.split("\n| here | ").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("the table");
    let commands: Vec<&str> = table.lines().filter_map(|row| row.split('`').nth(1)).collect();
    assert!(commands.len() > 10, "{commands:?}");
    let line = |command: &&str| format!("{command} >&2 || echo \"{command}: $?\"");
    let script = commands.iter().map(line).collect::<Vec<_>>().join("\n");
    for shell in shells().into_iter().filter(|shell| ["bash", "zsh"].contains(&shell.name)) {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.home().join("src")).expect("made");
        let output = sandbox.run(shell, &script);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{}", told(&output));
        let left = String::from_utf8_lossy(&sandbox.venvyard(&["lsvirtualenv", "-b"]).stdout).into_owned();
        assert_eq!(left.lines().filter(|name| !name.starts_with("tmp-")).collect::<Vec<_>>(), ["site"]);
    }
}

/// What was made elsewhere is copied in, packages and all.
#[test]
fn environments_of_other_tools_are_imported() {
    let lines = typed(2);
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let sandbox = Sandbox::new();
        let script = format!(
            "mkdir -p ~/.pyenv/versions ~/src/shop
             python3 -m venv --without-pip ~/.pyenv/versions/blog && python3 -m venv --without-pip ~/src/shop/.venv
             for packages in ~/.pyenv/versions/blog/lib/*/site-packages ~/src/shop/.venv/lib/*/site-packages; do
                 touch \"$packages/it.py\"
             done
             {line} >&2 && python -c 'import it; print(it.__file__)'"
        );
        let output = sandbox.run(bash(), &script);
        let seen = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(seen.starts_with(&*sandbox.workon_home().to_string_lossy()), "{line}: {}", told(&output));
    }
}

fn bash() -> Shell {
    shells().into_iter().find(|shell| shell.name == "bash").expect("bash")
}

/// The one line that installs, typed into an empty home; a new shell then has the commands.
#[test]
fn the_line_that_installs_makes_the_commands_work_in_the_next_shell() {
    let line = blocks("sh").into_iter().next().expect("the line");
    let sandbox = Sandbox::without_blanks();
    let mut command = sandbox.command("sh");
    command.current_dir(project()).args(["-c", &line]).env("SHELL", "/bin/bash");
    let output = command.env("MAKEFLAGS", format!("PROGRAM={VENVYARD}")).output().expect("it runs");
    assert!(output.status.success(), "{line}: {}", told(&output));
    let script = ". ~/.bashrc && mkvirtualenv --without-pip blog && echo \"$VIRTUAL_ENV\"";
    let output = sandbox.command("bash").args(["-c", script]).output().expect("it runs");
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        seen.trim_end(),
        sandbox.workon_home().join("blog").display().to_string(),
        "{}",
        told(&output)
    );
}

/// What the answers to questions let people type, in the order of the page.
#[test]
fn environments_serve_scripts_and_those_who_have_no_venvyard() {
    let sandbox = Sandbox::new();
    let lines = typed(3);
    assert_eq!(lines.len(), 2, "{lines:?}");
    sandbox.write_shim("bash", &sandbox.home().join(".bash_profile"));
    fs::write(sandbox.home().join("manage.py"), "import sys; print(sys.argv[1], sys.prefix)")
        .expect("written");
    let script = format!(
        "unset WORKON_HOME\nmkvirtualenv --without-pip blog >&2 && deactivate\n{}\n\
         source ~/.virtualenvs/blog/bin/activate && python manage.py activated\n",
        lines.join("\n")
    );
    let output = sandbox.run(bash(), &script);
    let root = sandbox.home().join(".virtualenvs/blog").display().to_string();
    let expected = format!("migrate {root}\nmigrate {root}\nactivated {root}\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", told(&output));
}

#[test]
#[ignore = "installs from PyPI"]
fn an_environment_whose_interpreter_is_gone_is_made_anew_with_its_packages() {
    let sandbox = Sandbox::new();
    let lines = typed(4);
    assert_eq!(lines.len(), 2, "{lines:?}");
    let script = format!(
        "unset WORKON_HOME\nmkvirtualenv blog -i six >&2 && deactivate\n\
         ln -sf /nowhere/python ~/.virtualenvs/blog/bin/python3; ln -sf /nowhere/python ~/.virtualenvs/blog/bin/python\n\
         {} >&2\npython -c 'import six; print(six.__name__)'\n",
        lines.join(" && ")
    );
    let output = sandbox.run(bash(), &script);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "six\n", "{}", told(&output));
}
