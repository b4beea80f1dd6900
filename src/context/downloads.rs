//! Where packages come from and where they are kept: what pip is told by itself, and what we tell it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::Context;
use super::config::Installer;
use crate::venv::{PIP_CACHE_PARTS, PipSettings, Uv, can_keep, is_url, normal, shown, typed};

impl Context {
    /// What pip is told by its own variables and files.
    pub(crate) fn pip_settings(&self) -> PipSettings {
        let variables = self.surroundings.variables.iter();
        // The cache of an environment that was entered is ours.
        let is_ours = self
            .variable("PIP_CACHE_DIR")
            .is_some_and(|cache| self.variable("VENVYARD_PIP_CACHE") == Some(cache));
        let variables = variables.filter(|(name, _)| !(is_ours && *name == "PIP_CACHE_DIR"));
        PipSettings::read(variables, self.user_home().ok(), self.config_directory().as_deref())
    }

    /// Where pip is to keep downloads in environments: `$PIP_DOWNLOAD_CACHE`, as pips of old called it, else the
    /// configured directory. None is named, or pip is told another by itself: nothing.
    pub fn named_pip_cache(&self) -> Result<Option<(PathBuf, &'static str)>> {
        let (given, by) = match self.variable("PIP_DOWNLOAD_CACHE") {
            Some(variable) => (Some(variable), "PIP_DOWNLOAD_CACHE"),
            None => (self.config()?.pip_cache.as_deref().map(OsStr::new), "pip_cache"),
        };
        let Some(given) = given.filter(|given| !given.is_empty()) else { return Ok(None) };
        if self.pip_settings().value("cache-dir").is_some() {
            return Ok(None);
        }
        // A file means the same place wherever one is.
        let path = if by == "pip_cache" { self.below_home(given) } else { self.absolute(given) };
        Ok(Some((normal(&path.with_context(|| format!("{by} cannot be understood"))?), by)))
    }

    /// The same, if pip can use it and nobody else could have put a package there. Nobody is kept from an environment
    /// by a path that cannot be understood.
    pub fn pip_cache(&self) -> Result<Option<PathBuf>> {
        Ok(match self.named_pip_cache() {
            Ok(Some((directory, _))) if self.doubt_of_store(&directory)?.is_none() => Some(directory),
            _ => None,
        })
    }

    /// The same for a command in environments that are not entered; nothing if the variable is set, by the user or by
    /// the active environment.
    pub fn pip_cache_to_lend(&self) -> Result<Option<PathBuf>> {
        if self.variable("PIP_CACHE_DIR").is_some() { Ok(None) } else { self.pip_cache() }
    }

    /// Why pip is not told of the cache that is named for it, if one is: a sentence and a hint.
    pub fn doubtful_pip_cache(&self) -> Result<Option<String>> {
        match self.named_pip_cache()? {
            Some((directory, _)) => self.doubt_of_store(&directory),
            None => Ok(None),
        }
    }

    fn doubt_of_store(&self, directory: &Path) -> Result<Option<String>> {
        let unwritable = || {
            let (shown, typed) = (shown(directory), typed(directory.as_os_str()));
            format!("{shown} is not used: it cannot be written.\nhint: ls -ld {typed}")
        };
        let doubt = self.trust()?.doubt_store(directory, &PIP_CACHE_PARTS);
        Ok(doubt.or_else(|| (!can_keep(directory)).then(unwritable)))
    }

    /// Where pip keeps downloads if nobody says anything.
    pub fn usual_pip_cache(&self) -> Option<PathBuf> {
        self.caches().map(|caches| caches.join("pip"))
    }

    /// The configured directories, absolute, or pages with packages.
    pub fn find_links(&self) -> Result<Vec<OsString>> {
        let place = |given: &String| match is_url(given.as_ref()) {
            true => Ok(given.into()),
            false => self.below_home(given.as_ref()).map(PathBuf::into_os_string),
        };
        self.config()?.find_links.iter().flatten().map(place).collect()
    }

    /// Whether packages come from such places alone.
    pub fn is_offline(&self) -> Result<bool> {
        Ok(self.config()?.offline.unwrap_or_default())
    }

    /// uv, if it is configured to install, or why it cannot; `offline` is whether it may ask no network.
    pub(crate) fn uv(&self, offline: bool) -> Result<Option<Result<Uv, String>>> {
        if self.config()?.installer != Some(Installer::Uv) {
            return Ok(None);
        }
        let Some(program) = self.pythons()?.program("uv".as_ref()) else {
            return Ok(Some(Err("it is not on PATH".to_owned())));
        };
        let settings = self.pip_settings();
        let cache = match settings.value("cache-dir") {
            // As pip understands it, to which a `$` is a letter.
            Some(own) => Some(self.path(own.as_ref())?),
            None => self.pip_cache()?,
        };
        let cache = cache.filter(|_| self.variable("UV_CACHE_DIR").is_none());
        Ok(Some(Uv::new(program, &settings, cache.as_deref(), offline)))
    }
}
