//! A command line up to the cursor, read as its shell reads it, as far as completion has to.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use super::Shell;

/// One simple command as far as it is typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// The words before the one at the cursor, unquoted; redirections are left out.
    pub words: Vec<OsString>,
    /// The word at the cursor, unquoted; empty after a blank.
    pub current: Vec<u8>,
    /// How many bytes of it readline keeps: what stands before the last letter that breaks words, or the open quote.
    pub kept: usize,
    /// The quote that is open at the cursor.
    pub quote: Quote,
    /// Whether it names the file of a redirection.
    pub is_target: bool,
}

/// In what a letter stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Quote {
    #[default]
    None,
    /// `'…'`, in which nothing acts.
    Single,
    /// `'…'` of fish, or `$'…'`, in which a backslash does.
    Escaping,
    /// `"…"`.
    Double,
}

impl Line {
    /// Reads `text`, one simple command. `breaks` are the letters that bash besides blanks takes for the end of a word
    /// (`$COMP_WORDBREAKS`). Nothing is expanded: a `$` is a letter.
    pub(crate) fn read(shell: Shell, text: &[u8], breaks: &[u8]) -> Self {
        let mut reader =
            Reader { line: Self::default(), word: None, is_target: false, depth: 0, before_quote: 0, breaks };
        let mut position = 0;
        while position < text.len() {
            position += reader.take(shell, &text[position..]);
        }
        let Reader { mut line, word, is_target, .. } = reader;
        line.current = word.unwrap_or_default();
        line.is_target = is_target;
        line
    }
}

struct Reader<'a> {
    line: Line,
    word: Option<Vec<u8>>,
    is_target: bool,
    /// How many parentheses are open, in which a blank ends no word.
    depth: usize,
    /// What was kept when the last quote was opened.
    before_quote: usize,
    breaks: &'a [u8],
}

impl Reader<'_> {
    /// Takes in what `rest` begins with, and returns how many bytes that are.
    fn take(&mut self, shell: Shell, rest: &[u8]) -> usize {
        let (byte, next) = (rest[0], rest.get(1).copied());
        match (self.line.quote, byte) {
            (Quote::None, b' ' | b'\t' | b'\n') if self.depth == 0 => self.end_word(),
            (Quote::None | Quote::Escaping, b'\\') => {
                self.push(next);
                return 2;
            }
            (Quote::Double, b'\\') if next.is_none_or(|next| b"$`\"\\\n".contains(&next)) => {
                self.push(next);
                return 2;
            }
            (Quote::None, b'$') if next == Some(b'\'') && shell != Shell::Fish => {
                self.open(Quote::Escaping);
                return 2;
            }
            (Quote::None, b'\'') if shell == Shell::Fish => self.open(Quote::Escaping),
            (Quote::None, b'\'') => self.open(Quote::Single),
            (Quote::None, b'"') => self.open(Quote::Double),
            (Quote::Single | Quote::Escaping, b'\'') | (Quote::Double, b'"') => self.close(),
            (Quote::None, b'<' | b'>') if self.depth == 0 => return self.redirect(rest),
            (Quote::None, b'&') if next == Some(b'>') => return 1 + self.redirect(&rest[1..]),
            (quote, byte) => {
                if quote == Quote::None {
                    match byte {
                        b'(' => self.depth += 1,
                        b')' => self.depth = self.depth.saturating_sub(1),
                        _ => {}
                    }
                }
                self.push(Some(byte));
                if quote == Quote::None && self.breaks.contains(&byte) {
                    self.line.kept = self.word.as_ref().map_or(0, Vec::len);
                }
            }
        }
        1
    }

    fn push(&mut self, byte: Option<u8>) {
        self.word.get_or_insert_default().extend(byte);
    }

    fn open(&mut self, quote: Quote) {
        self.push(None);
        self.before_quote = self.line.kept;
        self.line.quote = quote;
        self.line.kept = self.word.as_ref().map_or(0, Vec::len);
    }

    fn close(&mut self) {
        self.line.quote = Quote::None;
        self.line.kept = self.before_quote;
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.is_target)
        {
            self.line.words.push(OsString::from_vec(word));
        }
        self.line.kept = 0;
    }

    /// Takes in an operator; the number before it, if there is one, is a descriptor and no word.
    fn redirect(&mut self, rest: &[u8]) -> usize {
        if self.word.as_ref().is_some_and(|word| word.iter().all(u8::is_ascii_digit)) {
            self.word = None;
        }
        self.end_word();
        self.is_target = true;
        rest.iter().take_while(|byte| b"<>&|?".contains(byte)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &[u8] = b" \t\n\"'><=;|&(:";

    fn read(shell: Shell, text: &str) -> (String, String) {
        let line = Line::read(shell, text.as_bytes(), BREAKS);
        let words: Vec<_> = line.words.iter().map(|word| word.to_str().unwrap()).collect();
        (words.join("|"), String::from_utf8(line.current).unwrap())
    }

    #[test]
    fn words_are_read_without_their_quotes() {
        for (text, words, current) in [
            ("workon ", "workon", ""),
            ("workon bl", "workon", "bl"),
            (r#"rmvirtualenv 'my env' it\'s "a \$b" c"#, "rmvirtualenv|my env|it's|a $b", "c"),
            ("workon 'my e", "workon", "my e"),
            (r#"workon "my \"e"#, "workon", "my \"e"),
            (r"workon $'it\'s e", "workon", "it's e"),
            ("mkvirtualenv --python=3.1", "mkvirtualenv", "--python=3.1"),
            ("workon $(touch x) b", "workon|$(touch x)", "b"),
            ("workon '' b\\", "workon|", "b"),
        ] {
            assert_eq!(read(Shell::Bash, text), (words.into(), current.into()), "{text}");
        }
        assert_eq!(read(Shell::Fish, r"workon 'it\'s' 'a\\"), ("workon|it's".into(), "a\\".into()));
        assert_eq!(read(Shell::Bash, r"workon 'a\' b"), (r"workon|a\".into(), "b".into()));
    }

    #[test]
    fn a_redirection_is_no_word() {
        for (text, words, is_target) in [
            ("workon > fi", "workon", true),
            ("workon >fi", "workon", true),
            ("workon 2>&1 >> fi", "workon", true),
            ("workon &> fi", "workon", true),
            ("workon 2>file b", "workon", false),
            ("workon a>", "workon|a", true),
            ("workon '>' b", "workon|>", false),
        ] {
            let line = Line::read(Shell::Bash, text.as_bytes(), BREAKS);
            let seen: Vec<_> = line.words.iter().map(|word| word.to_str().unwrap()).collect();
            assert_eq!((seen.join("|").as_str(), line.is_target), (words, is_target), "{text}");
        }
    }

    #[test]
    fn readline_keeps_what_stands_before_a_break_or_an_open_quote() {
        for (text, kept, quote) in [
            ("workon bl", 0, Quote::None),
            ("mkvirtualenv --python=3", 9, Quote::None),
            (r"workon a\:b", 0, Quote::None),
            ("workon a:b", 2, Quote::None),
            ("workon 'a:b", 0, Quote::Single),
            ("workon 'a:b'c", 0, Quote::None),
            ("workon a:'b'c", 2, Quote::None),
            ("workon ab\"c", 2, Quote::Double),
        ] {
            let line = Line::read(Shell::Bash, text.as_bytes(), BREAKS);
            assert_eq!((line.kept, line.quote), (kept, quote), "{text}");
        }
    }
}
