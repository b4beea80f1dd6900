//! Disks that are full, read-only or forbidden, and few open files: one error with the path and what to type, and
//! everything as it was.
//!
//! The disks are small file systems in a namespace of their own, which vanish with it.

use std::process::Command;

use crate::support::{Sandbox, VENVYARD, told};

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
    echo "$code $(count '^ERROR: ') $(test "$(count '^hint: ')" -gt 0 && echo hint) $change: $*"
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
#[expect(clippy::print_stderr, reason = "what is skipped is told")]
fn tell(script: &str) {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command("unshare");
    if !is_allowed(&mut sandbox.command("unshare")) {
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
        .filter(|line| !line.is_empty() && !line.starts_with("1 1 hint same: "))
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
    format!("make blog || exit 7\n{between}\nenter || {{ cat \"$HOME/err\" >&2; exit 8; }}\n{tries}")
}

#[test]
fn a_full_home_keeps_what_is_in_it() {
    let fill = "head -c 9000000 /dev/zero >\"$WORKON_HOME/fill\" 2>/dev/null";
    tell(&format!("small 1m \"$WORKON_HOME\"\n{}", changes(fill)));
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
    tell(&format!("small 9m \"$WORKON_HOME\"\n{script}unset VIRTUAL_ENV\ntry rmvirtualenv blog\n"));
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
