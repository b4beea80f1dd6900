//! `setvirtualenvproject [NAME] [DIR]`: the project that belongs to an environment.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::{Effect, Plan};
use crate::shell::quote::typed;
use crate::venv::{Name, Venv, shown};

const MORE: &str = "\
workon goes to the project, and so does cdproject. One word alone is the environment.

Examples:
  setvirtualenvproject                    the active one, and this directory
  setvirtualenvproject '' ~/src/blog      the active one, and that directory
  setvirtualenvproject blog ~/src/blog";

/// Associate a project directory with an environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "setvirtualenvproject [NAME [DIR]]", after_help = MORE)]
pub struct Args {
    /// The environment, or its path [default: the active one]
    name: Option<OsString>,

    /// The project [default: the working directory]
    project: Option<OsString>,
}

impl Args {
    /// The file that names the project, written, and a report of it.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let venv = match self.name.filter(|name| !name.is_empty()) {
            Some(name) => meant(&name, context)?,
            None => context.require_active()?,
        };
        let project = match self.project.filter(|project| !project.is_empty()) {
            Some(project) => context.path(&project)?,
            None => context.directory()?.to_path_buf(),
        };
        check(&project)?;
        let name = venv.root().file_name().unwrap_or_default();
        let text = format!("Setting project for {} to {}", shown(name), shown(&project));
        let path = venv.root().join(context.project_file());
        let contents = [project.as_os_str().as_bytes(), b"\n"].concat();
        Ok(Plan::report(text).after(vec![Effect::Write { path, contents }]))
    }
}

/// The environment of that name; else that at the path. A project often lies at `./blog` when the one called blog is
/// meant, so that a directory that only happens to be there comes last.
fn meant(word: &OsStr, context: &Context) -> Result<Venv> {
    let named = Name::existing(word).and_then(|name| Ok(context.home()?.venv(&name)));
    let at = || context.path(word).map(Venv::at);
    match named.ok().filter(Venv::exists).or_else(|| at().ok().filter(Venv::exists)) {
        Some(venv) => Ok(venv),
        None => bail!("No virtualenv {}\nhint: lsvirtualenv -b", shown(word)),
    }
}

/// Refuses what is no directory, and what a file of one line cannot name.
fn check(project: &Path) -> Result<()> {
    let name = shown(project);
    if !project.is_dir() {
        let typed = typed(project.as_os_str());
        bail!("Cannot associate virtualenv with \"{name}\", it is not a directory\nhint: mkdir -p {typed}");
    }
    if project.as_os_str().as_bytes().contains(&b'\n') {
        bail!("Cannot associate virtualenv with \"{name}\", it holds a line's end\nhint: mv -i DIR blog");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use std::fs;
    use std::path::PathBuf;

    struct Lab {
        root: tempfile::TempDir,
    }

    impl Lab {
        /// Environments home/blog (active) and home/shop, and directories src/blog, src/shop.
        fn new() -> Self {
            let root = tempfile::tempdir().unwrap();
            for name in ["blog", "shop"] {
                fs::create_dir_all(root.path().join("home").join(name).join("bin")).unwrap();
                fs::write(root.path().join("home").join(name).join("bin/activate"), "").unwrap();
                fs::create_dir_all(root.path().join("src").join(name)).unwrap();
            }
            Self { root }
        }

        fn at(&self, path: &str) -> PathBuf {
            self.root.path().join(path)
        }

        fn plan(&self, words: &[&str]) -> Result<Plan> {
            let variables = [
                ("WORKON_HOME", self.at("home")),
                ("VIRTUAL_ENV", self.at("home/blog")),
                ("XDG_CONFIG_HOME", "/nowhere".into()),
            ];
            let context = Context::new(Surroundings {
                variables: variables.map(|(name, value)| (name.into(), value.into())).into(),
                directory: Some(self.at("src")),
                ..Default::default()
            });
            let mut words = words.iter().map(OsString::from);
            Args { name: words.next(), project: words.next() }.plan(&context)
        }

        /// Which environment gets which project.
        fn is_set(&self, words: &[&str], name: &str, project: &str) {
            let plan = self.plan(words).unwrap();
            let project = self.at(project).display().to_string();
            let path = self.at("home").join(name).join(".project");
            assert_eq!(plan.effects, [Effect::Write { path, contents: format!("{project}\n").into() }]);
            assert_eq!(plan.answer, Plan::report(format!("Setting project for {name} to {project}")).answer);
        }
    }

    #[test]
    fn the_active_one_and_this_directory_are_meant_where_nothing_is_said() {
        let lab = Lab::new();
        lab.is_set(&[], "blog", "src");
        lab.is_set(&["shop"], "shop", "src");
        lab.is_set(&["shop/", "shop"], "shop", "src/shop");
        lab.is_set(&["", "./shop/"], "blog", "src/shop");
        lab.is_set(&["../home/shop", "../src/blog"], "shop", "src/blog");
    }

    #[test]
    fn what_is_missing_is_told_in_the_originals_words() {
        let lab = Lab::new();
        let error = |words: &[&str]| lab.plan(words).unwrap_err().to_string();
        assert!(error(&["nope"]).starts_with("No virtualenv nope\n"));
        assert!(error(&["../src/blog"]).starts_with("No virtualenv ../src/blog\n"));
        let gone = lab.at("src/gone").display().to_string();
        let expected = format!("Cannot associate virtualenv with \"{gone}\", it is not a directory\n");
        assert!(error(&["shop", "gone"]).starts_with(&expected));
    }

    #[test]
    fn a_project_is_one_line() {
        let lab = Lab::new();
        fs::create_dir(lab.at("src/a\nb")).unwrap();
        assert!(
            lab.plan(&["shop", "a\nb"]).unwrap_err().to_string().contains("a\\nb\", it holds a line's end")
        );
    }
}
