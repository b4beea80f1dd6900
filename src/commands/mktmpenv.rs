//! `mktmpenv`: an environment that is gone when it is left.

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher, Hasher};

use anyhow::{Result, bail};

use super::mkvirtualenv::{self, Options, Wanted};
use crate::context::Context;
use crate::plan::Plan;
use crate::shell::Step;
use crate::shell::quote::typed;
use crate::venv::{Name, Venv, shown};

/// Scripts look for this sentence.
const MARKER: &str = "This is a temporary environment. It will be deleted when you run 'deactivate'.";

const MORE: &str = "\
It gets a name of its own. deactivate removes it, and so does workon when it leaves for
another one. To keep it, rename it with mvvirtualenv.

Examples:
  mktmpenv
  mktmpenv -n -i requests";

/// Create an environment that deactivate removes
#[derive(Debug, clap::Args)]
#[command(override_usage = "mktmpenv [-c | -n] [OPTIONS OF mkvirtualenv]", after_help = MORE)]
pub struct Args {
    /// Go to the environment, whatever VIRTUALENVWRAPPER_WORKON_CD says
    #[arg(short, long, overrides_with = "no_cd")]
    cd: bool,

    /// Stay in this directory
    #[arg(short, long)]
    no_cd: bool,

    /// The project that belongs to it
    #[arg(short = 'a', value_name = "DIR")]
    project: Option<OsString>,

    #[command(flatten)]
    options: Options,
}

impl Args {
    /// What mkvirtualenv does, with a marker in the environment; then the way there.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        self.refuse_name(context)?;
        let name = random_name()?;
        let project = mkvirtualenv::project(self.project.as_deref(), context)?;
        let cd = self.cd || !self.no_cd && context.cd_to_project()?;
        let mut files = vec![(Venv::TEMPORARY.into(), format!("{MARKER}\n").into_bytes())];
        files.extend(project.iter().map(|project| mkvirtualenv::project_file(project, context)));
        let wanted = Wanted {
            name: &name,
            typed: "mktmpenv".to_owned(),
            project: project.as_deref(),
            project_to_make: None,
            files,
            cd,
        };
        let (effects, mut steps) = self.options.creation(wanted, context)?;
        if cd {
            steps.push(Step::Chdir(context.home()?.venv(&name).root().to_path_buf()));
        }
        steps.push(Step::print(MARKER));
        Plan::script(steps).after(effects).amid(|| context.hook_variables())
    }

    /// A word that is no option of ours may be the value of one of the creator's. venv has none with a value that
    /// we do not know.
    fn refuse_name(&self, context: &Context) -> Result<()> {
        let is_word = |word: &&OsString| !OsStr::as_encoded_bytes(word).starts_with(b"-");
        let mut foreign = self.options.creator_option.iter();
        let name = match context.creator() {
            Some(_) => foreign.next().filter(is_word),
            None => foreign.find(is_word),
        };
        match name {
            Some(name) => bail!(
                "'{}' is not understood: mktmpenv finds a name itself.\nhint: mkvirtualenv {}",
                shown(name),
                typed(name)
            ),
            None => Ok(()),
        }
    }
}

/// A name that nothing has: each `RandomState` has keys of its own, from the system's source of randomness.
fn random_name() -> Result<Name> {
    let digits = RandomState::new().build_hasher().finish();
    Name::new(format!("tmp-{digits:016x}").as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::{Answer, Effect};
    use clap::Parser;
    use std::path::Path;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn plan(line: &[&str], home: &Path, cd: &str) -> Result<Plan> {
        let variables = [
            ("WORKON_HOME", home.to_str().unwrap()),
            ("PATH", "/usr/bin:/bin"),
            ("HOME", "/nowhere"),
            ("VIRTUALENVWRAPPER_WORKON_CD", cd),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let directory = Some(home.to_path_buf());
        let context = Context::new(Surroundings { variables, directory, ..Default::default() });
        Line::parse_from([&["mktmpenv"], line].concat()).args.plan(&context)
    }

    fn goes_there(line: &[&str], cd: &str) -> bool {
        let home = tempfile::tempdir().unwrap();
        let Answer::Script(steps) = plan(line, home.path(), cd).unwrap().answer else { panic!("a report") };
        assert_eq!(steps.last(), Some(&Step::Print(MARKER.into())));
        steps.iter().any(|step| matches!(step, Step::Chdir(_)))
    }

    #[test]
    fn it_is_marked_from_the_start() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan(&[], home.path(), "1").unwrap();
        let Some(Effect::Create(creation)) = plan.effects.last() else { panic!("{plan:?}") };
        let name = creation.venv.root().file_name().unwrap().to_str().unwrap();
        let digits = name.strip_prefix("tmp-").unwrap();
        assert!(digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{name}");
        assert_eq!(creation.files, [("README.tmpenv".into(), format!("{MARKER}\n").into_bytes())]);
    }

    #[test]
    fn each_has_another_name() {
        assert_ne!(random_name().unwrap(), random_name().unwrap());
    }

    #[test]
    fn the_shell_goes_there_unless_it_is_told_not_to() {
        assert!(goes_there(&[], "1"));
        assert!(!goes_there(&["-n"], "1"));
        assert!(!goes_there(&[], "0"));
        assert!(goes_there(&["--cd"], "0"));
    }

    #[test]
    fn a_name_is_not_taken() {
        let home = tempfile::tempdir().unwrap();
        for line in [vec!["--creator-option=blog"], vec!["--creator-option=--seeder", "--creator-option=pip"]]
        {
            let error = plan(&line, home.path(), "1").unwrap_err().to_string();
            assert!(error.contains("is not understood"), "{error}");
        }
        assert!(plan(&["--creator-option=--symlinks"], home.path(), "1").is_ok());
    }
}
