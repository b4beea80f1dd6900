//! `venvyard complete KIND`: candidates for tab completion, one a line.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};

use anyhow::Result;

use super::restorevirtualenv;
use crate::context::Context;
use crate::plan::Plan;
use crate::venv::shown;

/// Print candidates for tab completion, one a line, each with a tab and a description.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to complete
    kind: Kind,

    /// The environment whose times are meant
    name: Option<OsString>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    /// Names of environments
    Envs,
    /// Names of templates for projects
    Templates,
    /// Names of environments that were removed and can come back
    Removed,
    /// When one of them was removed
    Times,
}

impl Args {
    /// A report of `NAME<TAB>DESCRIPTION` lines; starts no Python.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        match self.kind {
            Kind::Envs => envs(context),
            Kind::Templates => templates(context),
            Kind::Removed => removed(context),
            Kind::Times => times(self.name.as_deref(), context),
        }
    }
}

fn envs(context: &Context) -> Result<Plan> {
    let home = context.home()?;
    let mut text = OsString::new();
    for name in home.names()? {
        let venv = home.venv(&name);
        let version = venv.version().map(|version| format!("Python {version}"));
        let project = venv.project(context.project_file()).map(shown);
        let about: Vec<String> = version.into_iter().chain(project).collect();
        text.push(name.as_os_str());
        text.push(format!("\t{}\n", about.join(" · ")));
    }
    Ok(Plan::report(text))
}

fn templates(context: &Context) -> Result<Plan> {
    let mut text = OsString::new();
    for template in context.project_templates()?.all() {
        text.push(&template.name);
        text.push(format!("\t{}\n", template.about()));
    }
    Ok(Plan::report(text))
}

/// Each name once, with the newest time.
fn removed(context: &Context) -> Result<Plan> {
    let mut all = context.home()?.removed()?;
    let mut seen = BTreeSet::new();
    all.retain(|one| seen.insert(one.name.clone()));
    let mut text = OsString::new();
    for one in all {
        text.push(one.name.as_os_str());
        text.push(format!("\t{}\n", restorevirtualenv::told(&one, context)));
    }
    Ok(Plan::report(text))
}

fn times(name: Option<&OsStr>, context: &Context) -> Result<Plan> {
    let mut all = context.home()?.removed()?;
    all.retain(|one| name.is_none_or(|name| one.name.as_os_str() == name));
    let lines = all.iter().map(|one| format!("{}\t{}\n", one.stamp(), restorevirtualenv::told(one, context)));
    Ok(Plan::report(lines.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;

    #[test]
    fn a_candidate_tells_its_version() {
        let directory = tempfile::tempdir().unwrap();
        let bin = directory.path().join("my env/bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::write(bin.join("activate"), "").unwrap();
        std::fs::write(directory.path().join("my env/pyvenv.cfg"), "version = 3.11.7\n").unwrap();
        let variables = [("WORKON_HOME".into(), directory.path().into())].into();
        let context = Context::new(Surroundings { variables, ..Default::default() });
        let plan = Args { kind: Kind::Envs, name: None }.plan(&context).unwrap();
        assert_eq!(plan.answer, Answer::Report("my env\tPython 3.11.7\n".into()));
    }

    #[test]
    fn a_removed_one_is_told_once_and_all_its_times() {
        let directory = tempfile::tempdir().unwrap();
        for hidden in [
            ".blog.removed-20260101T000000Z",
            ".blog.removed-20260102T000000Z",
            ".a.removed-20260101T000000Z",
        ] {
            let bin = directory.path().join(hidden).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            std::fs::write(bin.join("activate"), "").unwrap();
        }
        let told = |kind, name: Option<&str>| {
            let variables = [("WORKON_HOME".into(), directory.path().into())].into();
            let context = Context::new(Surroundings { variables, ..Default::default() });
            Args { kind, name: name.map(OsString::from) }.plan(&context).unwrap().answer
        };
        assert_eq!(
            told(Kind::Removed, None),
            Answer::Report("blog\tremoved 20260102T000000Z\na\tremoved 20260101T000000Z\n".into())
        );
        let times =
            "20260102T000000Z\tremoved 20260102T000000Z\n20260101T000000Z\tremoved 20260101T000000Z\n";
        assert_eq!(told(Kind::Times, Some("blog")), Answer::Report(times.into()));
    }
}
