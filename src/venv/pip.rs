//! pip: what it is told by variables and files, and what its cache looks like.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// pip's settings: a value for each long option, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PipSettings(BTreeMap<String, (String, String)>);

impl PipSettings {
    /// What `PIP_*` among `variables` says, over the files that pip reads for a user with this `home` and this
    /// directory of `configuration`. That of an environment's own is not among them.
    pub(crate) fn read<'a>(
        variables: impl Iterator<Item = (&'a OsString, &'a OsString)>,
        home: Option<&Path>,
        configuration: Option<&Path>,
    ) -> Self {
        let variables: Vec<(String, String)> = variables
            .filter_map(|(name, value)| Some((name.to_str()?.strip_prefix("PIP_")?, value)))
            .map(|(name, value)| (long(name), value.to_string_lossy().into_owned()))
            .collect();
        let own =
            variables.iter().find(|(name, _)| name == "config-file").map(|(_, file)| PathBuf::from(file));
        let mut settings = Self::default();
        // By custom this file ends the reading of all.
        if own.as_deref() != Some(Path::new("/dev/null")) {
            let user = [home.map(|home| home.join(".pip")), configuration.map(|above| above.join("pip"))];
            // A file that is named stands for the user's.
            let is_named = own.as_ref().is_some_and(|own| own.exists());
            let user = user.into_iter().filter(|_| !is_named);
            let directories = [Some("/etc/xdg/pip".into()), Some("/etc".into())].into_iter().chain(user);
            let files = directories.flatten().map(|directory: PathBuf| directory.join("pip.conf"));
            let read = |file: PathBuf| (fs::read(&file).unwrap_or_default(), file.display().to_string());
            let texts: Vec<_> = files.chain(own).map(read).collect();
            // What one file says of installations wins over what another says of everything.
            for section in ["[global]", "[install]"] {
                for (text, file) in &texts {
                    settings.add_section(section, &String::from_utf8_lossy(text), file);
                }
            }
        }
        for (name, value) in variables {
            let from = format!("PIP_{}", name.replace('-', "_").to_uppercase());
            settings.add(name, value, &from);
        }
        settings
    }

    /// The `section` in the text of a file.
    fn add_section(&mut self, section: &str, text: &str, from: &str) {
        let mut is_meant = false;
        let mut last: Option<(String, String)> = None;
        for line in text.lines() {
            let word = line.trim();
            if word.is_empty() || word.starts_with(['#', ';']) {
                continue;
            }
            if line.starts_with([' ', '\t']) {
                // It goes on with the value above.
                if let Some((_, value)) = &mut last {
                    value.push('\n');
                    value.push_str(word);
                }
                continue;
            }
            if let Some((name, value)) = last.take() {
                self.add(name, value, from);
            }
            if word.starts_with('[') {
                is_meant = word == section;
            } else if let Some((name, value)) = word.split_once(['=', ':']).filter(|_| is_meant) {
                last = Some((long(name.trim()), value.trim().to_owned()));
            }
        }
        if let Some((name, value)) = last {
            self.add(name, value, from);
        }
    }

    /// An empty value says nothing.
    fn add(&mut self, name: String, value: String, from: &str) {
        if !value.trim().is_empty() {
            self.0.insert(name, (value, from.to_owned()));
        }
    }

    /// Every option that is set, by name: its value, and which variable or file says so.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().map(|(name, (value, from))| (name.as_str(), value.as_str(), from.as_str()))
    }

    /// What the option called `name` is set to.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(value, _)| value.as_str())
    }

    /// Whether a flag is set, and not to a word for no.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        let is_no =
            |value: &str| ["0", "false", "f", "no", "n", "off"].contains(&value.to_lowercase().as_str());
        self.value(name).is_some_and(|value| !is_no(value.trim()))
    }

    /// Which variable or file says so.
    pub(crate) fn origin(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(_, from)| from.as_str())
    }
}

/// The long option that a variable or a key means.
fn long(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

/// What pip makes in its cache.
pub(crate) const PIP_CACHE_PARTS: [&str; 4] = ["http-v2", "http", "wheels", "selfcheck"];

/// Whether this process may write into `directory`, or make it; else pip would read nothing there either.
pub(crate) fn can_keep(directory: &Path) -> bool {
    let nearest = directory.ancestors().find(|path| path.symlink_metadata().is_ok());
    nearest.is_some_and(|path| access(path, Access::WRITE_OK).is_ok())
}

/// Those parts of pip's cache at `directory` that are there.
///
/// # Errors
/// One holds what pip would not put there: then the directory is something else, whatever calls it a cache.
pub(crate) fn pip_cache_parts(directory: &Path) -> Result<Vec<PathBuf>, PathBuf> {
    let mut parts = Vec::new();
    for name in PIP_CACHE_PARTS {
        let part = directory.join(name);
        let Ok(data) = part.symlink_metadata() else { continue };
        if !data.is_dir() {
            return Err(part);
        }
        for entry in fs::read_dir(&part).into_iter().flatten().flatten() {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if !is_of_pip(name, &entry.file_name(), is_directory) {
                return Err(entry.path());
            }
        }
        parts.push(part);
    }
    // What uv keeps there is marked as a cache, by a custom.
    let uv = directory.join("uv");
    let mark = fs::read(uv.join("CACHEDIR.TAG")).unwrap_or_default();
    parts.extend(mark.starts_with(b"Signature: 8a477f597d28d172789f06886806bc55").then_some(uv));
    Ok(parts)
}

/// Whether pip names an entry of the `part` of its cache so: digits of hashes, one, two, or all of them.
fn is_of_pip(part: &str, name: &OsStr, is_directory: bool) -> bool {
    let length = match part {
        "wheels" => 2,
        "selfcheck" => 56,
        _ => 1,
    };
    let is_hash = name.len() == length && name.as_bytes().iter().all(u8::is_ascii_hexdigit);
    is_hash && is_directory != (part == "selfcheck")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], configuration: &Path) -> PipSettings {
        let variables: Vec<(OsString, OsString)> =
            variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let variables = variables.iter().map(|(name, value)| (name, value));
        PipSettings::read(variables, Some(configuration), Some(configuration))
    }

    #[test]
    fn variables_win_over_files_and_the_section_of_install_over_the_global_one() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("pip/pip.conf");
        fs::create_dir(file.parent().unwrap()).unwrap();
        let text = "[install]\nno_binary = x\n[global]\n# a remark\nindex-url: http://a/\nno-binary = y\n\
                    extra-index-url =\n  http://b/\n  http://c/\ncache-dir = /c\n[list]\nformat = json\n";
        fs::write(&file, text).unwrap();
        let settings = read(&[("PIP_INDEX_URL", "http://d/"), ("PIP_CACHE_DIR", "")], place.path());
        assert_eq!(settings.value("index-url"), Some("http://d/"));
        assert_eq!(settings.origin("index-url"), Some("PIP_INDEX_URL"));
        assert_eq!(settings.value("no-binary"), Some("x"));
        assert_eq!(settings.value("extra-index-url"), Some("\nhttp://b/\nhttp://c/"));
        assert_eq!(settings.value("cache-dir"), Some("/c"), "an empty variable says nothing");
        assert_eq!(settings.origin("cache-dir"), file.to_str());
        assert_eq!(settings.value("format"), None);
        assert!(read(&[("PIP_PRE", "1")], place.path()).is_on("pre"));
        assert!(!read(&[("PIP_PRE", "Off")], place.path()).is_on("pre") && !settings.is_on("pre"));
        assert_eq!(read(&[("PIP_CONFIG_FILE", "/dev/null")], place.path()).value("cache-dir"), None);
    }

    #[test]
    fn the_section_of_install_wins_whichever_file_it_is_in_and_a_named_file_stands_for_the_users() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        for (file, text) in [
            (".pip/pip.conf", "[install]\nno-binary = x\n[global]\ncache-dir = /c\n"),
            ("pip/pip.conf", "[global]\nno-binary = y\ncache-dir = /d\n"),
            ("named", "[global]\npre = 1\n"),
        ] {
            fs::create_dir_all(at(file).parent().unwrap()).unwrap();
            fs::write(at(file), text).unwrap();
        }
        let settings = read(&[], place.path());
        assert_eq!((settings.value("no-binary"), settings.value("cache-dir")), (Some("x"), Some("/d")));
        let named = |name: &str| read(&[("PIP_CONFIG_FILE", at(name).to_str().unwrap())], place.path());
        assert_eq!((named("named").value("pre"), named("named").value("no-binary")), (Some("1"), None));
        assert_eq!(named("gone").value("no-binary"), Some("x"));
    }

    #[test]
    fn a_directory_that_only_has_such_names_is_no_cache() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        for part in ["http-v2/a/b", "wheels/ab/cd", "selfcheck"] {
            fs::create_dir_all(at(part)).unwrap();
        }
        fs::write(at("selfcheck").join("0".repeat(56)), "").unwrap();
        fs::write(at("notes"), "").unwrap();
        let parts = pip_cache_parts(place.path()).unwrap();
        assert_eq!(parts, ["http-v2", "wheels", "selfcheck"].map(at));
        for (mark, count) in [("", 3), ("Signature: 8a477f597d28d172789f06886806bc55\n", 4)] {
            fs::create_dir_all(at("uv")).unwrap();
            fs::write(at("uv/CACHEDIR.TAG"), mark).unwrap();
            assert_eq!(pip_cache_parts(place.path()).unwrap().len(), count);
        }
        for odd in ["wheels/django-5.whl", "http-v2/ab", "selfcheck/x"] {
            fs::write(at(odd), "").unwrap();
            assert_eq!(pip_cache_parts(place.path()), Err(at(odd)));
            fs::remove_file(at(odd)).unwrap();
        }
        std::os::unix::fs::symlink(at("wheels"), at("http")).unwrap();
        assert_eq!(pip_cache_parts(place.path()), Err(at("http")));
    }
}
