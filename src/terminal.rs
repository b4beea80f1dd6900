//! Words for people, on stderr.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Says `text`; its first word in capitals and a `hint:` at the start of a line stand out on a terminal.
pub(crate) fn say(text: &str) {
    let mut stderr = anstream::stderr().lock();
    for line in text.lines() {
        let style = match line.split_once(':') {
            Some(("ERROR", _)) => ERROR,
            Some(("WARNING", _)) => WARNING,
            Some(("hint", _)) => HINT,
            _ => Style::new(),
        };
        let (word, rest) = match line.split_once(':') {
            Some((word, rest)) if style != Style::new() => (format!("{word}:"), rest),
            _ => (String::new(), line),
        };
        // Nobody is left to be told that stderr is closed.
        let _ = writeln!(stderr, "{style}{word}{style:#}{}", printable(rest));
    }
}

/// Says what could not be done, and returns the status of that.
pub(crate) fn error(error: &anyhow::Error) -> u8 {
    say(&format!("ERROR: {error:#}"));
    1
}

/// Says what was not understood, and returns the status of that.
pub(crate) fn misuse(text: &str) -> u8 {
    say(text);
    2
}

/// Shows `text` with a turning wheel, from 0.4 seconds on until the returned guard is dropped; only on a terminal.
pub(crate) fn progress(text: &str) -> Progress {
    if !std::io::stderr().is_terminal() {
        return Progress(None);
    }
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        .with_message(printable(text));
    // The first tick draws it: what is done sooner shows nothing.
    bar.enable_steady_tick(Duration::from_millis(400));
    Progress(Some(bar))
}

/// A running progress line.
pub(crate) struct Progress(Option<ProgressBar>);

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// `text` with control characters, which a terminal would obey, made visible.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|letter| match letter {
            '\t' => vec![letter],
            _ if letter.is_control() => letter.escape_default().collect(),
            _ => vec![letter],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_terminal_is_never_commanded() {
        assert_eq!(printable("a\u{1b}[2Jb é"), "a\\u{1b}[2Jb é");
    }
}
