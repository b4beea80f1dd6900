//! uv in pip's place: told what pip is told, in its own words.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::PipSettings;

/// uv, and what every call of it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uv {
    program: PathBuf,
    /// `NAME=VALUE` each.
    variables: Vec<OsString>,
    options: Vec<OsString>,
}

/// Options of pip that change nothing in what is installed into an environment, or that an installation ignores.
const INDIFFERENT: [&str; 27] = [
    "break-system-packages",
    "cache-dir",
    "config-file",
    "default-timeout",
    "disable-pip-version-check",
    "download-cache",
    "exists-action",
    "log",
    "no-color",
    "no-compile",
    "no-input",
    "no-python-version-warning",
    "no-warn-conflicts",
    "no-warn-script-location",
    "prefix",
    "progress-bar",
    "python",
    "quiet",
    "require-virtualenv",
    "retries",
    "root",
    "root-user-action",
    "target",
    "timeout",
    "use-pep517",
    "user",
    "verbose",
];

/// What would lead uv to another interpreter, another directory, or the settings of a project.
const ELSEWHERE: [&str; 6] = [
    "UV_SYSTEM_PYTHON",
    "UV_PYTHON",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UV_PROJECT",
    "UV_CONFIG_FILE",
];

/// Where uv itself is told to find packages.
const INDEXES: [&str; 4] = ["UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL"];

impl Uv {
    /// uv at `program` that knows what pip's `settings` say and keeps its downloads in `cache`, if one is given. The
    /// pages among the places with packages count only if it may ask the network: `offline` says that it may not.
    ///
    /// # Errors
    /// It cannot be told something; the error names what.
    pub(crate) fn new(
        program: PathBuf,
        settings: &PipSettings,
        cache: Option<&Path>,
        offline: bool,
    ) -> Result<Self, String> {
        let mut uv = Self { program, variables: Vec::new(), options: Vec::new() };
        for (name, value, from) in settings.all() {
            if ["index-url", "extra-index-url", "find-links"].contains(&name) && has_password(value) {
                return Err(format!("the password in {from} would stand in the list of processes"));
            }
            match name {
                "index-url" => uv.add("--index-url", value),
                "extra-index-url" => {
                    uv.add("--extra-index-url", value);
                    // pip takes the best of all indexes, uv the first that has the package.
                    uv.add("--index-strategy", "unsafe-best-match");
                }
                // `Installs` says it, and names the directories among them.
                "find-links" | "no-index" if offline => {}
                "find-links" => uv.add("--find-links", value),
                "constraint" => uv.add("--constraint", value),
                "trusted-host" => uv.add("--allow-insecure-host", value),
                "no-binary" => uv.add("--no-binary", &value.replace(',', " ")),
                "only-binary" => uv.add("--only-binary", &value.replace(',', " ")),
                "cert" => uv.set("SSL_CERT_FILE", value.as_ref()),
                // To pip a word for no is one for yes here.
                "no-cache-dir" => uv.options.push("--no-cache".into()),
                _ if !settings.is_on(name) || INDIFFERENT.contains(&name) => {}
                "no-index" => uv.options.push("--no-index".into()),
                "pre" => uv.options.push("--prerelease=allow".into()),
                _ => return Err(format!("it cannot be told {name}, which {from} sets")),
            }
        }
        if let Some(cache) = cache {
            // The two do not read each other's.
            uv.set("UV_CACHE_DIR", &cache.join("uv"));
        }
        Ok(uv)
    }

    fn add(&mut self, option: &str, values: &str) {
        self.options.extend(values.split_whitespace().flat_map(|value| [option.into(), value.into()]));
    }

    fn set(&mut self, name: &str, value: &Path) {
        let mut variable = OsString::from(format!("{name}="));
        variable.push(value);
        self.variables.push(variable);
    }

    /// How it is called to install into the environment of `python` and into no other.
    pub(crate) fn install(&self, python: &Path) -> Vec<OsString> {
        let is_told =
            self.options.iter().any(|option| option == "--index-url" || option == "--extra-index-url");
        let indexes = if is_told { &INDEXES[..] } else { &[] };
        let mut words = vec!["/usr/bin/env".into()];
        words.extend(ELSEWHERE.iter().chain(indexes).flat_map(|name| ["-u".into(), name.into()]));
        words.extend(self.variables.iter().cloned());
        words.push(self.program.clone().into());
        words.extend(["pip", "install", "--no-config", "--python"].map(OsString::from));
        words.push(python.into());
        words.extend(self.options.iter().cloned());
        words
    }
}

/// Whether a URL in `value` has a user's name in it.
fn has_password(value: &str) -> bool {
    let hosts = value.split("://").skip(1).map(|rest| rest.split('/').next().unwrap_or_default());
    hosts.into_iter().any(|host| host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uv(variables: &[(&str, &str)], offline: bool) -> Result<String, String> {
        let none = ("PIP_CONFIG_FILE", "/dev/null");
        let variables: Vec<(OsString, OsString)> =
            variables.iter().chain([&none]).map(|(name, value)| (name.into(), value.into())).collect();
        let settings = PipSettings::read(variables.iter().map(|(name, value)| (name, value)), None, None);
        let uv = Uv::new("/uv".into(), &settings, Some(Path::new("/c")), offline)?;
        let words = uv.install(Path::new("/e/bin/python"));
        let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
        let start = words.iter().rposition(|word| *word == "-u").unwrap() + 2;
        Ok(words[start..].join(" "))
    }

    #[test]
    fn what_pip_is_told_uv_is_told() {
        assert_eq!(
            uv(
                &[
                    ("PIP_INDEX_URL", "http://a/"),
                    ("PIP_EXTRA_INDEX_URL", "http://b/ http://c/"),
                    ("PIP_USER", "1")
                ],
                false
            ),
            Ok("UV_CACHE_DIR=/c/uv /uv pip install --no-config --python /e/bin/python \
                --extra-index-url http://b/ --extra-index-url http://c/ --index-strategy unsafe-best-match \
                --index-url http://a/"
                .into())
        );
        let links = [("PIP_FIND_LINKS", "/w http://w/"), ("PIP_PRE", "yes"), ("PIP_CERT", "/ca.pem")];
        let start =
            "SSL_CERT_FILE=/ca.pem UV_CACHE_DIR=/c/uv /uv pip install --no-config --python /e/bin/python";
        let told = format!("{start} --find-links /w --find-links http://w/ --prerelease=allow");
        assert_eq!(uv(&links, false), Ok(told));
        assert_eq!(uv(&links, true), Ok(format!("{start} --prerelease=allow")));
        let no_cache = uv(&[("PIP_NO_CACHE_DIR", "0"), ("PIP_PRE", "0")], false).unwrap();
        assert!(no_cache.ends_with("/e/bin/python --no-cache"), "{no_cache}");
        let no_index = |offline| uv(&[("PIP_NO_INDEX", "1")], offline).unwrap().contains("--no-index");
        assert!(no_index(false) && !no_index(true), "uv refuses it twice");
        assert!(uv(&[("PIP_PYTHON", "/usr/bin/python3")], false).is_ok(), "it has a --python already");
    }

    #[test]
    fn what_it_cannot_be_told_is_named() {
        assert_eq!(
            uv(&[("PIP_PROXY", "http://p/")], false),
            Err("it cannot be told proxy, which PIP_PROXY sets".into())
        );
        assert!(uv(&[("PIP_REQUIRE_HASHES", "0")], false).is_ok());
        assert!(
            uv(&[("PIP_INDEX_URL", "https://ann:secret@a/simple")], false).unwrap_err().contains("password")
        );
        assert!(uv(&[("PIP_INDEX_URL", "https://a/@b/simple")], false).is_ok());
    }
}
