//! TAB, pressed on a terminal in bash, zsh and fish whose rc file has nothing of ours but `venvyard init`, or not even that.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;

use crate::support::{Sandbox, Shell, VENVYARD, fish_quoted, is_here, project, shells};
use crate::terminal::Terminal;

/// What an rc file has: a name to tell it by, the shell that reads it, and its lines around ours. `FILES` in place of
/// those before: ours is not there, but the files of `make install` are.
struct Way {
    name: &'static str,
    shell: &'static str,
    before: &'static str,
    after: &'static str,
}

/// The lines that show what a command gets, in place of what it does.
const SHOWN: &str = "for each in add2virtualenv allvirtualenv cdsitepackages cdvirtualenv cpvirtualenv lsvirtualenv \
    mkproject mktmpenv mkvirtualenv mvvirtualenv restorevirtualenv rmvirtualenv setvirtualenvproject showvirtualenv \
    venvyard workon";

const BASH_COMPLETION: &str = ". /usr/share/bash-completion/bash_completion";

const COMPINIT: &str = "autoload -Uz compinit && compinit -u -d ~/.zcompdump";

const FILES: &str = "completion by installed files";

const WAYS: [Way; 12] = [
    Way { name: "bash", shell: "bash", before: "", after: "" },
    Way { name: "bash with bash-completion", shell: "bash", before: BASH_COMPLETION, after: "" },
    Way {
        name: "bash, set in its own way",
        shell: "bash",
        before: "",
        after: "set -euf; IFS=abcdefghijklmnopqrstuvwxyz/_.-0123456789; shopt -s nocasematch nullglob failglob xpg_echo\n\
                alias local=false export=false exec=false complete=false compopt=false set=false unset=false",
    },
    Way { name: "zsh, compinit before", shell: "zsh", before: COMPINIT, after: "" },
    Way { name: "zsh, compinit after", shell: "zsh", before: "", after: COMPINIT },
    Way { name: "zsh, compinit never", shell: "zsh", before: "", after: "" },
    Way {
        name: "zsh, where compdef takes notes until compinit comes",
        shell: "zsh",
        before: "compdef() { notes+=(\"$*\"); }",
        after: "later() { unfunction compdef; autoload -Uz compinit && compinit -u -d ~/.zcompdump; local note\n\
                for note in $notes; do compdef ${=note}; done; }",
    },
    Way {
        name: "zsh, set in its own way",
        shell: "zsh",
        before: COMPINIT,
        after: "setopt ksh_arrays sh_word_split no_unset glob_subst null_glob err_return warn_create_global; IFS=abcwno/-_\n\
                alias exec=false export=false shift=false compset=false compadd=false read=false",
    },
    Way { name: "fish", shell: "fish", before: "", after: "" },
    Way { name: "bash by files", shell: "bash", before: FILES, after: BASH_COMPLETION },
    Way { name: "zsh by files", shell: "zsh", before: FILES, after: COMPINIT },
    Way { name: "fish by files", shell: "fish", before: FILES, after: "" },
];

/// What is typed before TAB, and the words that the command gets then. In each, `/` at the end of a directory is the
/// shell's own affair.
const NAMES: &[(&str, &str)] = &[
    ("workon bl", "workon|blog"),
    ("workon m", "workon|my env"),
    ("workon 'm", "workon|my env"),
    ("workon \"m", "workon|my env"),
    ("workon it", "workon|it's"),
    ("workon a", "workon|a$(touch pwned)"),
    ("workon é", "workon|é☂"),
    ("workon x", "workon|x:y=z"),
    ("rmvirtualenv shop s", "rmvirtualenv|shop|side"),
    ("mkvirtualenv -p 9", "mkvirtualenv|-p|9.8"),
];

/// The same for what takes more than names.
const ARGUMENTS: &[(&str, &str)] = &[
    ("workon x:y", "workon|x:y=z"),
    ("workon -- -d", "workon|--|-dash"),
    ("workon --no", "workon|--no-cd"),
    ("showvirtualenv bl", "showvirtualenv|blog"),
    ("mvvirtualenv bl", "mvvirtualenv|blog"),
    ("cpvirtualenv bl", "cpvirtualenv|blog"),
    ("cpvirtualenv sou", "cpvirtualenv|source"),
    ("setvirtualenvproject blog sou", "setvirtualenvproject|blog|source"),
    ("restorevirtualenv g", "restorevirtualenv|gone"),
    ("restorevirtualenv gone 2", "restorevirtualenv|gone|20260101T000000Z"),
    ("mkvirtualenv --python=9", "mkvirtualenv|--python=9.8"),
    ("mkvirtualenv -p9", "mkvirtualenv|-p9.8"),
    ("mkvirtualenv -r req", "mkvirtualenv|-r|req list.txt"),
    ("mkvirtualenv -rreq", "mkvirtualenv|-rreq list.txt"),
    ("mkvirtualenv -a sou", "mkvirtualenv|-a|source"),
    ("mktmpenv --up", "mktmpenv|--upgrade-deps"),
    ("mkproject -t dj", "mkproject|-t|django site"),
    ("lsvirtualenv --j", "lsvirtualenv|--json"),
    ("cdvirtualenv li", "cdvirtualenv|lib"),
    ("cdsitepackages dj", "cdsitepackages|django"),
    ("add2virtualenv sou", "add2virtualenv|source"),
    ("add2virtualenv -d /s", "add2virtualenv|-d|/src/one"),
    ("allvirtualenv lsvirtualen", "allvirtualenv|lsvirtualenv"),
    ("venvyard worko", "venvyard|workon"),
    ("venvyard rmvirtualenv bl", "venvyard|rmvirtualenv|blog"),
    ("venvyard init fi", "venvyard|init|fish"),
];

/// A home with some of everything that is completed.
fn furnished(way: &Way) -> Sandbox {
    // bash-completion finds no files of a user whose home has a blank.
    let sandbox = if way.before == FILES { Sandbox::without_blanks() } else { Sandbox::new() };
    let names = ["blog", "my env", "it's", "a$(touch pwned)", "é☂", "x:y=z", "shop", "side", "-dash"];
    let write = |path: &str, text: &str| {
        let file = sandbox.home().join(path);
        fs::create_dir_all(file.parent().expect("a directory")).expect("made");
        fs::write(file, text).expect("written");
    };
    for name in names {
        write(&format!("envs/{name}/bin/activate"), "");
        write(&format!("envs/{name}/pyvenv.cfg"), "version = 3.11.7\n");
    }
    let packages = "envs/blog/lib/python3.11/site-packages";
    write(&format!("{packages}/django/apps.py"), "");
    write(&format!("{packages}/_virtualenv_path_extensions.pth"), "import sys\n/src/one\n");
    write("envs/.gone.removed-20260101T000000Z/bin/activate", "");
    write("envs/templates/django site/README", "A site\n");
    write("source/code.py", "");
    write("req list.txt", "");
    write("pyenv/versions/9.8.7/bin/python", "");
    let python = sandbox.home().join("pyenv/versions/9.8.7/bin/python");
    fs::set_permissions(python, fs::Permissions::from_mode(0o755)).expect("set");
    sandbox
}

/// The files of our completion where the shells of a user look for them.
fn lay_out_files(sandbox: &Sandbox) {
    let link = |file: &str, place: String| {
        let place = sandbox.home().join(place);
        fs::create_dir_all(place.parent().expect("a directory")).expect("made");
        symlink(project().join("completions").join(file), place).expect("linked");
    };
    link("_venvyard", "site-functions/_venvyard".into());
    for (command, _) in NAMES.iter().chain(ARGUMENTS).filter_map(|(typed, _)| typed.split_once(' ')) {
        if !sandbox.home().join(format!(".config/fish/completions/{command}.fish")).exists() {
            link("venvyard.bash", format!(".local/share/bash-completion/completions/{command}.bash"));
            link("venvyard.fish", format!(".config/fish/completions/{command}.fish"));
        }
    }
}

/// A shell of `way` at its first prompt.
fn opened(way: &Way, sandbox: &Sandbox) -> Terminal {
    let shell: Shell = shells().into_iter().find(|shell| shell.name == way.shell).expect("it is here");
    let home = sandbox.home();
    let tell = "echo \"<do\"\"ne $?>\"";
    let load = match (way.before, way.shell) {
        (FILES, shell) => {
            lay_out_files(sandbox);
            if shell == "zsh" { "fpath=(~/site-functions $fpath)".to_owned() } else { String::new() }
        }
        (_, "fish") => format!("'{VENVYARD}' init fish | source"),
        (before, shell) => format!("{before}\neval \"$('{VENVYARD}' init {shell})\""),
    };
    let lines = format!("{load}\n{}\n", way.after);
    let shown = format!("{SHOWN}; do eval \"$each() {{ printf '[%s]' $each \\\"\\$@\\\"; echo; }}\"; done\n");
    let (file, rc, start) = match way.shell {
        "bash" => (".bashrc", format!("PROMPT_COMMAND='{tell}'\n{lines}"), "exec bash -i"),
        "zsh" => {
            let plain = "unset zle_bracketed_paste; unsetopt prompt_cr prompt_sp";
            let rc = format!("{plain}; precmd() {{ {tell}; }}\n{lines}");
            (".zshrc", rc, "exec env ZDOTDIR=$HOME zsh -d -i")
        }
        _ => {
            let tell = "function tell --on-event fish_postexec; echo \"<do\"\"ne $status>\"; end";
            let plain = "function fish_greeting; end; function fish_prompt; echo -n '# '; end";
            let rc = format!("{plain}; {tell}; echo \"<do\"\"ne 0>\"\n{lines}");
            (".config/fish/config.fish", rc, "exec fish -i")
        }
    };
    let file = home.join(file);
    fs::create_dir_all(file.parent().expect("a directory")).expect("made");
    fs::write(file, rc).expect("written");
    let mut terminal = Terminal::open(sandbox, shell);
    let program = Path::new(VENVYARD).parent().expect("a directory").display();
    terminal.run(&match way.shell {
        "fish" => format!(
            "set -gx VIRTUAL_ENV $HOME/envs/blog; set -gx PYENV_ROOT $HOME/pyenv; set -gx PATH /usr/bin /bin {}",
            fish_quoted(&program.to_string())
        ),
        _ => format!(
            "export VIRTUAL_ENV=$HOME/envs/blog PYENV_ROOT=$HOME/pyenv PATH='/usr/bin:/bin:{program}'"
        ),
    });
    terminal.run(start);
    let redefined = match way.shell {
        "fish" => format!(
            "{SHOWN}; function $each --inherit-variable each; printf '[%s]' $each $argv; echo; end; end"
        ),
        _ => shown,
    };
    terminal.run(&redefined);
    // How often a shell that replaces another one tells that it is done is nobody's affair.
    terminal.press("echo rea''dy\r");
    terminal.until("ready");
    terminal.done();
    terminal
}

/// The words that the command gets after `typed` and TAB, with `|` between.
fn completed(terminal: &mut Terminal, typed: &str) -> String {
    terminal.press(&format!("{typed}\t"));
    terminal.press("\r");
    let (seen, _) = terminal.done();
    assert!(!seen.contains("o such file") && !seen.contains("nknown command"), "{seen}");
    // What is shown after the echo of the keys.
    let command = typed.split(' ').next().unwrap_or_default();
    let start = seen.rfind(&format!("[{command}]")).unwrap_or_default();
    let words = seen[start..].trim_end().trim_start_matches('[').trim_end_matches(']');
    words.trim_end_matches('/').replace("][", "|")
}

fn check(way: &Way) -> Vec<String> {
    let sandbox = furnished(way);
    let mut terminal = opened(way, &sandbox);
    let is_set_up = !["before", "never", "notes", "own way"].iter().any(|word| way.name.contains(word));
    if way.name.contains("notes") {
        terminal.run("later");
    }
    let others = if is_set_up { ARGUMENTS } else { &[] };
    let mut failures = Vec::new();
    for (typed, expected) in NAMES.iter().chain(others) {
        let seen = completed(&mut terminal, typed);
        if seen != *expected {
            failures.push(format!("{}: {typed}: {seen}", way.name));
        }
    }
    // Files, wherever a redirection names one.
    terminal.press("workon bl\t >req\t");
    terminal.press("\r");
    terminal.done();
    let written = fs::read_to_string(sandbox.home().join("req list.txt")).expect("there");
    if way.name != "zsh, compinit never" && written != "[workon][blog]\n" {
        failures.push(format!("{}: a redirection: {written}", way.name));
    }
    if sandbox.home().join("pwned").exists() {
        failures.push(format!("{}: a name was run", way.name));
    }
    failures
}

#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "tests read the environment they run in")]
fn has_bash_completion() -> bool {
    let here = Path::new(&BASH_COMPLETION[2..]).exists();
    assert!(here || std::env::var_os("CI").is_none(), "CI must have bash-completion: make setup");
    if !here {
        eprintln!("SKIPPED: bash-completion is not here; make setup installs it");
    }
    here
}

#[test]
fn what_is_begun_tab_completes_whatever_the_rc_file_has() {
    let ways = WAYS.iter().filter(|way| is_here(way.shell));
    let ways =
        ways.filter(|way| ![way.before, way.after].contains(&BASH_COMPLETION) || has_bash_completion());
    let failures: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = ways.map(|way| scope.spawn(move || check(way))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("run")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn where_the_program_is_gone_tab_is_silent() {
    for shell in shells().into_iter().filter(|shell| ["bash", "zsh", "fish"].contains(&shell.name)) {
        let sandbox = Sandbox::new();
        sandbox.hollow("blog");
        let mut terminal = Terminal::open(&sandbox, shell);
        let (set, define) = match shell.name {
            "fish" => ("set -g __venvyard_exe ", "function workon; printf '[%s]' workon $argv; echo; end"),
            _ => ("__venvyard_exe=", "workon() { printf '[%s]' workon \"$@\"; echo; }"),
        };
        terminal.run(define);
        // Before what the program prints at the first TAB is there, and after.
        for _ in 0..2 {
            terminal.run(&format!("{set}/gone"));
            assert_eq!(completed(&mut terminal, "workon bl"), "workon|bl", "{}", shell.name);
            terminal.run(&format!("{set}'{VENVYARD}'"));
            assert_eq!(completed(&mut terminal, "workon bl"), "workon|blog", "{}", shell.name);
        }
    }
}
