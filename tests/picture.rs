//! The picture in README is of a real run: it is drawn here, and holds as long as the same is seen.

use std::fs;

use anstyle_svg::Term;
use snapbox::{Assert, Data};

use crate::support::{Sandbox, project, shells};
use crate::terminal::Terminal;

/// What is typed, in a bash whose home has `trash = "7 days"` in its `config.toml`.
const TYPED: &str = "\
mkvirtualenv blog
mkvirtualenv shop
workon blogg
workon blog
cpvirtualenv blog trial
deactivate
rmvirtualenv trial
restorevirtualenv trial
workon
";

#[test]
fn the_picture_shows_what_is_seen() {
    let Some(bash) = shells().into_iter().find(|shell| shell.name == "bash") else { return };
    let sandbox = Sandbox::without_blanks();
    let directory = sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&directory).expect("made");
    fs::write(directory.join("config.toml"), "trash = \"7 days\"\n").expect("written");
    fs::create_dir(sandbox.home().join(".virtualenvs")).expect("made");
    let mut terminal = Terminal::open(&sandbox, bash);
    terminal.run("unset WORKON_HOME; TERM=xterm-256color; PS1='$ '");
    // Behind a prompt stands the end of the line that told the driver to go on.
    let seen: String = TYPED.lines().map(|line| terminal.run(line).0.trim_start().to_owned()).collect();
    let assert = Assert::new().action_env("SNAPSHOTS").normalize_paths(false);
    let drawn = Term::new().render_svg(&seen);
    assert.eq(drawn, Data::read_from(&project().join("docs/first-steps.svg"), None).raw());
}
