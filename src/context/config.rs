//! `config.toml`: the user's over the site's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Deserializer};

use crate::venv::template::LinkMode;
use crate::venv::{Trust, shown};

/// The site's directory, below the user's.
const SITE: &str = "/etc";

/// The keys of `venvyard/config.toml`. A variable of the environment wins over each.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// Where environments live; `$WORKON_HOME`.
    pub workon_home: Option<String>,
    /// Where global hooks lie; `$VIRTUALENVWRAPPER_HOOK_DIR`.
    pub hook_dir: Option<String>,
    /// Where projects are made; `$PROJECT_HOME`.
    pub project_home: Option<String>,
    /// The interpreter for new environments; `$VIRTUALENVWRAPPER_PYTHON`.
    pub python: Option<String>,
    /// Whether `workon` goes to the project; `$VIRTUALENVWRAPPER_WORKON_CD`.
    pub workon_cd: Option<bool>,
    /// How environments share files with the template of their interpreter.
    #[serde(alias = "link-mode")]
    pub link_mode: Option<LinkMode>,
    /// How long removed environments are kept; zero is not at all.
    #[serde(default, deserialize_with = "duration")]
    pub trash: Option<Duration>,
    /// Where pip keeps downloads in environments; `$PIP_DOWNLOAD_CACHE`.
    pub pip_cache: Option<String>,
    /// Directories or pages with packages, beside the index.
    pub find_links: Option<Vec<String>>,
    /// Whether packages come from there alone.
    pub offline: Option<bool>,
    /// What installs packages into a new environment.
    pub installer: Option<Installer>,
    /// Directories whose hooks and environments are used although others may write there; of the user's file alone.
    pub shared_homes: Option<Vec<String>>,
}

/// What installs packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Installer {
    Pip,
    Uv,
}

impl Config {
    /// Where it is looked for: in the `user` directory, and below it in the site's.
    pub(super) fn files(user: Option<&Path>) -> Vec<PathBuf> {
        user.into_iter().chain([Path::new(SITE)]).map(Self::file).collect()
    }

    fn file(above: &Path) -> PathBuf {
        above.join("venvyard/config.toml")
    }

    /// Reads those files; a missing one says nothing.
    ///
    /// # Errors
    /// One cannot be read or understood, or somebody else could have written it.
    pub(super) fn read(user: Option<&Path>, trust: &Trust) -> Result<Self> {
        let own = user.map_or_else(|| Ok(Self::default()), |user| Self::in_file(&Self::file(user), trust))?;
        Ok(own.or(Self::in_file(&Self::file(Path::new(SITE)), trust)?))
    }

    fn in_file(path: &Path, trust: &Trust) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Self::default());
            }
            result => result.with_context(|| format!("cannot read {}", shown(path)))?,
        };
        if let Some(why) = trust.doubt(path) {
            bail!(why);
        }
        toml::from_str(&text).map(Self::filled).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            anyhow!("{}:{line}: {}", shown(path), error.message())
        })
    }

    /// The same without empty texts, which say as little as empty variables do.
    fn filled(mut self) -> Self {
        let texts = [
            &mut self.workon_home,
            &mut self.hook_dir,
            &mut self.project_home,
            &mut self.python,
            &mut self.pip_cache,
        ];
        for text in texts {
            text.take_if(|text| text.is_empty());
        }
        for all in [&mut self.find_links, &mut self.shared_homes].into_iter().flatten() {
            all.retain(|text| !text.is_empty());
        }
        self
    }

    fn or(self, below: Self) -> Self {
        Self {
            workon_home: self.workon_home.or(below.workon_home),
            hook_dir: self.hook_dir.or(below.hook_dir),
            project_home: self.project_home.or(below.project_home),
            python: self.python.or(below.python),
            workon_cd: self.workon_cd.or(below.workon_cd),
            link_mode: self.link_mode.or(below.link_mode),
            trash: self.trash.or(below.trash),
            pip_cache: self.pip_cache.or(below.pip_cache),
            find_links: self.find_links.or(below.find_links),
            offline: self.offline.or(below.offline),
            installer: self.installer.or(below.installer),
            shared_homes: self.shared_homes,
        }
    }
}

/// A time as people write it: `7 days`, `12h 30m`.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let told = |why| serde::de::Error::custom(format!("{why}\nhint: trash = \"7 days\""));
    let text = String::deserialize(deserializer).map_err(|error: D::Error| told(error.to_string()))?;
    let parsed = humantime::parse_duration(&text).map(Some);
    parsed.map_err(|error| told(format!("'{}' is no time ({error})", shown(&text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_above_the_site_key_by_key() {
        let user = Config { python: Some("3.12".into()), ..Config::default() };
        let site = Config { python: Some("3.11".into()), workon_cd: Some(false), ..Config::default() };
        let both = user.or(site);
        assert_eq!(both.python.as_deref(), Some("3.12"));
        assert_eq!(both.workon_cd, Some(false));
    }

    #[test]
    fn what_is_shared_the_user_says_and_not_the_site() {
        let directory = tempfile::tempdir().unwrap();
        let file = Config::file(directory.path());
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, "shared_homes = ['/srv/envs']\n").unwrap();
        let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let trust = Trust { user, group, shared: Vec::new() };
        let read = Config::read(Some(directory.path()), &trust).unwrap();
        assert_eq!(read.shared_homes, Some(vec!["/srv/envs".to_owned()]));
        let site = Config { shared_homes: Some(vec!["/".into()]), ..Config::default() };
        assert_eq!(Config::default().or(site).shared_homes, None);
    }

    #[test]
    fn an_empty_text_says_nothing() {
        let text = "workon_home = ''\nproject_home = ''\nhook_dir = ''\npython = ''\npip_cache = ''\n\
                    find_links = ['', '/srv/wheels']\n";
        let config = toml::from_str::<Config>(text).unwrap().filled();
        let find_links = Some(vec!["/srv/wheels".to_owned()]);
        assert_eq!(config, Config { find_links, ..Config::default() });
    }

    #[test]
    fn a_time_is_written_as_people_do() {
        fn trash(text: &str) -> Result<Option<u64>, toml::de::Error> {
            toml::from_str::<Config>(text).map(|config| config.trash.map(|time| time.as_secs()))
        }
        assert_eq!(trash("trash = \"7 days\""), Ok(Some(604_800)));
        assert_eq!(trash("trash = \"0 days\""), Ok(Some(0)));
        assert_eq!(trash(""), Ok(None));
        let error = trash("trash = \"7 dayz\"").unwrap_err();
        assert!(error.message().starts_with("'7 dayz' is no time"), "{error}");
        assert!(error.message().ends_with("\nhint: trash = \"7 days\""), "{error}");
        for wrong in ["7", "\"\"", "true", "\"-1 day\"", "\"99999999999999999999 years\""] {
            let error = trash(&format!("trash = {wrong}")).unwrap_err();
            assert!(error.message().ends_with("\nhint: trash = \"7 days\""), "{error}");
        }
    }
}
