//! fish: how it tells the stories of the other shells, and what is its alone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Output;

use crate::pages::{MARK, Step};
use crate::support::{Sandbox, Shell, fish_quoted, project, shells, told};

/// Words of the other shells that stories use, and fish has no builtin for.
const PREAMBLE: &str = "\
functions -q unset; or function unset
    if test $argv[1] = -f
        functions -e $argv[2..-1]
    else
        for name in $argv
            set -e $name
        end
    end
    return 0
end
functions -q unalias; or function unalias
    functions -e $argv
end
functions -q typeset; or function typeset
    functions -q $argv[2..-1]
end
";

/// What happens in a step of a story, its status behind it.
pub(crate) fn script(step: &Step) -> String {
    let typed = if step.in_fish.is_empty() { translated(&step.typed) } else { step.in_fish.clone() };
    format!("eval {}\necho {MARK}$status\n", fish_quoted(&(PREAMBLE.to_owned() + &typed)))
}

/// What is typed in the other shells, as one types it in fish.
fn translated(typed: &str) -> String {
    if let Some((command, lines)) = typed.split_once(" <<'END'\n") {
        let lines: Vec<String> = lines.trim_end().trim_end_matches("END").lines().map(fish_quoted).collect();
        return command.replace("cat >", &format!("printf '%s\\n' {} >", lines.join(" "))) + "\n";
    }
    let typed = defined(typed);
    let typed = typed.replace("done", "end").replace("; do", ";").replace("read -r ", "read ");
    let commands: Vec<String> = typed.trim_end().split(" && ").map(assigned).collect();
    renamed(&expanded(&commands.join(" && "))) + "\n"
}

/// `NAME() { COMMANDS; }`
fn defined(line: &str) -> String {
    match line.trim_end().split_once("() { ").and_then(|(name, rest)| Some((name, rest.strip_suffix("; }")?)))
    {
        Some((name, body)) => format!("function {name}; {}; end", body.replace("\"$@\"", "$argv")),
        None => line.to_owned(),
    }
}

/// Files that the shell itself reads have other names in fish, and find their arguments in `$argv`.
fn renamed(line: &str) -> String {
    let mut renamed = String::new();
    for part in line.split_inclusive([' ', '\'', '"']) {
        let word = part.trim_end_matches([' ', '\'', '"']);
        let is_sourced = SOURCED.iter().any(|file| word.ends_with(file));
        renamed.extend([word, if is_sourced { ".fish" } else { "" }, &part[word.len()..]]);
    }
    if renamed == line { renamed } else { renamed.replace("$1", "$argv[1]") }
}

const SOURCED: [&str; 8] = [
    "/initialize",
    ">postdeactivate",
    "/activate",
    "/postactivate",
    "/predeactivate",
    "/postdeactivate",
    "/postmkvirtualenv",
    "/postcpvirtualenv",
];

/// `NAME=VALUE`, if a command is that and no more.
fn assigned(command: &str) -> String {
    let is_name = |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    match command.split_once('=') {
        Some((name, value)) if is_name(name) && value.starts_with("$(") => format!("set {name} {value}"),
        Some((name, value)) if is_name(name) && value.starts_with('\'') && value.ends_with('\'') => {
            format!("set {name} {value}")
        }
        Some((name, value)) if is_name(name) && !value.contains(' ') => {
            let value = value.trim_matches('"').replace('~', "$HOME");
            format!("set {name} \"{value}\"")
        }
        _ => command.to_owned(),
    }
}

/// `${NAME-WORD}` and `${NAME##*/}`.
fn expanded(line: &str) -> String {
    let Some((before, rest)) = line.split_once("${") else { return line.to_owned() };
    let Some((inside, after)) = rest.split_once('}') else { return line.to_owned() };
    let value = match (inside.split_once("##*/"), inside.split_once('-')) {
        (Some((name, "")), _) => format!("$(basename ${name})"),
        (_, Some((name, word))) => format!("$(set -q {name} && echo ${name} || echo {word})"),
        _ => format!("${{{inside}}}"),
    };
    before.to_owned() + &value + &expanded(after)
}

/// fish as its users have it, if it is here.
fn fish() -> Option<Shell> {
    shells().into_iter().find(|shell| shell.dialect == "fish")
}

/// What somebody may have set.
const SETTINGS: [&str; 15] = [
    "true",
    "function cd; echo function; end; function source; echo function; end",
    "function emit; echo function; end; function contains; echo function; end; function count; echo function; end",
    "function math; echo function; end; function printf; echo function; end; function realpath; echo function; end",
    "alias ls='echo alias'; alias workon='echo alias'; alias deactivate='echo alias'; functions -e deactivate",
    "set -g IFS ''",
    "set -g IFS abcdefghijklmnopqrstuvwxyz_/",
    "set -gx CDPATH / /usr",
    "set -gx LC_ALL C",
    "set -gx VIRTUAL_ENV_DISABLE_PROMPT 1",
    "set -U VIRTUAL_ENV_DISABLE_PROMPT 1",
    "set -g fish_function_path; function fish_prompt; end",
    "set -g script evil; set -g code 7; set -g root /; set -g path /; set -g name x; set -g hooks /; set -g home /",
    "set -gx __venvyard_active /nowhere; set -gx __venvyard_lent HOME; set -gx __venvyard_exe /bin/false",
    "set -gx _OLD_FISH_PROMPT_OVERRIDE /nowhere; set -gx _OLD_VIRTUAL_PATH /nowhere",
];

const SCENARIO: &str = r#"
workon one; builtin echo "one: $status $VIRTUAL_ENV $PWD"
workon two; builtin echo "two: $status $VIRTUAL_ENV"
deactivate; builtin echo "left: $status [$VIRTUAL_ENV] $PATH"
workon missing 2>/dev/null; builtin echo "missing: $status"
lsvirtualenv; builtin echo "listed: $status"
"#;

/// A home with two environments, a project and hooks.
fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    let (one, two) = (sandbox.hollow("one"), sandbox.hollow("two"));
    let project = sandbox.home().join("src");
    fs::create_dir(&project).expect("made");
    fs::write(one.join(".project"), project.as_os_str().as_encoded_bytes()).expect("written");
    // Not for fish: if it were sourced, it would tell.
    fs::write(two.join("bin/postactivate"), "echo \"sourced\"\n").expect("written");
    fs::write(two.join("bin/postactivate.fish"), "builtin echo \"sourced $argv\"\n").expect("written");
    let program = |path: PathBuf, line: &str| {
        fs::write(&path, format!("#!/bin/sh\n{line}\n")).expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
    };
    program(sandbox.workon_home().join("preactivate"), "echo \"program $1\"");
    program(two.join("bin/get_env_details"), "echo \"details of $1 in $VIRTUAL_ENV\"");
    sandbox
}

/// What must come out of the scenario, whatever is set.
fn outcome(sandbox: &Sandbox, path: &str) -> String {
    let (home, envs) = (sandbox.home(), sandbox.workon_home());
    let (home, envs) = (home.display(), envs.display());
    format!(
        "program one\none: 0 {envs}/one {home}/src\nprogram two\nsourced post_activate\ntwo: 0 {envs}/two\n\
         left: 0 [] {path}\nmissing: 1\none\n===\n\ntwo\n===\ndetails of two in {envs}/two\n\nlisted: 0\n"
    )
}

/// Runs `script` without our shim, which it finds in `$SHIM`.
fn run(sandbox: &Sandbox, shell: Shell, script: &str) -> Output {
    let shim = sandbox.home().join(".shim-fish");
    sandbox.write_shim("fish", &shim);
    let mut command = sandbox.command(shell.words[0]);
    command.args(&shell.words[1..]).args(["-c", script]).env("SHIM", shim);
    command.output().expect("fish runs")
}

fn path(sandbox: &Sandbox) -> String {
    let command = sandbox.command("sh");
    let value = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
    value.and_then(|value| value.to_str()).expect("a PATH").to_owned()
}

#[test]
fn the_shim_works_whatever_was_set_before_or_after_it_was_sourced() {
    let Some(shell) = fish() else { return };
    let sandbox = furnished();
    let expected = outcome(&sandbox, &path(&sandbox));
    let load = "builtin source $SHIM";
    for setting in SETTINGS {
        for lines in [[setting, load], [load, setting]] {
            // Of our own names, those that are set later are broken by purpose.
            if lines[0] == load && (setting.contains("__venvyard") || setting.contains("alias")) {
                continue;
            }
            let output = run(&sandbox, shell, &format!("{}\n{SCENARIO}", lines.join("\n")));
            let seen = String::from_utf8_lossy(&output.stdout);
            assert_eq!(seen, expected, "{lines:?}: {}", told(&output));
            assert!(output.stderr.is_empty(), "{lines:?}: {}", told(&output));
        }
    }
    let traced = run(&sandbox, shell, &format!("{load}\nset -g fish_trace 1\n{SCENARIO}"));
    assert_eq!(String::from_utf8_lossy(&traced.stdout), expected);
}

#[test]
fn the_shim_may_be_loaded_in_every_way() {
    let Some(shell) = fish() else { return };
    let sandbox = furnished();
    let expected = outcome(&sandbox, &path(&sandbox));
    let twice = format!("program two\nsourced post_activate\n{expected}");
    let configured = Shell { words: &["fish"], ..shell };
    for (shell, lines, expected) in [
        (shell, "function load; source $SHIM; end; load", &expected),
        (shell, "cat $SHIM | source", &expected),
        (shell, "source $SHIM; workon two; source $SHIM", &twice),
        (configured, "source $SHIM", &expected),
        (shell, "mkdir gone && cd gone && rmdir $PWD; source $SHIM; cd", &expected),
    ] {
        let output = run(&sandbox, shell, &format!("{lines}\n{SCENARIO}"));
        assert_eq!(&String::from_utf8_lossy(&output.stdout), expected, "{lines}: {}", told(&output));
        assert!(output.stderr.is_empty(), "{lines}: {}", told(&output));
    }
    let output = run(
        &sandbox,
        shell,
        "source $SHIM; env | grep -i '^_*venvyard'; set --names | string match -r '^__venvyard.*'",
    );
    let names = "__venvyard_active __venvyard_added __venvyard_exe __venvyard_failed __venvyard_hooks __venvyard_initialized __venvyard_lent __venvyard_verbs";
    assert_eq!(String::from_utf8_lossy(&output.stdout), names.replace(' ', "\n") + "\n");
}

#[test]
fn the_prompt_comes_back_as_it_was() {
    let Some(shell) = fish() else { return };
    let sandbox = Sandbox::new();
    let output = sandbox.run(
        shell,
        "set -gx TERM dumb\n\
         function fish_prompt --description 'my own'; echo \"$PWD> \"; end\n\
         functions fish_prompt | tail -n +2 >before\n\
         mkvirtualenv --without-pip one 2>/dev/null; mkvirtualenv --without-pip two; fish_prompt\n\
         deactivate; workon one; deactivate\n\
         functions fish_prompt | tail -n +2 | cmp - before\n\
         set -S VIRTUAL_ENV VIRTUAL_ENV_PROMPT; functions --all --names | string match -r '.*(virtualenv_deactivate|old_fish_prompt)'",
    );
    let home = sandbox.home();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("(two) {}> \n", home.display()),
        "{}",
        told(&output)
    );
}

#[test]
fn a_name_is_data() {
    let Some(shell) = fish() else { return };
    for name in
        ["my env", "it's é ☂", "a;b&c|d>e", "*", "#1!!", "~root", "=cat%n", "[ab]{c,d}", "(pwd)", "%self"]
    {
        let sandbox = Sandbox::new();
        let word = fish_quoted(name);
        let script = format!(
            "mkdir $WORKON_HOME; mkvirtualenv --without-pip {word}; deactivate; workon {word}; echo $VIRTUAL_ENV; fish_prompt\n\
             echo; deactivate; echo \"[$VIRTUAL_ENV]\"; lsvirtualenv -b; rmvirtualenv {word} 2>&1"
        );
        let script = format!("set -gx TERM dumb; function fish_prompt; echo -n '> '; end\n{script}");
        let output = sandbox.run(shell, &script);
        let root = sandbox.workon_home().join(name);
        let expected = format!("{}\n({name}) > \n[]\n{name}\nRemoving {name}...\n", root.display());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", told(&output));
        assert!(output.status.success() && output.stderr.is_empty(), "{}", told(&output));
    }
}

#[test]
fn a_name_that_is_code_is_never_run() {
    let Some(shell) = fish() else { return };
    for name in ["$(touch pwned)", "\";touch pwned;\"", "\\", "a\\'$(touch pwned)", "x\n touch pwned"] {
        let sandbox = Sandbox::new();
        let root = sandbox.workon_home().join(name);
        fs::create_dir_all(root.join("bin")).expect("made");
        fs::write(root.join("bin/activate"), "").expect("written");
        // As the venv module of old wrote it, and as the one of today does, which quotes for other shells.
        let posix = root.to_str().expect("UTF-8").replace('\'', "'\"'\"'");
        for line in [format!("\"{}\"", root.display()), format!("'{posix}'")] {
            let text = format!("set -gx VIRTUAL_ENV {line}\nfunction fish_prompt\necho \"{name}\"\nend\n");
            fs::write(root.join("bin/activate.fish"), text).expect("written");
            let word = fish_quoted(name);
            let script = format!(
                "workon {word} && echo entered; lsvirtualenv -b; fish_prompt; lsvirtualenv >/dev/null"
            );
            let output = sandbox.run(shell, &format!("function fish_prompt; end\n{script}"));
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{name}\n"), "{}", told(&output));
            assert!(!sandbox.home().join("pwned").exists(), "fish ran {name}");
        }
    }
}

#[test]
fn virtualfish_listeners_are_told() {
    let Some(shell) = fish() else { return };
    let sandbox = furnished();
    let events = ["will_activate", "did_activate", "will_deactivate", "did_deactivate"];
    let events = events.map(|event| [format!("virtualenv_{event}"), format!("virtualenv_{event}:two")]);
    let heard = |(number, event): (usize, &String)| {
        format!("function heard_{number} --on-event {event}; echo {event} (basename \"$VIRTUAL_ENV\"); end")
    };
    let listeners: Vec<String> = events.iter().flatten().enumerate().map(heard).collect();
    let listeners = listeners.join("\n") + "\n";
    let output = sandbox.run(shell, &format!("{listeners}workon two; deactivate; echo \"[$VIRTUAL_ENV]\""));
    let told_of = |event: &str| format!("virtualenv_{event} two\nvirtualenv_{event}:two two\n");
    let expected = format!(
        "program two\n{}{}sourced post_activate\n{}{}[]\n",
        told_of("will_activate"),
        told_of("did_activate"),
        told_of("will_deactivate"),
        told_of("did_deactivate")
    );
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", told(&output));
}

#[test]
fn an_environment_that_fish_cannot_activate_says_what_to_type() {
    let Some(shell) = fish() else { return };
    let sandbox = Sandbox::new();
    let made = sandbox.run(shell, "mkvirtualenv --without-pip blog; rm $VIRTUAL_ENV/bin/activate.fish");
    assert!(made.status.success(), "{}", told(&made));
    let output = sandbox.run(shell, "workon blog; echo \"$status [$VIRTUAL_ENV]\"");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1 []\n", "{words}");
    let hint = words.lines().find_map(|line| line.strip_prefix("hint: ")).expect("a hint");
    let output = sandbox.run(shell, &format!("{hint}\nworkon blog; echo $VIRTUAL_ENV"));
    let expected = sandbox.workon_home().join("blog").display().to_string() + "\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{hint}: {}", told(&output));
}

#[test]
fn what_is_typed_is_completed() {
    let Some(shell) = fish() else { return };
    let sandbox = furnished();
    let completions = project().join("completions/venvyard.fish");
    fs::create_dir_all(sandbox.workon_home().join("my env/bin")).expect("made");
    fs::write(sandbox.workon_home().join("my env/bin/activate"), "").expect("written");
    for (typed, expected) in [
        ("workon o", "one\tPython 3.11.7 · ~/src\n"),
        ("workon m", "my env\t\n"),
        ("workon one t", ""),
        ("workon --n", "--no-cd\tStay in this directory\n"),
        ("rmvirtualenv one tw", "two\tPython 3.11.7\n"),
        ("cpvirtualenv s", "src/\n"),
        ("setvirtualenvproject one s", "src/\n"),
        ("mkvirtualenv -a s", "src/\n"),
        ("mkvirtualenv >s", "src/\n"),
        ("allvirtualenv workon tw", "two\tPython 3.11.7\n"),
        ("venvyard init f", "fish\n"),
    ] {
        let script = format!(
            "source {}; complete -C {}",
            fish_quoted(completions.to_str().expect("UTF-8")),
            fish_quoted(typed)
        );
        let output = sandbox.run(shell, &script);
        let seen = String::from_utf8_lossy(&output.stdout)
            .replace(sandbox.home().to_str().expect("UTF-8"), "[HOME]");
        assert_eq!(seen.trim_end(), expected.trim_end(), "{typed}: {}", told(&output));
    }
}

/// Types into fish on a terminal of its own: `workon two`, Ctrl-C when the file `reached` is there, then what asks.
const INTERRUPT: &str = "
import os, pty, sys, time
child, terminal = pty.fork()
if child == 0:
    os.execvp('fish', ['fish', '--no-config', '--init-command', 'source $SHIM'])
os.set_blocking(terminal, False)
def until(path):
    for _ in range(200):
        try: os.read(terminal, 65536)
        except BlockingIOError: pass
        if os.path.exists(path): return
        time.sleep(0.05)
    sys.exit(path + ' does not appear')
def enter(line): os.write(terminal, line.encode() + b'\\r')
enter('touch ready')
until('ready')
enter('workon two')
until('reached')
os.write(terminal, b'\\x03')
time.sleep(0.5)
enter('env >seen; deactivate; echo \"$status [$VIRTUAL_ENV]\" >left; touch done')
until('done')
";

#[test]
fn ctrl_c_in_a_hook_leaves_nothing_that_was_lent() {
    if fish().is_none() {
        return;
    }
    let sandbox = furnished();
    let two = sandbox.workon_home().join("two/bin/postactivate.fish");
    fs::write(&two, "set -q VIRTUALENVWRAPPER_HOOK_DIR && touch reached; sleep 60\n").expect("written");
    let shim = sandbox.home().join(".shim-fish");
    sandbox.write_shim("fish", &shim);
    let output =
        sandbox.command("python3").args(["-c", INTERRUPT]).env("SHIM", shim).env("TERM", "dumb").output();
    let output = output.expect("python3 runs");
    assert!(output.status.success(), "{}", told(&output));
    let read = |file: &str| fs::read_to_string(sandbox.home().join(file)).expect(file);
    assert!(!read("seen").contains("VIRTUALENVWRAPPER_HOOK_DIR"), "{}", read("seen"));
    assert_eq!(read("left"), "0 []\n");
}
