//! The shim under every setting of every shell: each option that the shell itself lists, and what people define.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::thread;

use crate::support::{Sandbox, Shell, VENVYARD, is_here, posix_shells, shells, told};

/// What people may have in their rc files, and the programs of the shells in which that means something.
const DEFINITIONS: &[(&str, &[&str])] = &[
    ("\\:", ANY),
    ("\\set -eu", ANY),
    ("\\set -eufC -o pipefail; \\set -a", ANY),
    ("IFS=", ANY),
    ("IFS=0123456789", ANY),
    ("IFS=abcdefghijklmnopqrstuvwxyz_/", ANY),
    ("\\unset IFS", ANY),
    ("CDPATH=.:/:/usr; \\export CDPATH", ANY),
    ("POSIXLY_CORRECT=1 BASH_ENV=/nowhere ENV=/nowhere; \\export POSIXLY_CORRECT BASH_ENV ENV", ANY),
    ("LC_ALL=C; \\unset LANG TERM", ANY),
    ("TMPDIR=/nowhere PS4='x ' OPTIND=5 TMOUT=100; \\export TMPDIR", ANY),
    ("\\umask 077", ANY),
    ("\\set -- a 'b c' -d", ANY),
    ("_OLD_VIRTUAL_PATH=/nowhere _OLD_VIRTUAL_PYTHONHOME=/nowhere; \\export _OLD_VIRTUAL_PATH", ANY),
    ("deactivate() { echo function; }; virtualenv_deactivate() { echo function; }", ANY),
    // The shell's own surroundings.
    ("\\exec <&-", ANY),
    ("\\exec 2>&-", ANY),
    ("\\exec 3<&0 4<&0 5<&0 6<&0 7<&0 8<&0 9<&0", ANY),
    ("\\exec 3>&1 4>&1 5>&1 6>&1 7>&1 8>&1 9>&1", ANY),
    ("\\mkdir \"$HOME/gone\" && \\cd \"$HOME/gone\" && \\rmdir \"$HOME/gone\"", ANY),
    // Traps.
    ("\\trap 'echo trapped' ERR", &["zsh", "ksh", "mksh"]),
    ("\\set -E; \\trap 'echo trapped' ERR", &["bash"]),
    ("\\trap : DEBUG", &["bash", "zsh", "ksh"]),
    ("\\set -T; \\trap : RETURN DEBUG", &["bash"]),
    ("\\trap : EXIT; \\trap '' HUP INT QUIT TERM PIPE; \\trap : CHLD", ANY),
    // Aliases.
    (
        "alias alias='echo alias' builtin='echo alias' cd='echo alias' command='echo alias' dirname='echo alias'",
        ANY,
    ),
    ("alias eval='echo alias' exec='echo alias' exit='echo alias' false='echo alias' grep='echo alias'", ANY),
    ("alias let='echo alias' local='echo alias' ls='echo alias' pwd='echo alias' read='echo alias'", ANY),
    ("alias print='echo alias' printf='echo alias' uname='echo alias' basename='echo alias'", ANY),
    (
        "alias readonly='echo alias' return='echo alias' set='echo alias' shift='echo alias' sed='echo alias'",
        ANY,
    ),
    (
        "alias source='echo alias' test='echo alias' trap='echo alias' true='echo alias' type='echo alias'",
        ANY,
    ),
    ("alias typeset='echo alias' declare='echo alias' unalias='echo alias' python='echo alias'", ANY),
    ("alias deactivate='echo alias' workon='echo alias' pydoc='echo alias'", ANY),
    ("alias export='echo alias'", ANY),
    ("alias hash='echo alias'", ANY),
    ("alias unset='echo alias'", ANY),
    ("alias -g G='| grep' L='| less'; alias -s py=python", &["zsh"]),
    // Functions: those that stand before a builtin do what it does, and maybe more.
    (
        "cd() { echo function; }; ls() { echo function; }; pwd() { echo function; }; grep() { echo function; }",
        ANY,
    ),
    ("cd() { \\command cd \"$@\" && echo function; }", ANY),
    ("uname() { \\command uname \"$@\"; }; basename() { \\command basename \"$@\"; }", ANY),
    ("python() { echo function; }; pip() { echo function; }; venvyard() { echo function; }", ANY),
    ("chpwd() { echo function; }; precmd() { echo function; }", ANY),
    ("command_not_found_handle() { echo lost; }; command_not_found_handler() { echo lost; }", ANY),
    ("alias() { \\builtin alias \"$@\"; }; command() { \\builtin command \"$@\"; }", &["bash", "zsh"]),
    ("eval() { \\builtin eval \"$@\"; }; exec() { \\builtin exec \"$@\"; }", &["bash", "zsh"]),
    ("export() { \\builtin export \"$@\"; }; unset() { \\builtin unset \"$@\"; }", &["bash", "zsh"]),
    ("hash() { \\builtin hash \"$@\"; }; read() { \\builtin read \"$@\"; }", &["bash", "zsh"]),
    ("printf() { \\builtin printf \"$@\"; }; echo() { \\builtin echo \"$@\"; }", &["bash", "zsh"]),
    ("test() { \\builtin test \"$@\"; }; typeset() { \\builtin typeset \"$@\"; }", &["bash", "zsh"]),
    ("source() { \\builtin source \"$@\"; }; unalias() { \\builtin unalias \"$@\"; }", &["bash", "zsh"]),
    ("alias() { \\command alias \"$@\"; }; hash() { \\command hash \"$@\"; }", &["ksh", "mksh"]),
    ("read() { \\command read \"$@\"; }; test() { \\command test \"$@\"; }", &["ksh", "mksh"]),
    // Emulations, and options that come together.
    ("\\set -o posix", &["bash", "ksh", "mksh"]),
    ("\\set -o sh", &["mksh"]),
    ("BASH_COMPAT=3.2", &["bash"]),
    ("\\set -ku +h", &["bash"]),
    ("\\shopt -s nocasematch extglob xpg_echo nullglob failglob; \\set +h", &["bash"]),
    ("\\emulate sh", &["zsh"]),
    ("\\emulate ksh", &["zsh"]),
    ("\\emulate csh", &["zsh"]),
    ("\\emulate -R zsh", &["zsh"]),
    ("\\emulate -R csh; \\setopt glob_subst glob_assign ksh_arrays", &["zsh"]),
    ("\\setopt rc_quotes rc_expand_param magic_equal_subst extended_glob no_equals", &["zsh"]),
    ("\\setopt auto_cd auto_pushd chase_links all_export no_hash_cmds no_multios", &["zsh"]),
    ("\\setopt local_options local_traps posix_identifiers posix_aliases no_aliases", &["zsh"]),
    ("NULLCMD=false READNULLCMD=false; psvar=(a b); \\unset fpath", &["zsh"]),
    // What makes a variable of an environment unchangeable.
    ("\\readonly PATH", ANY),
    ("\\readonly VIRTUAL_ENV", ANY),
];

const ANY: &[&str] = &["bash", "zsh", "ksh", "mksh"];

/// What a shell says under these options is what it was asked to say.
const TALKATIVE: &[&str] = &["verbose", "xtrace", "sourcetrace", "warnnestedvar"];

/// What cannot work, in which shells, and why. That one of these does work fails the test too.
const EXCEPTIONS: &[(&str, &[&str], &str)] = &[
    // Nothing is run, or nearly nothing.
    ("noexec", &["bash", "zsh", "mksh"], "nothing is run"),
    ("exec", &["ksh"], "nothing is run"),
    ("onecmd", &["bash"], "the shell ends after the first command"),
    ("restricted", &["zsh", "ksh", "mksh"], "neither a program by its path nor PATH may be set"),
    // Not to be set, or not in a script.
    ("restricted_shell", &["bash"], "it is no option but tells how the shell was called"),
    ("login_shell", &["bash"], "it is no option but tells how the shell was called"),
    ("privileged", &["ksh", "mksh"], "the shell drops it where the user is who they are"),
    ("monitor", &["zsh"], TERMINAL),
    ("zle", &["zsh"], TERMINAL),
    ("interactive", &["mksh"], TERMINAL),
    ("shinstdin", &["zsh"], "commands are read from a file here"),
    ("stdin", &["mksh"], "commands are read from a file here"),
    ("singlecommand", &["zsh"], "the shell ends after the first command"),
    // What activate scripts call themselves.
    ("alias export='echo alias'", ANY, "activate exports"),
    ("alias hash='echo alias'", ANY, "activate calls it, and it prints"),
    ("alias unset='echo alias'", ANY, "activate unsets"),
    ("\\readonly PATH", ANY, "activate sets it"),
    ("\\readonly VIRTUAL_ENV", ANY, "activate sets it"),
    ("\\exec 2>&-", &["ksh"], "ksh93 then loses the text of a function that a file defines"),
];

/// The reason of those that may work after all, where the tests are run by hand.
const TERMINAL: &str = "it needs a terminal";

/// What is done under each setting. It goes past the user's own aliases, as the shim has to.
const ESSENCE: &str = r#"
\workon one; echo "one: $? $VIRTUAL_ENV $PWD $PATH $PS1"
\workon two; echo "two: $? $VIRTUAL_ENV $PATH $PS1"
\deactivate; echo "left: $? ${VIRTUAL_ENV-none} $PATH $PS1"
\workon missing 2>/dev/null || echo "missing: $?"
"#;

/// What is done under those that stand here.
const MORE: &str = r#"
\workon two
tell() { echo "in $VIRTUAL_ENV"; }
\allvirtualenv tell; echo "all: $? $VIRTUAL_ENV"
\lsvirtualenv; echo "listed: $?"
\deactivate
"#;

/// What [`ESSENCE`] prints, whatever is set.
fn essence(sandbox: &Sandbox, path: &str) -> String {
    let (home, envs) = (sandbox.home(), sandbox.workon_home());
    let (home, envs) = (home.display(), envs.display());
    format!(
        "program one\none: 0 {envs}/one {home}/src {envs}/one/bin:{path} (one) > \n\
         program two\nsourced post_activate \ntwo: 0 {envs}/two {envs}/two/bin:{path} (two) > \n\
         left: 0 none {path} > \nmissing: 1\n"
    )
}

/// What comes out of the whole scenario.
fn outcome(sandbox: &Sandbox, path: &str) -> String {
    let envs = sandbox.workon_home();
    let envs = envs.display();
    let more = format!(
        "program two\nsourced post_activate \none\n===\nin {envs}/one\n\ntwo\n===\nin {envs}/two\n\n\
         all: 0 {envs}/two\none\n===\n\ntwo\n===\ndetails of two in {envs}/two\n\nlisted: 0\n"
    );
    essence(sandbox, path) + &more
}

/// Something that is set, and how it is told that it is.
struct Setting {
    name: String,
    /// How the shell is started with it.
    words: Vec<String>,
    /// What sets it in the running shell; `\:` if that is to be done at the start.
    text: String,
    /// A condition that holds then.
    test: String,
    is_option: bool,
}

impl Setting {
    /// The option `name` of those that `list` lists, which is `state`.
    fn opposite(list: &str, name: &str, state: &str) -> Self {
        let (sign, letter) = match state {
            "on" => ('+', 'u'),
            "off" => ('-', 's'),
            _ => panic!("{name} is {state}"),
        };
        let (text, at_start, is_on) = match list {
            "shopt" => (format!("\\shopt -{letter} {name}"), 'O', format!("\\shopt -q {name}")),
            _ => (format!("\\set {sign}o {name}"), 'o', format!("[[ -o {name} ]]")),
        };
        Self {
            name: name.to_owned(),
            words: vec![format!("{sign}{at_start}"), name.to_owned()],
            text,
            test: if state == "on" { format!("! {is_on}") } else { is_on },
            is_option: true,
        }
    }

    /// Set when the shell starts, not later.
    fn at_start(self) -> Self {
        Self { text: "\\:".to_owned(), ..self }
    }
}

/// Something that did not come out right.
struct Failure {
    shell: &'static str,
    setting: String,
    told: String,
}

/// When it is set, and how the shim is sourced: the names of files.
const ORDERS: [[&str; 3]; 3] =
    [["setting", "shim", "scenario"], ["setting", "evaluation", "scenario"], ["shim", "setting", "scenario"]];

#[test]
#[expect(clippy::print_stderr, reason = "docs/reliability.md tells how many there are")]
fn the_shim_works_whatever_was_set_before_or_after_it_was_sourced() {
    let settings: Vec<(Shell, Vec<Setting>)> =
        plain_shells().map(|shell| (shell, definitions(shell).chain(options(shell)).collect())).collect();
    let failed: Vec<Failure> = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (shell, settings) in &settings {
            threads.extend(ORDERS.map(|order| scope.spawn(move || under_all(settings, *shell, order))));
        }
        threads.into_iter().flat_map(|thread| thread.join().expect("run")).collect()
    });
    let is_excepted = |failure: &&Failure| {
        EXCEPTIONS
            .iter()
            .any(|(name, shells, _)| *name == failure.setting && shells.contains(&kind(failure.shell)))
    };
    let failures: Vec<&str> =
        failed.iter().filter(|failure| !is_excepted(failure)).map(|failure| &*failure.told).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let (mut exceptions, mut count) = (0, 0);
    for (Shell { name: shell, .. }, settings) in &settings {
        count += settings.len();
        eprintln!("{shell}: {} settings", settings.len());
        for setting in settings {
            let exception = EXCEPTIONS
                .iter()
                .find(|(name, shells, _)| *name == setting.name && shells.contains(&kind(shell)));
            let Some((name, _, why)) = exception else { continue };
            let fails = failed.iter().any(|failure| failure.shell == *shell && failure.setting == *name);
            assert!(fails || *why == TERMINAL, "{shell}, {name}: it works, although {why}");
            exceptions += 1;
        }
    }
    eprintln!("{count} settings, each in {} orders; {exceptions} are exceptions", ORDERS.len());
    assert!(exceptions * 12 <= count, "{exceptions} of {count} settings are exceptions");
}

/// Every shell once, without options of its own.
fn plain_shells() -> impl Iterator<Item = Shell> {
    posix_shells().into_iter().filter(|shell| shell.name == shell.words[0])
}

/// What a shell of this name is called above.
fn kind(shell: &'static str) -> &'static str {
    if shell == "bash-3.2" { "bash" } else { shell }
}

/// Each of [`DEFINITIONS`] that is for `shell`.
fn definitions(shell: Shell) -> impl Iterator<Item = Setting> {
    let of_shell = DEFINITIONS.iter().filter(move |(_, shells)| shells.contains(&kind(shell.name)));
    of_shell.map(|(text, _)| Setting {
        name: (*text).to_owned(),
        words: Vec::new(),
        text: (*text).to_owned(),
        test: "\\:".to_owned(),
        is_option: false,
    })
}

/// Each option that `shell` lists, the other way round.
fn options(shell: Shell) -> Vec<Setting> {
    let sandbox = Sandbox::new();
    let ask = |script: &str| {
        let mut command = sandbox.command(shell.words[0]);
        let output = command.args(&shell.words[1..]).args(["-c", script]).output().expect("the shell runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let lists: &[&str] = if shell.dialect == "bash" { &["set -o", "shopt"] } else { &["set -o"] };
    let mut options = Vec::new();
    for list in lists {
        let answer = ask(list);
        let words: Vec<&str> = answer.split_whitespace().filter(|word| !is_of_headline(word)).collect();
        for option in words.chunks(2) {
            let setting = Setting::opposite(list, option[0], option[1]);
            // Some a running shell refuses to set.
            let is_set = ask(&format!("{}; if {}; then echo yes; fi", setting.text, setting.test)) == "yes\n";
            options.push(if is_set { setting } else { setting.at_start() });
        }
    }
    assert!(options.len() > 20, "{} lists few options", shell.name);
    options
}

/// ksh93 and mksh write one above their lists.
fn is_of_headline(word: &str) -> bool {
    ["Current", "option", "settings"].contains(&word)
}

/// What went wrong under `settings`.
fn under_all(settings: &[Setting], shell: Shell, order: [&str; 3]) -> Vec<Failure> {
    let sandbox = furnished(shell);
    let failure = |setting: &Setting| {
        let seen = under(setting, shell, order, &sandbox)?;
        let told = format!("{}, {}, {order:?}: {seen}", shell.name, setting.name);
        Some(Failure { shell: shell.name, setting: setting.name.clone(), told })
    };
    // What a file may be under an option, the other two orders show.
    let is_asked = |setting: &&Setting| !setting.is_option || order != ORDERS[0];
    settings.iter().filter(is_asked).filter_map(failure).collect()
}

/// What went wrong under one setting.
fn under(setting: &Setting, shell: Shell, order: [&str; 3], sandbox: &Sandbox) -> Option<String> {
    let write = |name: &str, text: &str| fs::write(sandbox.home().join(name), text).expect("written");
    // In files of their own: an alias counts from the next one that is parsed.
    let (aliases, listed) =
        if shell.dialect == "bash" { ("shopt -s expand_aliases\n", "\\shopt -p\n") } else { ("", "") };
    write("setting", &format!("{aliases}{}\n", setting.text));
    let state = format!(
        "if {}; then echo yes; fi\necho \"$PATH\"\n\\set +o\n{listed}\\trap\n\\alias\n",
        setting.test
    );
    write("state", &state);
    let more = if setting.is_option { "" } else { MORE };
    let [before, after] = ["before", "after"].map(|when| format!("\\. \"$HOME/state\" >\"$HOME/{when}\"\n"));
    write("scenario", &[&before, ESSENCE, more, &after].concat());
    let lines: String = order.into_iter().flat_map(|file| ["\\. \"$HOME/", file, "\"\n"]).collect();
    let words: &[String] = if setting.text == "\\:" { &setting.words } else { &[] };
    let (output, _) = run_with(sandbox, shell, words, &lines);

    let [before, after] = ["before", "after"].map(|when| {
        let file = sandbox.home().join(when);
        let text = fs::read(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        String::from_utf8_lossy(&text).into_owned()
    });
    if !before.starts_with("yes\n") {
        return Some(format!("it is not set; {}", told(&output)));
    }
    let path = before.lines().nth(1).unwrap_or_default();
    let expected = if setting.is_option { essence(sandbox, path) } else { outcome(sandbox, path) };
    let is_silent = output.stderr.is_empty() || TALKATIVE.contains(&&*setting.name);
    if !output.status.success() || !is_silent || output.stdout != expected.as_bytes() {
        return Some(told(&output));
    }
    (kept(&before) != kept(&after)).then(|| format!("{before}became {after}"))
}

/// The lines of a state, without aliases that would break an activate script.
fn kept(state: &str) -> Vec<&str> {
    let gone = ["deactivate=", "workon=", "pydoc="];
    state
        .lines()
        .filter(|line| !gone.iter().any(|name| line.trim_start_matches("alias ").starts_with(name)))
        .collect()
}

/// A home with the shim, the scenario, and two environments with a project and hooks.
fn furnished(shell: Shell) -> Sandbox {
    let sandbox = Sandbox::new();
    let home = sandbox.home();
    let write = |path: &str, text: &str| fs::write(home.join(path), text).expect("written");
    write("scenario", &format!("{ESSENCE}{MORE}"));
    sandbox.write_shim(shell.dialect, &home.join("shim"));
    // As people have it in their rc files. Some shells parse the whole before they run a line.
    fs::write(home.join("printed"), sandbox.venvyard(&["init", shell.dialect]).stdout).expect("written");
    write("evaluation", "\\eval \"$(\\cat \"$HOME/printed\")\"\n");
    fs::create_dir(home.join("src")).expect("made");
    let made = "mkvirtualenv --without-pip one && mkvirtualenv --without-pip two && deactivate";
    let made = run(&sandbox, shell, &format!("\\. ./shim\n{made}")).0;
    assert!(made.status.success(), "{}", told(&made));
    write("envs/one/.project", home.join("src").to_str().expect("UTF-8"));
    // Under nounset an activate script of old fails, if nobody lifts it.
    let activate = fs::read_to_string(home.join("envs/two/bin/activate")).expect("read");
    write("envs/two/bin/activate", &format!("{activate}: \"$no_such_variable\"\n"));
    write("envs/two/bin/postactivate", "echo \"sourced $1 $no_such_variable\"\n");
    let program = |path: &str, line: &str| {
        write(path, &format!("#!/bin/sh\n{line}\n"));
        fs::set_permissions(home.join(path), fs::Permissions::from_mode(0o755)).expect("set");
    };
    program("envs/preactivate", "echo \"program $1\"");
    program("envs/two/bin/get_env_details", "echo \"details of $1 in $VIRTUAL_ENV\"");
    sandbox
}

/// Runs `lines` in `shell`, and tells the PATH that it starts with.
fn run(sandbox: &Sandbox, shell: Shell, lines: &str) -> (Output, String) {
    run_with(sandbox, shell, &[], lines)
}

/// The same, with further options.
fn run_with(sandbox: &Sandbox, shell: Shell, options: &[String], lines: &str) -> (Output, String) {
    fs::write(sandbox.home().join("script"), format!("PS1='> '\n{lines}")).expect("written");
    let mut command = sandbox.command(shell.words[0]);
    command.args(&shell.words[1..]).args(options).arg("./script");
    let path = value(&command, "PATH");
    (command.output().expect("the shell runs"), path)
}

/// A variable that `command` starts with.
fn value(command: &Command, name: &str) -> String {
    let value = command.get_envs().find(|(other, _)| *other == name).and_then(|(_, value)| value);
    value.and_then(|value| value.to_str()).expect("a value").to_owned()
}

#[test]
fn the_shim_may_be_sourced_inside_a_function() {
    for shell in plain_shells() {
        let sandbox = furnished(shell);
        let mut ways = vec!["load() { \\. ./shim; }\nload\n"];
        if shell.dialect == "zsh" {
            // Plug-in managers and the profiles of Arch and Fedora do so.
            ways.extend(["load() { emulate -L zsh; \\. ./shim; }\nload\n", "emulate sh -c '\\. ./shim'\n"]);
            ways.push("load() { emulate -L ksh; \\. ./shim; }\nload\n");
        }
        for way in ways {
            let (output, path) = run(&sandbox, shell, &format!("{way}\\. ./scenario\n"));
            let seen = String::from_utf8_lossy(&output.stdout);
            assert_eq!(seen, outcome(&sandbox, &path), "{}: {way}", shell.name);
            assert!(output.stderr.is_empty(), "{}: {way}: {}", shell.name, told(&output));
        }
    }
}

#[test]
fn sourced_again_the_shim_leaves_the_active_environment_alone() {
    for shell in posix_shells() {
        let sandbox = furnished(shell);
        let lines = "\\. ./shim\nworkon two\n\\. ./shim\n\\. ./scenario\n";
        let (output, path) = run(&sandbox, shell, lines);
        let first = "program two\nsourced post_activate \n";
        let expected = format!("{first}{}", outcome(&sandbox, &path));
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", shell.name);
        assert!(output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
    }
}

#[test]
fn an_environment_of_the_shell_outside_is_left_like_any_other() {
    for shell in posix_shells() {
        let sandbox = furnished(shell);
        let inherited = |lines: &str| {
            let (root, path) = (sandbox.workon_home().join("two"), value(&sandbox.command("sh"), "PATH"));
            let set =
                format!("VIRTUAL_ENV='{0}' PATH='{0}/bin:{path}'\nexport VIRTUAL_ENV PATH\n", root.display());
            run(&sandbox, shell, &format!("{set}\\. ./shim\n{lines}"))
        };
        let (output, path) = inherited("\\. ./scenario\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), outcome(&sandbox, &path), "{}", shell.name);
        assert!(output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
        let (output, path) = inherited("deactivate\necho \"${VIRTUAL_ENV-none} $PATH\"\n");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("none {path}\n"), "{}", shell.name);
    }
}

#[test]
fn a_shell_that_the_shim_is_not_for_leaves_it_silently() {
    let sandbox = Sandbox::new();
    sandbox.write_shim("bash", &sandbox.home().join("shim"));
    for words in [&["dash"][..], &["busybox", "ash"], &["yash"]] {
        if is_here(words[0]) {
            for options in [&[][..], &["-e"], &["-u"]] {
                let mut command = sandbox.command(words[0]);
                command.args(&words[1..]).args(options).args(["-c", ". ./shim"]);
                let output = command.output().expect("the shell runs");
                let is_silent = output.stdout.is_empty() && output.stderr.is_empty();
                assert!(output.status.success() && is_silent, "{words:?}: {}", told(&output));
            }
        }
    }
}

#[test]
fn the_shim_needs_nothing_of_the_path() {
    for shell in posix_shells() {
        let sandbox = furnished(shell);
        let (output, _) = run(&sandbox, shell, "\\. ./shim\nPATH=/nowhere\n\\. ./scenario\n");
        let expected = outcome(&sandbox, "/nowhere");
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", shell.name);
    }
    assert!(VENVYARD.starts_with('/'));
}

#[test]
fn a_program_that_is_gone_is_told_by_the_shim_alone() {
    for shell in shells() {
        let sandbox = Sandbox::new();
        let gone =
            if shell.dialect == "fish" { "set -g __venvyard_exe /gone" } else { "__venvyard_exe=/gone" };
        let output = sandbox.run(shell, &format!("{gone}\nworkon blog || exit 3"));
        let errors = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = errors.lines().collect();
        let is_told = lines.len() == 2 && lines[0] == "ERROR: There is no program /gone.";
        assert!(is_told && lines[1].starts_with("hint: command -v venvyard  #"), "{}: {errors}", shell.name);
        assert_eq!(output.status.code(), Some(3), "{}", shell.name);
    }
}
