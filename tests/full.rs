//! Disks that are full, read-only or forbidden, and few open files: one error with the path and what to type, and
//! everything as it was.
//!
//! The disks are small file systems in a namespace of their own, which vanish with it.

use std::fs;
use std::process::Command;

use crate::support::{Sandbox, VENVYARD, is_here, is_root, told};

/// What the scenes begin with: `try WORDS` tells in a line how the program fared and whether anything changed.
const PRELUDE: &str = r#"
PATH=/usr/bin:/bin:$PATH # whose interpreter others can start too
small() { mkdir -p "$2" && mount -t tmpfs -o "size=$1,mode=755" none "$2"; }
seen() { (cd "$WORKON_HOME" && find . | sort && find . -type f -exec cksum {} + | sort); }
count() { grep -c "$1" "$HOME/err"; }
try() {
    seen >"$HOME/before"
    $AS "$VENVYARD" "$@" >"$HOME/out" 2>"$HOME/err"
    code=$?
    seen | cmp -s - "$HOME/before" && change=same || change=changed
    grep -q '^ERROR: .*/' "$HOME/err" && where=path || where=nowhere
    echo "$code $(count '^ERROR: ') $(test "$(count '^hint: ')" -gt 0 && echo hint) $change $where: $*"
    cat "$HOME/err" >&2
}
make() { "$VENVYARD" mkvirtualenv --without-pip "$1" >"$HOME/out" 2>"$HOME/err" && test -x "$WORKON_HOME/$1/bin/python"; }
enter() { $AS "$VENVYARD" workon blog >"$HOME/out" 2>"$HOME/err" && ! test -s "$HOME/err"; }
AS=''
mkdir -p "$WORKON_HOME"
"#;

/// What changes the home, with `blog` in it and active.
const CHANGES: [&str; 8] = [
    "mkvirtualenv --without-pip new",
    "cpvirtualenv blog new",
    "mvvirtualenv blog new",
    "mktmpenv --without-pip",
    "mkproject --without-pip new",
    "add2virtualenv /opt",
    "toggleglobalsitepackages",
    "setvirtualenvproject blog /opt",
];

/// Runs `script` in a namespace with file systems of its own: each `try` in it must fail well.
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "tests read the environment they run in")]
fn tell(script: &str) {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command("unshare");
    if !is_allowed(&mut sandbox.command("unshare")) {
        assert!(!is_root() || std::env::var_os("CI").is_none(), "root in CI must be able to mount");
        eprintln!("SKIPPED: this user cannot mount file systems in a namespace (unshare -m)");
        return;
    }
    command.args(["-m", "sh", "-c", &format!("{PRELUDE}{script}")]).env("VENVYARD", VENVYARD);
    command.env("VENVYARD_SHELL", "bash").env("VENVYARD_INITIALIZED", "yes");
    command.env("PROJECT_HOME", sandbox.home()).env("VIRTUAL_ENV", sandbox.workon_home().join("blog"));
    let output = command.output().expect("unshare runs");
    assert!(output.status.success(), "{}", told(&output));
    let told = told(&output);
    let shown = output.stdout.split(|&byte| byte == b'\n').map(String::from_utf8_lossy);
    let wrong: Vec<String> = shown
        .filter(|line| !line.is_empty() && !line.starts_with("1 1 hint same path: "))
        .map(Into::into)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}: {told}");
}

fn is_allowed(unshare: &mut Command) -> bool {
    let probe = "mount -t tmpfs none /mnt";
    unshare.args(["-m", "sh", "-c", probe]).output().is_ok_and(|output| output.status.success())
}

/// Lines that make `blog`, do what is `between`, enter it all the same, and try each change.
fn changes(between: &str) -> String {
    let tries = CHANGES.map(|change| ["try ", change, "\n"].concat()).concat();
    let package = "mkdir \"$(echo \"$WORKON_HOME\"/blog/lib/python3*/site-packages)/thing-1.dist-info\"";
    format!(
        "make blog && {package} || exit 7\n{between}\nenter || {{ cat \"$HOME/err\" >&2; exit 8; }}\n{tries}"
    )
}

#[test]
fn a_full_home_keeps_what_is_in_it() {
    let fill = "head -c 9000000 /dev/zero >\"$WORKON_HOME/fill\" 2>/dev/null";
    let script = changes(fill);
    // To wipe takes no place.
    tell(&format!("small 1m \"$WORKON_HOME\"\n{script}try wipeenv | grep -q '^0 0 ' || exit 1\n"));
}

#[test]
fn a_read_only_home_is_left_alone_and_can_be_worked_in() {
    let script = changes(
        "cp -R \"$WORKON_HOME/blog\" \"$WORKON_HOME/.old.removed-20260102T030405Z\"
         mount -o remount,ro \"$WORKON_HOME\"",
    );
    let tries = "unset VIRTUAL_ENV
         try rmvirtualenv blog
         try cache warm -i nothing
         mkdir -p \"$XDG_CONFIG_HOME/venvyard\"
         echo 'trash = \"100 years\"' >\"$XDG_CONFIG_HOME/venvyard/config.toml\"
         try rmvirtualenv blog
         try mkvirtualenv --clear --without-pip blog
         try restorevirtualenv old";
    tell(&format!("small 9m \"$WORKON_HOME\"\n{script}{tries}\n"));
}

#[test]
fn a_home_of_somebody_else_is_left_alone_and_can_be_worked_in() {
    let script = changes(
        "cp \"$VENVYARD\" \"$HOME/venvyard\" && VENVYARD=$HOME/venvyard && chmod 755 \"$HOME/..\" \"$HOME\"
         AS='setpriv --reuid=65534 --regid=65534 --clear-groups env PATH=/usr/bin:/bin XDG_CONFIG_HOME=/nowhere'",
    );
    tell(&format!(
        "small 9m \"$WORKON_HOME\"\n{script}try wipeenv\nunset VIRTUAL_ENV\ntry rmvirtualenv blog\n"
    ));
}

#[test]
fn what_its_user_may_not_write_to_is_neither_replaced_nor_renamed() {
    tell(
        "cp \"$VENVYARD\" \"$HOME/venvyard\" && VENVYARD=$HOME/venvyard && chmod 755 \"$HOME/..\" \"$HOME\"
         small 40m \"$WORKON_HOME\" && make theirs && chown 65534 \"$WORKON_HOME\" || exit 1
         AS='setpriv --reuid=65534 --regid=65534 --clear-groups env PATH=/usr/bin:/bin XDG_CONFIG_HOME=/nowhere'
         export XDG_CACHE_HOME=\"$WORKON_HOME/.cache\"
         $AS \"$VENVYARD\" mkvirtualenv --without-pip mine 2>\"$HOME/err\" >&2 || { cat \"$HOME/err\" >&2; exit 2; }
         chmod 555 \"$WORKON_HOME/mine\"
         unset VIRTUAL_ENV
         for name in mine theirs; do
             try mkvirtualenv --clear --without-pip $name
             try mvvirtualenv $name new
         done",
    );
}

#[test]
fn a_cache_that_is_full_read_only_or_elsewhere_stops_no_creation() {
    tell(
        "export XDG_CACHE_HOME=\"$HOME/cache\"
         small 64k \"$XDG_CACHE_HOME\"
         head -c 9000000 /dev/zero >\"$XDG_CACHE_HOME/fill\" 2>/dev/null
         make one && grep -q '^NOTE: ' \"$HOME/err\" && grep -q '^hint: ' \"$HOME/err\" || exit 1
         rm \"$XDG_CACHE_HOME/fill\" && mount -o remount,ro \"$XDG_CACHE_HOME\"
         make two && grep -q '^NOTE: ' \"$HOME/err\" && grep -q '^hint: ' \"$HOME/err\" || exit 2
         mount -o remount,rw,size=9m \"$XDG_CACHE_HOME\"
         make three && ! test -s \"$HOME/err\" || exit 3
         mount -o remount,ro \"$XDG_CACHE_HOME\"
         try cache clear templates",
    );
}

#[test]
fn a_home_without_execution_is_served() {
    tell(
        "small 9m \"$WORKON_HOME\"
         mount -o remount,noexec \"$WORKON_HOME\"
         make blog && enter && try toggleglobalsitepackages | grep -q '^0 0  changed' || exit 1",
    );
}

#[test]
fn a_full_place_for_temporary_files_stops_nothing() {
    tell(
        "export TMPDIR=\"$HOME/tmp\"
         small 64k \"$TMPDIR\"
         head -c 9000000 /dev/zero >\"$TMPDIR/fill\" 2>/dev/null
         make blog && enter || exit 1
         for change in 'cpvirtualenv blog new' 'rmvirtualenv new' 'mktmpenv --without-pip' wipeenv; do
             try $change | grep -q '^0 0 ' || { echo \"$change\"; exit 2; }
         done",
    );
}

#[test]
fn a_dozen_open_files_are_enough() {
    let sandbox = Sandbox::new();
    let run = |words: &str| {
        let mut command = sandbox.command("sh");
        command.env("VENVYARD", VENVYARD).env("VIRTUAL_ENV", sandbox.workon_home().join("blog"));
        command.env("VENVYARD_SHELL", "bash");
        command.args(["-c", &format!("ulimit -n 16 && exec \"$VENVYARD\" {words}")]);
        let output = command.output().expect("sh runs");
        assert!(output.status.success(), "{words}: {}", told(&output));
    };
    run("mkvirtualenv --without-pip blog");
    let package = "cd \"$0\"/lib/python3*/site-packages && mkdir thing-1.dist-info";
    let made = sandbox.command("sh").args(["-c", package]).arg(sandbox.workon_home().join("blog")).status();
    assert!(made.is_ok_and(|status| status.success()));
    for words in ["cpvirtualenv blog copy", "mvvirtualenv copy new", "rmvirtualenv new", "wipeenv"] {
        run(words);
    }
    // What is wiped is deleted behind the command, hidden until then.
    let listed = sandbox.venvyard(&["lsvirtualenv", "-b"]);
    assert_eq!(told(&listed).matches("\nblog\n--- stderr\n").count(), 1, "{}", told(&listed));
}

#[test]
fn where_no_links_can_be_made_nothing_is_half_made() {
    if !is_here("strace") {
        return;
    }
    let sandbox = Sandbox::new();
    let run = |words: &[&str]| {
        let mut command = sandbox.command("strace");
        // The Python that makes an environment makes links too.
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=link,linkat,symlink,symlinkat"]);
        command.args(["-e", "inject=link,linkat,symlink,symlinkat:error=EPERM", VENVYARD]).args(words);
        command.env("VIRTUAL_ENV", sandbox.workon_home().join("blog"));
        command.env("XDG_CACHE_HOME", sandbox.home().join("cache")).env("VENVYARD_SHELL", "bash");
        command.output().expect("strace runs")
    };
    let mut make = sandbox.command(VENVYARD);
    make.env("VENVYARD_SHELL", "bash").args(["mkvirtualenv", "--without-pip", "blog"]);
    assert!(make.output().is_ok_and(|output| output.status.success()));
    for words in [
        &["mkvirtualenv", "--without-pip", "new"][..],
        &["mkvirtualenv", "--without-pip", "--clear", "blog"],
        &["cpvirtualenv", "blog", "new"],
        &["mvvirtualenv", "blog", "new"],
    ] {
        let output = run(words);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {told}");
        assert_eq!(told.matches("\nERROR: ").count(), 1, "{words:?}: {told}");
        assert!(told.contains("\nhint: "), "{words:?}: {told}");
        let left = fs::read_dir(sandbox.workon_home()).expect("a home");
        let left = left.map(|entry| entry.expect("one").file_name()).collect::<Vec<_>>();
        assert_eq!(left, ["blog"], "{words:?}: {told}");
        assert!(sandbox.workon_home().join("blog/bin/python").exists(), "{words:?}: {told}");
    }
    for words in [&["add2virtualenv", "/opt"][..], &["toggleglobalsitepackages"]] {
        let output = run(words);
        assert!(output.status.success(), "{words:?}: {}", told(&output));
    }
}

#[test]
fn settings_of_a_shell_that_cannot_be_written_stay_as_they_are() {
    tell(
        "export ZDOTDIR=\"$HOME/rc\"
         small 64k \"$ZDOTDIR\"
         echo 'alias a=b' >\"$ZDOTDIR/.zshrc\"
         cp \"$ZDOTDIR/.zshrc\" \"$HOME/old\"
         head -c 9000000 /dev/zero >\"$ZDOTDIR/fill\" 2>/dev/null
         try setup zsh
         mount -o remount,ro \"$ZDOTDIR\"
         try setup zsh
         cmp \"$ZDOTDIR/.zshrc\" \"$HOME/old\" && test \"$(ls -A \"$ZDOTDIR\" | wc -l)\" -eq 2",
    );
}
