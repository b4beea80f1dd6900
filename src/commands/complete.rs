//! `venvyard complete KIND`: candidates for tab completion, one a line.

use std::ffi::OsString;

use anyhow::Result;

use crate::context::Context;
use crate::plan::Plan;
use crate::venv::shown;

/// Print candidates for tab completion, one a line, each with a tab and a description.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to complete
    kind: Kind,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    /// Names of environments
    Envs,
    /// Names of templates for projects
    Templates,
}

impl Args {
    /// A report of `NAME<TAB>DESCRIPTION` lines; starts no Python.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        match self.kind {
            Kind::Envs => envs(context),
            Kind::Templates => templates(context),
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
        let plan = Args { kind: Kind::Envs }.plan(&context).unwrap();
        assert_eq!(plan.answer, Answer::Report("my env\tPython 3.11.7\n".into()));
    }
}
