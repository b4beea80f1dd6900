//! What is to be installed into an environment, and the lines that do it.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::{Uv, Venv};

/// What is to be installed, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installs {
    /// Requirements files: absolute paths or URLs.
    pub requirements: Vec<OsString>,
    /// Packages as pip understands them.
    pub packages: Vec<OsString>,
    /// Directories, absolute, or pages that hold packages.
    pub find_links: Vec<OsString>,
    /// Whether there is no index.
    pub offline: bool,
    /// Whether pip's settings name an interpreter, under which it would start anew.
    pub names_python: bool,
}

impl Installs {
    /// The lines by which pip installs it into `venv`, whatever its settings say; a program and its words each.
    pub fn by_pip(&self, venv: &Venv) -> Vec<Vec<OsString>> {
        // No variable can say that there is no target.
        self.lines(&self.pip(venv, &["install", "--target="]))
    }

    /// The lines by which `uv` installs it into `venv`.
    pub(crate) fn by_uv(&self, venv: &Venv, uv: &Uv) -> Vec<Vec<OsString>> {
        let mut start = uv.install(&venv.python());
        start.extend(self.offline.then(|| "--offline".into()));
        self.lines(&start)
    }

    /// The lines by which the pip of `venv` puts wheels of it, and of all that it needs, into `directory`.
    pub fn wheels(&self, venv: &Venv, directory: &Path) -> Vec<Vec<OsString>> {
        let mut start = self.pip(venv, &["wheel", "--wheel-dir"]);
        start.push(directory.into());
        self.lines(&start)
    }

    /// How pip is called. Python runs isolated, so that no module of the working directory or PYTHONPATH gets into
    /// pip's way. pip's variables win over its files.
    fn pip(&self, venv: &Venv, command: &[&str]) -> Vec<OsString> {
        let mut prefix = OsString::from("PIP_PREFIX=");
        prefix.push(venv.root());
        let mut words = vec!["/usr/bin/env".into(), "PIP_USER=0".into(), "PIP_ROOT=/".into(), prefix];
        if self.names_python {
            // It cannot be told of none, and does not start anew in isolation.
            let mut python = OsString::from("PIP_PYTHON=");
            python.push(venv.python());
            words.extend([python, "PYTHONPATH=".into(), "PYTHONHOME=".into()]);
        }
        // A page would be asked. An empty variable says nothing, a blank one that there are none.
        words.extend(self.offline.then(|| "PIP_FIND_LINKS= ".into()));
        words.push(venv.python().into());
        words.extend(["-I", "-m", "pip"].iter().chain(command).map(OsString::from));
        words
    }

    /// `start` once with the requirements and once with the packages, where there are such.
    fn lines(&self, start: &[OsString]) -> Vec<Vec<OsString>> {
        let each = |option: &str, values: &[OsString]| -> Vec<OsString> {
            values.iter().flat_map(|value| [OsString::from(option), value.clone()]).collect()
        };
        let sources = [
            each("--find-links", &self.find_links),
            if self.offline { vec!["--no-index".into()] } else { Vec::new() },
        ];
        let wanted = [each("-r", &self.requirements), self.packages.clone()];
        let wanted = wanted.into_iter().filter(|words| !words.is_empty());
        wanted.map(|words| [start, &sources.concat(), &words].concat()).collect()
    }
}

/// Whether `word` names a page, and no file.
pub(crate) fn is_url(word: &OsStr) -> bool {
    word.to_string_lossy().contains("://")
}

/// The path that `place`, where packages are looked for, means; none if it is a page of a server. pip reads a `file://`
/// as the path in it, without asking a network.
pub(crate) fn path_of(place: &OsStr) -> Option<Cow<'_, OsStr>> {
    if !is_url(place) {
        return Some(place.into());
    }
    let bytes = place.as_bytes();
    let rest =
        bytes.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case(b"file://")).map(|_| &bytes[7..])?;
    let rest = rest.strip_prefix(b"localhost").unwrap_or(rest);
    let path = rest.split(|byte| b"?#".contains(byte)).next()?;
    path.starts_with(b"/").then(|| Cow::Owned(OsString::from_vec(percent_decoded(path))))
}

fn percent_decoded(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(lines: &[Vec<OsString>]) -> Vec<String> {
        lines
            .iter()
            .map(|words| words.iter().filter_map(|word| word.to_str()).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn without_network_only_the_named_places_count() {
        let installs = Installs {
            requirements: vec!["/r.txt".into()],
            packages: vec!["a".into(), "b".into()],
            find_links: vec!["/wheels".into()],
            offline: true,
            names_python: false,
        };
        let venv = Venv::at("/e".into());
        let pip = "/usr/bin/env PIP_USER=0 PIP_ROOT=/ PIP_PREFIX=/e PIP_FIND_LINKS=  /e/bin/python -I -m pip";
        let sources = "--find-links /wheels --no-index";
        assert_eq!(
            told(&installs.by_pip(&venv)),
            ["-r /r.txt", "a b"].map(|wanted| format!("{pip} install --target= {sources} {wanted}"))
        );
        let mut installs = Installs { packages: Vec::new(), ..installs };
        let wheels = installs.wheels(&venv, Path::new("/w"));
        assert_eq!(told(&wheels), [format!("{pip} wheel --wheel-dir /w {sources} -r /r.txt")]);
        installs.names_python = true;
        for lines in [installs.by_pip(&venv), installs.wheels(&venv, Path::new("/w"))] {
            let words = told(&lines).concat();
            assert!(words.contains(" PIP_PYTHON=/e/bin/python PYTHONPATH= PYTHONHOME= "), "{words}");
        }
    }

    #[test]
    fn a_url_of_a_file_means_its_path() {
        let path = |place: &'static str| path_of(place.as_ref()).map(Cow::into_owned);
        for (place, meant) in [
            ("w", Some("w")),
            ("file:///w", Some("/w")),
            ("FILE://localhost/a%20b/%25%zz", Some("/a b/%%zz")),
            ("file:///w/#x", Some("/w/")),
            ("file://elsewhere/w", None),
            ("https://w/", None),
        ] {
            assert_eq!(path(place), meant.map(OsString::from), "{place}");
        }
    }
}
