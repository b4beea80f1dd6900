//! What is to be installed into an environment, and the lines that do it.

use std::ffi::OsString;
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
}

impl Installs {
    /// The lines by which pip installs it into `venv`, a program and its words each.
    pub fn by_pip(&self, venv: &Venv) -> Vec<Vec<OsString>> {
        self.lines(&self.pip(venv, &["install"]))
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
    /// pip's way, and pip installs into the environment, whatever its settings say.
    fn pip(&self, venv: &Venv, command: &[&str]) -> Vec<OsString> {
        let mut words: Vec<OsString> =
            ["/usr/bin/env", "-u", "PIP_TARGET", "-u", "PIP_PREFIX"].map(Into::into).into();
        if self.offline {
            // It may name a page.
            words.extend(["-u", "PIP_FIND_LINKS"].map(OsString::from));
        }
        words.extend(["PIP_USER=0".into(), venv.python().into()]);
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
        };
        let venv = Venv::at("/e".into());
        let pip =
            "/usr/bin/env -u PIP_TARGET -u PIP_PREFIX -u PIP_FIND_LINKS PIP_USER=0 /e/bin/python -I -m pip";
        let sources = "--find-links /wheels --no-index";
        assert_eq!(
            told(&installs.by_pip(&venv)),
            [format!("{pip} install {sources} -r /r.txt"), format!("{pip} install {sources} a b")]
        );
        let wheels = Installs { packages: Vec::new(), ..installs }.wheels(&venv, Path::new("/w"));
        assert_eq!(told(&wheels), [format!("{pip} wheel --wheel-dir /w {sources} -r /r.txt")]);
    }
}
