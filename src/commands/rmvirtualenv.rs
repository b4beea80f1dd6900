//! `rmvirtualenv NAME...`: remove environments, and nothing else.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::{Answer, Effect, Plan};
use crate::shell::Step;
use crate::shell::quote::typed;
use crate::venv::{Hook, Name, Runnable, Venv, refuse_mounts, shown};

const MORE: &str = "\
All names are checked before the first is removed. The active environment is not
removed: run deactivate first. Of a link only the link is removed. With a time
like trash = \"7 days\" in config.toml, restorevirtualenv brings one back.

Examples:
  rmvirtualenv blog
  rmvirtualenv blog shop 'my env'";

/// Remove environments
#[derive(Debug, clap::Args)]
#[command(override_usage = "rmvirtualenv NAME...", after_help = MORE)]
pub struct Args {
    /// The environments
    names: Vec<OsString>,

    /// Instead, the temporary one that was in this directory and was left just now
    #[arg(long, hide = true, value_name = "DIR")]
    temporary: Option<PathBuf>,
}

impl Args {
    /// The removals, each between its hooks.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        if let Some(root) = self.temporary {
            return temporary(root, context);
        }
        if self.names.is_empty() {
            bail!("Please specify an environment.\nhint: lsvirtualenv -b");
        }
        let mut names = Vec::new();
        for word in &self.names {
            let name = Name::existing(word)?;
            // `rmvirtualenv blog blog/` would not find the second.
            if !names.contains(&name) {
                names.push(name);
            }
        }
        removal(&names, context)
    }
}

/// The removal of a temporary environment. What carries its marker elsewhere is none of ours to remove.
fn temporary(root: PathBuf, context: &Context) -> Result<Plan> {
    let name = Name::existing(root.file_name().unwrap_or_default())?;
    let venv = Venv::at(root);
    if !venv.is_temporary() || !context.home()?.venv(&name).is_same_as(&venv) {
        let text =
            format!("NOTE: {} stays: it is no temporary environment of WORKON_HOME.", shown(venv.root()));
        return Ok(Plan::report("").after(vec![Effect::Say(text)]));
    }
    let mut plan = removal(std::slice::from_ref(&name), context)?;
    plan.effects.insert(0, Effect::Say(format!("Removing temporary environment: {name}")));
    Ok(plan)
}

fn removal(names: &[Name], context: &Context) -> Result<Plan> {
    let home = context.home()?;
    home.exists()?;
    for name in names {
        check(name, context)?;
    }
    let mut plan = Plan::report("");
    for name in names {
        plan.effects.push(Effect::Say(format!("Removing {name}...")));
        let venv = home.venv(name);
        let removal = match what_is_at(venv.root())? {
            None => {
                let root = shown(venv.root());
                plan.effects.push(Effect::Say(format!("Did not find environment {root} to remove.")));
                continue;
            }
            Some(data) if data.is_symlink() => {
                let target = venv.root().read_link().unwrap_or_default();
                let text = format!("{name} is a link: {} stays as it is.", shown(target));
                plan.effects.push(Effect::Say(text));
                Effect::Unlink(venv.root().to_path_buf())
            }
            Some(_) => match context.kept_from(&venv)? {
                Some(time) => Effect::Keep { venv: venv.clone(), time },
                None => Effect::Remove(venv.clone()),
            },
        };
        let is_link = matches!(removal, Effect::Unlink(_));
        let undo = format!("hint: restorevirtualenv {}", name.typed());
        let undo = matches!(removal, Effect::Keep { .. }).then_some(Effect::Say(undo));
        if !is_link && context.is_inside(venv.root()) && context.shim().is_some() {
            plan.answer = Answer::Script(vec![Step::Chdir(home.path().to_path_buf())]);
        }
        plan.effects.extend(hook(Hook::Prermvirtualenv, name, context)?);
        plan.effects.push(removal);
        plan.effects.extend(undo);
        plan.effects.extend(hook(Hook::Postrmvirtualenv, name, context)?);
    }
    Ok(plan)
}

/// Refuses what is there and is no environment, the active one, and one in which something is mounted.
fn check(name: &Name, context: &Context) -> Result<()> {
    let venv = context.home()?.venv(name);
    let Some(data) = what_is_at(venv.root())? else { return Ok(()) };
    if context.active().is_some_and(|active| active.is_same_as(&venv)) {
        bail!(
            "You cannot remove the active environment ('{name}').\n\
             Either switch to another environment, or run 'deactivate'.\nhint: deactivate"
        );
    }
    // A link that leads nowhere was one to an environment once.
    let dangling = data.is_symlink() && !venv.root().exists();
    if !dangling && !venv.exists() {
        what_is_at(&venv.activate())?;
        // Another removal may have come between the two looks.
        if what_is_at(venv.root())?.is_none() {
            return Ok(());
        }
        bail!("{} is not an environment.\nhint: lsvirtualenv -b", shown(venv.root()));
    }
    if data.is_symlink() { Ok(()) } else { refuse_mounts(venv.root()) }
}

/// What is at `path`; none only where nothing is. What cannot be looked at may well be there.
fn what_is_at(path: &Path) -> Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(data) => Ok(Some(data)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => {
            bail!("cannot look at {}: {error}\nhint: ls -ld {}", shown(path), typed(path.as_os_str()))
        }
    }
}

/// The effect of a global hook, or the word that it is broken.
fn hook(hook: Hook, name: &Name, context: &Context) -> Result<Option<Effect>> {
    Ok(match hook.runnable(&context.hooks()?) {
        Runnable::Nothing => None,
        Runnable::Broken(why) => Some(Effect::Say(format!("WARNING: {why}"))),
        Runnable::Program(program) => Some(Effect::Hook {
            directory: context.home()?.path().to_path_buf(),
            program,
            argument: name.as_os_str().to_owned(),
            variables: context.hook_variables()?,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use std::fs;

    fn plan(names: &[&str], home: &Path, active: &str) -> Result<Plan> {
        let variables = [("WORKON_HOME", home.to_str().unwrap()), ("XDG_CONFIG_HOME", "/nowhere")];
        let mut variables: Vec<(&str, String)> = variables.map(|(n, v)| (n, v.to_owned())).into();
        variables.push(("VIRTUAL_ENV", home.join(active).to_str().unwrap().to_owned()));
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let context = Context::new(Surroundings { variables, ..Default::default() });
        let temporary = names.first().and_then(|name| name.strip_prefix("left:")).map(PathBuf::from);
        Args { names: names.iter().map(OsString::from).collect(), temporary }.plan(&context)
    }

    fn home() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for name in ["blog", "shop"] {
            fs::create_dir_all(directory.path().join(name).join("bin")).unwrap();
            fs::write(directory.path().join(name).join("bin/activate"), "").unwrap();
        }
        fs::write(directory.path().join("postactivate"), "").unwrap();
        fs::create_dir(directory.path().join("papers")).unwrap();
        std::os::unix::fs::symlink("blog", directory.path().join("link")).unwrap();
        directory
    }

    #[test]
    fn what_is_no_environment_is_refused() {
        let home = home();
        for name in ["", ".", "..", "../x", "/etc", "postactivate", "papers", "blog/bin"] {
            assert!(plan(&[name], home.path(), "none").is_err(), "{name}");
        }
        assert!(plan(&[], home.path(), "none").is_err());
        assert!(plan(&["blog", "papers"], home.path(), "none").is_err());
    }

    #[test]
    fn the_active_one_is_refused_under_any_name() {
        let home = home();
        for name in ["blog", "blog/", "link"] {
            assert!(plan(&[name], home.path(), "blog").is_err(), "{name}");
        }
        assert!(plan(&["shop"], home.path(), "blog").is_ok());
    }

    #[test]
    fn only_what_is_marked_and_in_the_home_is_temporary() {
        let (home, elsewhere) = (home(), home());
        let left = |root: &Path| plan(&[&format!("left:{}", root.display())], home.path(), "none");
        for place in [home.path(), elsewhere.path()] {
            fs::write(place.join("blog/README.tmpenv"), "").unwrap();
        }
        let effects = left(&home.path().join("blog")).unwrap().effects;
        assert!(effects.contains(&Effect::Remove(Venv::at(home.path().join("blog")))));
        for other in [elsewhere.path().join("blog"), home.path().join("shop")] {
            assert!(
                matches!(&left(&other).unwrap().effects[..], [Effect::Say(text)] if text.contains("stays"))
            );
        }
    }

    #[test]
    fn a_name_that_is_said_twice_is_removed_once() {
        let home = home();
        let effects = plan(&["blog", "shop", "blog/"], home.path(), "none").unwrap().effects;
        let said = |effect: &&Effect| matches!(effect, Effect::Say(_));
        assert_eq!(effects.iter().filter(said).count(), 2);
        assert_eq!(effects.len(), 4);
    }

    #[test]
    fn what_cannot_be_looked_at_is_not_missing() {
        let home = home();
        let name = "e".repeat(300);
        let error = plan(&["blog", &name], home.path(), "none").unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot look at {}/e", home.path().display())), "{error}");
        assert!(error.contains("\nhint: ls -ld /"), "{error}");
    }

    #[test]
    fn of_a_link_only_the_link_goes() {
        let home = home();
        let effects = plan(&["link/"], home.path(), "none").unwrap().effects;
        assert!(effects.contains(&Effect::Unlink(home.path().join("link"))));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Remove(_))));
    }

    #[test]
    fn a_missing_one_is_told_and_no_failure() {
        let home = home();
        let plan = plan(&["gone", "shop"], home.path(), "none").unwrap();
        assert_eq!(plan.status, 0);
        let text = format!("Did not find environment {} to remove.", home.path().join("gone").display());
        assert!(plan.effects.contains(&Effect::Say(text)));
        assert_eq!(plan.effects.iter().filter(|effect| matches!(effect, Effect::Remove(_))).count(), 1);
    }
}
