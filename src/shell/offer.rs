//! What is offered when TAB is pressed, in lines as the glue of each shell reads them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::quote::inserted;
use super::{Line, Shell};

/// What may stand at the cursor.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Offer {
    /// What the candidates are, in a word.
    pub kind: &'static str,
    /// Words to choose from.
    pub candidates: Vec<Candidate>,
    /// What else may stand there, if no candidate does.
    pub otherwise: Otherwise,
    /// How many bytes of the word at the cursor are an option, which its value is joined to.
    pub joined: usize,
    /// Whether a candidate is not the end of a word.
    pub is_part: bool,
}

/// A word that may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The word, without what it is joined to.
    pub word: OsString,
    /// What people are told of it, in a line; empty if that is nothing.
    pub about: String,
}

/// What a shell completes by its own means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Otherwise {
    #[default]
    Nothing,
    /// Any file.
    Files,
    /// A directory.
    Directories,
    /// Another command, which begins with this word of the line.
    Command(usize),
}

impl Candidate {
    /// A word that tells enough by itself.
    pub(crate) fn bare(word: impl Into<OsString>) -> Self {
        Self { word: word.into(), about: String::new() }
    }
}

impl Offer {
    /// The lines for the glue: what is offered, how much of the word at the cursor is not touched, and a word for what
    /// the candidates are; then a candidate a line. `line` is what was offered for.
    ///
    /// Words with control characters are left out: no terminal shall obey them, and no line is cut by them.
    pub(crate) fn spelled(&self, shell: Shell, line: &Line) -> OsString {
        let is_plain = |candidate: &&Candidate| !candidate.word.as_bytes().iter().any(u8::is_ascii_control);
        let candidates: Vec<&Candidate> = self.candidates.iter().filter(is_plain).collect();
        let what = match self.otherwise {
            _ if !candidates.is_empty() => {
                if self.is_part {
                    "parts"
                } else {
                    "words"
                }
            }
            Otherwise::Nothing => "words",
            Otherwise::Files => "files",
            Otherwise::Directories => "directories",
            Otherwise::Command(_) => "command",
        };
        let skipped = match self.otherwise {
            Otherwise::Command(position) => position,
            _ if shell == Shell::Bash => self.joined.saturating_sub(line.kept),
            _ => self.joined,
        };
        let mut text = format!("{what} {skipped} {}\n", self.kind).into_bytes();
        let (option, value) = line.current.split_at(self.joined);
        // bash itself would look for a file of the whole word's name.
        if shell == Shell::Bash && skipped > 0 && ["files", "directories"].contains(&what) {
            text.extend([&option[line.kept..], b"\n", value, b"\n"].concat());
        }
        let width = candidates.iter().map(|candidate| columns(&candidate.word)).max().unwrap_or_default();
        let tells = candidates.iter().any(|candidate| !candidate.about.is_empty());
        for candidate in candidates {
            let word = candidate.word.as_bytes();
            match shell {
                Shell::Fish => text.extend([option, word, b"\t", candidate.about.as_bytes()].concat()),
                // What the list shows stands behind the word, since zsh itself would put words of one meaning in a row.
                Shell::Zsh if !candidate.about.is_empty() => {
                    let blanks = " ".repeat(width - columns(&candidate.word));
                    let about = format!("{blanks}  -- {}", candidate.about);
                    text.extend([word, b"\t", word, about.as_bytes()].concat());
                }
                Shell::Zsh if tells => text.extend([word, b"\t", word].concat()),
                Shell::Zsh => text.extend(word),
                Shell::Bash | Shell::Ksh | Shell::Mksh => {
                    let whole = [option, word].concat();
                    text.extend(inserted(whole.get(line.kept..).unwrap_or_default(), line.quote));
                }
            }
            text.push(b'\n');
        }
        OsString::from_vec(text)
    }
}

/// How wide a word is on a terminal, about.
fn columns(word: &OsStr) -> usize {
    word.to_string_lossy().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &[u8] = b" \t\n\"'><=;|&(:";

    fn spelled(shell: Shell, offer: &Offer, text: &str) -> String {
        let line = Line::read(shell, text.as_bytes(), BREAKS);
        offer.spelled(shell, &line).into_string().unwrap()
    }

    fn names() -> Offer {
        let candidates = vec![
            Candidate { word: "my env".into(), about: "Python 3.11.7".into() },
            Candidate::bare("é"),
            Candidate::bare("a\u{1b}[2J"),
        ];
        Offer { kind: "environment", candidates, ..Offer::default() }
    }

    #[test]
    fn each_shell_gets_what_it_inserts_and_what_it_shows() {
        assert_eq!(spelled(Shell::Bash, &names(), "workon "), "words 0 environment\nmy\\ env\né\n");
        assert_eq!(spelled(Shell::Bash, &names(), "workon 'm"), "words 0 environment\nmy env\né\n");
        let zsh = "words 0 environment\nmy env\tmy env  -- Python 3.11.7\né\té\n";
        assert_eq!(spelled(Shell::Zsh, &names(), "workon "), zsh);
        assert_eq!(
            spelled(Shell::Fish, &names(), "workon "),
            "words 0 environment\nmy env\tPython 3.11.7\né\t\n"
        );
    }

    #[test]
    fn what_is_joined_to_an_option_is_offered_as_the_shell_takes_it() {
        let offer = Offer {
            kind: "interpreter",
            candidates: vec![Candidate::bare("3.11")],
            joined: 9,
            ..Offer::default()
        };
        let text = "mkvirtualenv --python=3";
        assert_eq!(spelled(Shell::Bash, &offer, text), "words 0 interpreter\n3.11\n");
        assert_eq!(spelled(Shell::Zsh, &offer, text), "words 9 interpreter\n3.11\n");
        assert_eq!(spelled(Shell::Fish, &offer, text), "words 9 interpreter\n--python=3.11\t\n");
        let offer = Offer { joined: 2, ..offer };
        assert_eq!(spelled(Shell::Bash, &offer, "mkvirtualenv -p3"), "words 2 interpreter\n-p3.11\n");
    }

    #[test]
    fn without_candidates_the_shell_is_told_what_to_look_for() {
        let offer = Offer { kind: "file", otherwise: Otherwise::Files, ..Offer::default() };
        assert_eq!(spelled(Shell::Bash, &offer, "mkvirtualenv -r x"), "files 0 file\n");
        assert_eq!(
            spelled(Shell::Bash, &Offer { joined: 2, ..offer }, "mkvirtualenv -rx"),
            "files 2 file\n-r\nx\n"
        );
        let offer = Offer { kind: "command", otherwise: Otherwise::Command(1), ..Offer::default() };
        assert_eq!(spelled(Shell::Zsh, &offer, "allvirtualenv x"), "command 1 command\n");
    }
}
