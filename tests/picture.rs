//! The picture in README is of a real run: it is drawn here, and holds as long as the same is seen.

use std::fs;
use std::num::NonZeroU16;

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

/// The size of the screen: the terminal's.
const LINES: NonZeroU16 = NonZeroU16::new(50).expect("lines");
const COLUMNS: NonZeroU16 = NonZeroU16::new(200).expect("columns");

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
    // What a person sees in the end: a wheel that turned for a while has left nothing.
    let mut screen = vt100::Parser::new(LINES, COLUMNS, 0);
    TYPED.lines().for_each(|line| screen.process(&terminal.record("$ ", line)));
    let rows = screen.screen().rows_formatted(0, COLUMNS.get());
    let rows: Vec<String> = rows.map(|row| row.trim_end().to_owned()).collect();
    let drawn = Term::new().render_svg(rows.join("\n").trim_end());
    let assert = Assert::new().action_env("SNAPSHOTS").normalize_paths(false);
    assert.eq(drawn, Data::read_from(&project().join("docs/first-steps.svg"), None).raw());
}
