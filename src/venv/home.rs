//! `$WORKON_HOME`: the directory whose children are the environments.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context as _, Result, bail};
use rustix::fs::{Access, AtFlags, Dir, FileType, Mode, OFlags};

use super::{Name, Removed, Venv, shown};

/// The home of all environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// The home at an absolute path, whether or not it exists.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether it exists; anything there that is no directory is an error.
    pub fn exists(&self) -> Result<bool> {
        match fs::metadata(&self.0) {
            Ok(data) if data.is_dir() => Ok(true),
            Ok(_) => bail!(
                "WORKON_HOME {} is a file, not a directory.\nhint: export WORKON_HOME=~/.virtualenvs",
                shown(&self.0)
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot use WORKON_HOME {}", shown(&self.0))),
        }
    }

    /// The names of its environments, sorted by their bytes. Those with `bin/activate` count, links to
    /// one too; hidden ones are ours and not yet, or no longer, environments.
    pub fn names(&self) -> Result<Vec<Name>> {
        self.names_of(|_| true)
    }

    /// The same of those that are `wanted` by their name: only these are looked at.
    pub fn names_of(&self, wanted: impl Fn(&OsStr) -> bool) -> Result<Vec<Name>> {
        if !self.exists()? {
            return Ok(Vec::new());
        }
        let unlisted = || format!("cannot list {}", shown(&self.0));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let home = rustix::fs::open(&self.0, flags, Mode::empty()).with_context(unlisted)?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&home).with_context(unlisted)? {
            let entry = entry.with_context(unlisted)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            // Hook files are many and need no second look.
            let is_file = entry.file_type() == FileType::RegularFile;
            if !is_file && !name.as_bytes().starts_with(b".") && wanted(name) {
                names.push(name.to_owned());
            }
        }
        let mut names = environments(&home, names)?;
        names.sort_unstable();
        Ok(names)
    }

    /// The environments that were removed from it and can come back, the newest first.
    pub fn removed(&self) -> Result<Vec<Removed>> {
        if !self.exists()? {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&self.0).with_context(|| format!("cannot list {}", shown(&self.0)))?;
        let mut all: Vec<Removed> =
            entries.flatten().filter_map(|entry| Removed::at(&entry.path())).collect();
        all.sort_by(|one, other| (other.time, &one.name).cmp(&(one.time, &other.name)));
        Ok(all)
    }

    /// The environment called `name`, whether or not there is one.
    pub fn venv(&self, name: &Name) -> Venv {
        Venv::at(self.0.join(name.as_os_str()))
    }

    /// The environment called `name`, which must be there and have an activate script.
    pub fn find(&self, name: &Name) -> Result<Venv> {
        let venv = self.venv(name);
        if venv.activate().exists() {
            return Ok(venv);
        }
        self.exists()?;
        if venv.root().is_dir() {
            // What is not an environment even in part is not ours to replace.
            let hint = match venv.exists() {
                true => {
                    format!("mkvirtualenv --clear {}  # makes it anew, without its packages", name.typed())
                }
                false => "lsvirtualenv -b".to_owned(),
            };
            bail!("Environment '{}' does not contain an activate script.\nhint: {hint}", shown(venv.root()));
        }
        let likeness = |other: &Name| distance(&name.to_string(), &other.to_string());
        let near = self.names()?.into_iter().min_by_key(likeness).filter(|other| likeness(other) < 3);
        let hint = near.map(|near| format!("\nhint: workon {}", near.typed())).unwrap_or_default();
        bail!("Environment '{name}' does not exist. Create it with 'mkvirtualenv {name}'.{hint}");
    }
}

/// Those of `names` in the directory `home` that are environments. A look takes a microsecond, so that two threads pay
/// where there are hundreds.
fn environments(home: &OwnedFd, mut names: Vec<OsString>) -> Result<Vec<Name>> {
    const WORTH_A_THREAD: usize = 256;
    let look = |names: Vec<OsString>| -> Result<Vec<Name>> {
        let mut path = Vec::new();
        let mut is_environment = |name: &OsString| {
            path.clear();
            path.extend_from_slice(name.as_bytes());
            path.extend_from_slice(b"/bin/activate");
            rustix::fs::accessat(home, path.as_slice(), Access::EXISTS, AtFlags::empty()).is_ok()
        };
        names.into_iter().filter(|name| is_environment(name)).map(|name| Name::existing(&name)).collect()
    };
    if names.len() < 2 * WORTH_A_THREAD {
        return look(names);
    }
    let others = names.split_off(names.len() / 2);
    thread::scope(|scope| {
        let others = scope.spawn(|| look(others));
        let mut all = look(names)?;
        all.extend(others.join().expect("it does not panic")?);
        Ok(all)
    })
}

/// How many letters to insert, delete or replace to turn `one` into `two`.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for column in 0..two.len() {
            let replaced = diagonal + usize::from(letter != two[column]);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_activated_is_listed() {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        for env in ["shop", "blog", ".blog.partial-1"] {
            fs::create_dir_all(at(env).join("bin")).unwrap();
            fs::write(at(env).join("bin/activate"), "").unwrap();
        }
        fs::create_dir(at("no-env")).unwrap();
        fs::write(at("postactivate"), "").unwrap();
        std::os::unix::fs::symlink(at("blog"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("gone"), at("dangling")).unwrap();
        let names = Home::new(directory.path().into()).names().unwrap();
        assert_eq!(names.iter().map(ToString::to_string).collect::<Vec<_>>(), ["blog", "link", "shop"]);
    }

    #[test]
    fn of_those_removed_the_newest_comes_first() {
        let directory = tempfile::tempdir().unwrap();
        for name in
            ["shop.removed-20260101T000000Z", "blog.removed-20250101T000000Z", "a.removed-20260101T000000Z"]
        {
            fs::create_dir_all(directory.path().join(format!(".{name}/bin"))).unwrap();
            fs::write(directory.path().join(format!(".{name}/bin/activate")), "").unwrap();
        }
        let home = Home::new(directory.path().into());
        let names: Vec<String> = home.removed().unwrap().iter().map(|one| one.name.to_string()).collect();
        assert_eq!(names, ["a", "shop", "blog"]);
        assert!(home.names().unwrap().is_empty());
    }

    #[test]
    fn of_hundreds_each_is_listed_once() {
        let directory = tempfile::tempdir().unwrap();
        for number in 0..600 {
            let bin = directory.path().join(format!("env-{number:03}/bin"));
            fs::create_dir_all(&bin).unwrap();
            if number % 3 > 0 {
                fs::write(bin.join("activate"), "").unwrap();
            }
        }
        let home = Home::new(directory.path().into());
        let names: Vec<String> = home.names().unwrap().iter().map(ToString::to_string).collect();
        let expected: Vec<String> =
            (0..600).filter(|number| number % 3 > 0).map(|number| format!("env-{number:03}")).collect();
        assert_eq!(names, expected);
        let few = home.names_of(|name| name.as_bytes().starts_with(b"env-59")).unwrap();
        assert_eq!(few.iter().map(ToString::to_string).collect::<Vec<_>>()[..2], ["env-590", "env-592"]);
    }

    #[test]
    fn a_missing_environment_has_a_likely_neighbour() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("blog/bin")).unwrap();
        fs::write(directory.path().join("blog/bin/activate"), "").unwrap();
        let home = Home::new(directory.path().into());
        let error = |name: &str| home.find(&Name::existing(name.as_ref()).unwrap()).unwrap_err().to_string();
        assert_eq!(
            error("blgo"),
            "Environment 'blgo' does not exist. Create it with 'mkvirtualenv blgo'.\nhint: workon blog"
        );
        assert!(!error("elsewhere").contains("hint"));
    }

    #[test]
    fn a_directory_without_an_environment_is_not_to_be_cleared() {
        let directory = tempfile::tempdir().unwrap();
        let home = Home::new(directory.path().into());
        let error = |name: &str| home.find(&Name::existing(name.as_ref()).unwrap()).unwrap_err().to_string();
        for name in ["papers", "half"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        fs::write(directory.path().join("half/pyvenv.cfg"), "").unwrap();
        assert!(error("papers").ends_with("\nhint: lsvirtualenv -b"));
        assert!(
            error("half")
                .ends_with("\nhint: mkvirtualenv --clear half  # makes it anew, without its packages")
        );
    }

    #[test]
    fn a_file_is_no_home_and_a_missing_home_is_empty() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Home::new(file.path().into()).names().is_err());
        assert!(Home::new(file.path().with_extension("gone")).names().unwrap().is_empty());
    }
}
