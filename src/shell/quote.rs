//! A word as a shell reads it: data, whatever is in it.

/// Quotes `word` for bash, zsh, ksh and mksh: the shell reads back exactly these bytes and expands none.
///
/// A word cannot hold NUL; operating systems hand out none. The quoted word is one line: under zsh's
/// `csh_junkie_quotes` no quotes may reach over a line's end.
pub(crate) fn posix(word: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(word.len() + 2);
    quoted.push(b'\'');
    for &byte in word {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            b'\n' => quoted.extend_from_slice(br"'$'\n''"),
            _ => quoted.push(byte),
        }
    }
    quoted.push(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::posix;

    #[test]
    fn only_the_single_quote_and_the_end_of_a_line_need_care() {
        assert_eq!(posix(b"blog"), b"'blog'");
        assert_eq!(posix(b""), b"''");
        assert_eq!(posix(b"it's $(rm) `x`\n\\"), b"'it'\\''s $(rm) `x`'$'\\n''\\'");
        assert_eq!(posix(b"\xff'"), b"'\xff'\\'''");
    }
}
