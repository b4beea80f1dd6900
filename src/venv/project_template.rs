//! Templates of projects: directories to copy, and programs to run in a new project.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{shown, typed};

/// What the name of a program on PATH starts with, if it is a template.
const PREFIX: &str = "venvyard-template-";

/// Something that fills a new project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProjectTemplate {
    /// What people call it.
    pub name: OsString,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is copied; else it is run.
    pub is_directory: bool,
    is_usable: bool,
}

/// Where templates may lie.
#[derive(Clone, Debug)]
pub(crate) struct ProjectTemplates {
    /// Directories that hold templates by their names; the first that has one counts.
    pub directories: Vec<PathBuf>,
    /// The user's PATH, for programs `venvyard-template-NAME`.
    pub path: OsString,
}

impl ProjectTemplates {
    /// All that can be used, sorted by name.
    pub(crate) fn all(&self) -> Vec<ProjectTemplate> {
        self.candidates().into_iter().filter(|template| template.is_usable).collect()
    }

    /// The one called `name`, which is only compared: it leads to no other place.
    pub(crate) fn find(&self, name: &OsStr) -> Result<ProjectTemplate> {
        let found = self.candidates().into_iter().find(|template| template.name == name);
        let template = found.with_context(|| {
            let all: Vec<String> = self.all().iter().map(|template| shown(&template.name)).collect();
            let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
            format!("There is no template '{}'. There are: {all}\nhint: mkproject --help", shown(name))
        })?;
        ensure!(
            template.is_usable,
            "The template {} is not executable.\nhint: chmod +x {}",
            shown(&template.path),
            typed(template.path.as_os_str())
        );
        Ok(template)
    }

    fn candidates(&self) -> Vec<ProjectTemplate> {
        let in_directories = self
            .directories
            .iter()
            .flat_map(|directory| entries(directory).filter(|(name, _)| !name.as_bytes().starts_with(b".")));
        // A relative entry of PATH means whatever directory one is in.
        let on_path = std::env::split_paths(&self.path).filter(|directory| directory.is_absolute());
        let programs = on_path.collect::<Vec<_>>().into_iter().flat_map(|directory| {
            entries(&directory).filter_map(|(name, path)| {
                let name = name.as_bytes().strip_prefix(PREFIX.as_bytes()).filter(|name| !name.is_empty())?;
                Some((OsStr::from_bytes(name).to_owned(), path)).filter(|(_, path)| is_program(path))
            })
        });
        let mut all: Vec<ProjectTemplate> = in_directories.chain(programs).map(template).collect();
        // The sort keeps the order of those with one name.
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.dedup_by(|later, first| later.name == first.name);
        all
    }
}

impl ProjectTemplate {
    /// What it is for, in a line: its first comment, of a directory the first line of its README; else its path.
    pub(crate) fn about(&self) -> String {
        let line = match self.is_directory {
            true => readme(&self.path).as_deref().and_then(first_line),
            false => first_comment(&self.path),
        };
        line.unwrap_or_else(|| shown(&self.path))
    }
}

fn template((name, path): (OsString, PathBuf)) -> ProjectTemplate {
    let is_directory = path.is_dir();
    let is_usable = is_directory || is_program(&path);
    ProjectTemplate { name, path, is_directory, is_usable }
}

fn entries(directory: &Path) -> impl Iterator<Item = (OsString, PathBuf)> + use<> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| (entry.file_name(), entry.path()))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn readme(directory: &Path) -> Option<PathBuf> {
    let files = entries(directory).filter(|(name, _)| name.to_string_lossy().starts_with("README"));
    files.map(|(_, path)| path).filter(|path| path.is_file()).min()
}

fn first_line(file: &Path) -> Option<String> {
    said(beginning(file)?.lines())
}

fn first_comment(file: &Path) -> Option<String> {
    let text = beginning(file)?;
    said(text.lines().filter(|line| line.starts_with('#') && !line.starts_with("#!")))
}

/// The first of `lines` that says something, without the signs of a comment or a title.
fn said<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<String> {
    let bare = |line: &'a str| line.trim_start_matches(['#', ' ']).trim_end();
    lines.by_ref().map(bare).find(|line| !line.is_empty()).map(shown)
}

/// A text's first lines; none of what is no text.
fn beginning(file: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(file).ok()?.take(4096).read_to_end(&mut bytes).ok()?;
    // The last letter may be cut.
    let whole =
        bytes.len().min(bytes.iter().rposition(|&byte| byte == b'\n').map_or(bytes.len(), |end| end + 1));
    bytes.truncate(whole);
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_first_place_counts_and_each_tells_what_it_is_for() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        write(&at("one/django"), "#!/bin/sh\n\n# A Django project\n", 0o755);
        write(&at("one/flask/README.md"), "\n# A small Flask site\n", 0o644);
        write(&at("one/.hidden"), "", 0o755);
        write(&at("one/notes"), "# not executable", 0o644);
        write(&at("two/django"), "# another", 0o755);
        write(&at("bin/venvyard-template-cli"), "\u{7f}ELF", 0o755);
        write(&at("bin/venvyard-template-off"), "", 0o644);
        let templates = ProjectTemplates {
            directories: vec![at("one"), at("two"), at("gone")],
            path: std::env::join_paths([at("bin"), "bin".into()]).unwrap(),
        };
        let told: Vec<(String, String)> =
            templates.all().iter().map(|one| (shown(&one.name), one.about())).collect();
        let cli = at("bin/venvyard-template-cli").display().to_string();
        let expected = [("cli", &*cli), ("django", "A Django project"), ("flask", "A small Flask site")];
        assert_eq!(told, expected.map(|(name, about)| (name.to_owned(), about.to_owned())));
        assert!(templates.find("notes".as_ref()).unwrap_err().to_string().contains("hint: chmod +x"));
        assert!(templates.find("one/django".as_ref()).is_err());
    }
}
