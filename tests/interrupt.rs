//! Ctrl-C on a real terminal: the prompt is back, and all is as it was.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Sandbox, Shell, shells};
use crate::terminal::Terminal;

/// Every shell once, without options of its own.
fn plain_shells() -> impl Iterator<Item = Shell> {
    shells().into_iter().filter(|shell| shell.name == shell.words[0])
}

/// Waits until there is something in `directory`.
fn wait_for(directory: &Path) {
    let end = Instant::now() + Duration::from_secs(120);
    while fs::read_dir(directory).map_or(0, Iterator::count) == 0 {
        assert!(Instant::now() < end, "nothing in {}", directory.display());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_creation_is_interrupted_and_leaves_no_name() {
    for shell in plain_shells() {
        let sandbox = Sandbox::new();
        let mut terminal = Terminal::open(&sandbox, shell);
        terminal.run(match shell.dialect {
            "fish" => "set -gx XDG_CACHE_HOME $HOME/cache",
            _ => "export XDG_CACHE_HOME=\"$HOME/cache\"",
        });
        terminal.press("mkvirtualenv blog\r");
        // A Python makes a template, which takes seconds.
        wait_for(&sandbox.home().join("cache/venvyard"));
        terminal.press("\x03");
        assert_ne!(terminal.done().1, 0, "{}", shell.name);
        let (seen, _) = terminal.run("echo \"listed <$(lsvirtualenv -b)> in <$VIRTUAL_ENV>\"");
        assert!(seen.ends_with("\nlisted <> in <>\n"), "{}: {seen}", shell.name);
    }
}
