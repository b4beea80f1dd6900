//! `cdvirtualenv [DIR]`: go to the directory of the active environment.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::Plan;
use crate::shell::Step;
use crate::shell::quote::typed;
use crate::venv::{normal, shown};

const MORE: &str = "\
Examples:
  cdvirtualenv
  cdvirtualenv bin";

/// Go to the directory of the active environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "cdvirtualenv [DIR]", after_help = MORE)]
pub struct Args {
    /// A directory below it
    directory: Option<OsString>,
}

impl Args {
    /// The step into the directory, which must be there.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        into(&below(context.require_active()?.root(), self.directory))
    }
}

/// `directory` below `root`, also where it starts with a `/`. The shell follows `..` as text, so it is followed so here.
pub(super) fn below(root: &Path, directory: Option<OsString>) -> PathBuf {
    let mut path = root.as_os_str().to_owned().into_vec();
    path.push(b'/');
    path.extend(directory.unwrap_or_default().into_vec());
    normal(Path::new(&OsString::from_vec(path)))
}

/// The plan of going to `directory`; it is looked into now, as the shell's own failure would come too late to be told.
pub(super) fn into(directory: &Path) -> Result<Plan> {
    // What is in a directory can be looked at only by who may enter it.
    match fs::metadata(directory.join(".")) {
        Ok(_) => Ok(Plan::script(vec![Step::Chdir(directory.to_path_buf())])),
        Err(error) => {
            let (shown, above) = (shown(directory), directory.parent().unwrap_or(Path::new("/")));
            match error.kind() {
                ErrorKind::NotFound | ErrorKind::NotADirectory => {
                    bail!("There is no directory {shown}.\nhint: ls {}", typed(above.as_os_str()))
                }
                _ => bail!("cannot go to {shown}: {error}\nhint: ls -ld {}", typed(directory.as_os_str())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;

    fn plan(root: &Path, directory: Option<&str>) -> Result<Plan> {
        let variables = [("VIRTUAL_ENV".into(), root.into())].into();
        let context = Context::new(Surroundings { variables, ..Default::default() });
        Args { directory: directory.map(OsString::from) }.plan(&context)
    }

    fn step(directory: PathBuf) -> Plan {
        Plan::script(vec![Step::Chdir(directory)])
    }

    #[test]
    fn a_directory_is_one_below_it() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("bin/deep")).unwrap();
        assert_eq!(plan(root.path(), None).unwrap(), step(root.path().to_path_buf()));
        assert_eq!(plan(root.path(), Some("")).unwrap(), step(root.path().to_path_buf()));
        assert_eq!(plan(root.path(), Some("bin/deep/")).unwrap(), step(at("bin/deep")));
        assert_eq!(plan(root.path(), Some("/bin/deep/..")).unwrap(), step(at("bin")));
    }

    #[test]
    fn where_none_is_the_shell_stays() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        for directory in ["gone", "file"] {
            let error = plan(root.path(), Some(directory)).unwrap_err().to_string();
            let path = root.path().join(directory);
            assert!(
                error.starts_with(&format!("There is no directory {}.\nhint: ", path.display())),
                "{error}"
            );
        }
        assert!(
            plan(Path::new("/nowhere"), None).unwrap_err().to_string().starts_with("no virtualenv active")
        );
    }
}
