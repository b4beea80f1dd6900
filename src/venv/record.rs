//! RECORD: the list of a package's files with their hashes.

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

/// Hash and size of a file as RECORD has them: sha256 in URL-safe base64 without padding.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256={},{}", Base64UrlUnpadded::encode_string(&Sha256::digest(bytes)), bytes.len())
}

/// A RECORD's text with `digest` and nothing else changed, or none if it lists no such file.
///
/// `digest` gives hash and size of a listed path if that file was rewritten.
pub(crate) fn record(text: &str, digest: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut changed = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let path = line.split(",sha256=").next().unwrap_or_default();
        match digest(path.trim_matches('"')) {
            Some(digest) if line.contains(",sha256=") => {
                changed = true;
                let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                format!("{path},{digest}{end}")
            }
            _ => line.to_owned(),
        }
    });
    let text: String = lines.collect();
    changed.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_follows_its_scripts() {
        let text = "../../../bin/pip,sha256=old,1\npip/__init__.py,sha256=keep,2\n";
        let new = record(text, |path| (path == "../../../bin/pip").then(|| digest(b"abc"))).unwrap();
        let hash = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
        assert_eq!(new, format!("../../../bin/pip,sha256={hash},3\npip/__init__.py,sha256=keep,2\n"));
        assert_eq!(record(text, |_| None), None);
    }
}
