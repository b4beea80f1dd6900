//! What is installed in an environment, read from its metadata.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::Venv;

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name, as its metadata's file is called.
    pub name: String,
    /// The directory, or the file, of its metadata.
    pub metadata: PathBuf,
}

impl Package {
    /// The package whose metadata `path` is: a `.dist-info`, an `.egg-info` or an `.egg-link`.
    fn at(path: PathBuf) -> Option<Self> {
        let file = path.file_name()?.to_str()?;
        let stem =
            [".dist-info", ".egg-info", ".egg-link"].iter().find_map(|ending| file.strip_suffix(ending))?;
        let name = stem.split('-').next().filter(|name| !name.is_empty())?.to_owned();
        Some(Self { name, metadata: path })
    }

    /// Whether it is one of those that a new environment may have, by the exact name.
    pub fn is_seed(&self) -> bool {
        Self::is_seed_name(&self.name)
    }

    /// Whether a package of that name is one of those.
    pub fn is_seed_name(name: &str) -> bool {
        ["pip", "setuptools", "wheel", "distribute"].contains(&name.to_lowercase().as_str())
    }

    /// Its files, relative to the directory that holds its metadata, as far as metadata tells.
    ///
    /// # Errors
    /// A part of the metadata is there and cannot be read.
    pub fn files(&self) -> io::Result<Vec<PathBuf>> {
        let lines = |file: &str| match fs::read(self.metadata.join(file)) {
            Ok(text) => Ok(String::from_utf8_lossy(&text).into_owned()),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(String::new())
            }
            Err(error) => Err(error),
        };
        let record = lines("RECORD")?;
        let listed = record.lines().map(|line| {
            // A path that holds a comma is quoted.
            let quoted = line.strip_prefix('"').and_then(|rest| rest.split_once('"')).map(|(path, _)| path);
            PathBuf::from(quoted.unwrap_or_else(|| line.split(',').next().unwrap_or_default()))
        });
        let inside = self.metadata.file_name().map(PathBuf::from).unwrap_or_default();
        let installed = lines("installed-files.txt")?;
        let installed = installed.lines().map(|line| inside.join(line));
        let top_levels = lines("top_level.txt")?;
        let is_egg = inside.extension().is_some_and(|extension| extension == "egg-info");
        let top_levels =
            top_levels.lines().filter(|_| is_egg).flat_map(|name| [name.into(), format!("{name}.py").into()]);
        Ok(listed.chain(installed).chain(top_levels).chain([inside.clone()]).collect())
    }
}

impl Venv {
    /// What is installed in it, sorted by name.
    ///
    /// # Errors
    /// A directory of packages cannot be read.
    pub fn installed(&self) -> io::Result<Vec<Package>> {
        let mut packages: Vec<Package> = self.packaged()?.into_iter().filter_map(Package::at).collect();
        packages.sort_by_key(|package| package.name.to_lowercase());
        Ok(packages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_known_by_its_metadata_and_a_seed_by_its_exact_name() {
        let named = |file: &str| Package::at(PathBuf::from("/e/lib/python3/site-packages").join(file));
        assert_eq!(named("Django-4.2.dist-info").unwrap().name, "Django");
        assert_eq!(named("my_tool.egg-link").unwrap().name, "my_tool");
        assert_eq!(named("numpy"), None);
        assert!(named("pip-23.dist-info").unwrap().is_seed());
        assert!(!named("pip_tools-7.dist-info").unwrap().is_seed());
        assert!(!named("pipx-1.dist-info").unwrap().is_seed());
    }

    #[test]
    fn its_files_are_listed_in_whichever_way_it_was_installed() {
        let directory = tempfile::tempdir().unwrap();
        let metadata = directory.path().join("six-1.dist-info");
        fs::create_dir(&metadata).unwrap();
        fs::write(metadata.join("RECORD"), "six.py,sha256=x,1\n\"odd, name.py\",,\n../../../bin/six,,\n")
            .unwrap();
        let files = Package::at(metadata).unwrap().files().unwrap();
        let expected = ["six.py", "odd, name.py", "../../../bin/six", "six-1.dist-info"].map(PathBuf::from);
        assert_eq!(files, expected);
    }
}
