//! `lsvirtualenv`: the environments there are, in brief or with what their hooks tell.

use std::ffi::{OsStr, OsString};

use anyhow::{Result, bail};

use super::workon;
use crate::context::Context;
use crate::plan::{Effect, Plan};
use crate::shell::Step;
use crate::venv::{Hook, Runnable, Venv};

const MORE: &str = "\
Examples:
  lsvirtualenv              each with what the get_env_details hooks tell of it
  lsvirtualenv -b           names, one a line
  lsvirtualenv -b | fzf     pick one
  lsvirtualenv --json       for programs";

/// List environments
#[derive(Debug, clap::Args)]
#[command(override_usage = "lsvirtualenv [-b | -l | --json]", after_help = MORE)]
pub struct Args {
    /// Names only, one a line
    #[arg(short, long, overrides_with = "long")]
    brief: bool,

    /// Names and details (the default)
    #[arg(short, long)]
    long: bool,

    /// An array of objects: name, path, version, project
    #[arg(long)]
    json: bool,
}

impl Args {
    /// A report, or the steps that run the hooks for it.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        match self {
            Self { json: true, .. } => json(context),
            Self { brief: true, .. } => brief(context),
            _ => long(context),
        }
    }
}

/// A report of the names, one a line.
pub(super) fn brief(context: &Context) -> Result<Plan> {
    let mut text = OsString::new();
    for name in context.home()?.names()? {
        text.push(name.as_os_str());
        text.push("\n");
    }
    Ok(Plan::report(text))
}

fn long(context: &Context) -> Result<Plan> {
    let home = context.home()?;
    let global = Hook::GetEnvDetails.runnable(&context.hooks()?);
    let mut steps = Vec::new();
    let mut warnings = Vec::new();
    // Neighbouring texts are one: an environment without a hook costs the shell nothing.
    let mut text = OsString::new();
    for name in home.names()? {
        let venv = home.venv(&name);
        text.push(name.as_os_str());
        text.push(format!("\n{}\n", "=".repeat(name.to_string().chars().count())));
        let (broken, mut hooks) = details(&global, &venv, name.as_os_str(), context)?;
        warnings.extend(broken);
        if !hooks.is_empty() && !venv.is_quoted(context.shell()) {
            warnings.push(workon::left_out(&venv, &name));
            hooks.clear();
        }
        for hook in hooks {
            if !text.is_empty() {
                steps.push(Step::print(std::mem::take(&mut text)));
            }
            steps.push(Step::Inside { root: venv.root().to_path_buf(), step: Box::new(hook) });
        }
        text.push("\n");
    }
    warnings.dedup();
    if steps.is_empty() {
        return Ok(Plan::report(text).after(warnings));
    }
    steps.push(Step::print(text));
    Plan::script(steps).after(warnings).amid(|| context.hook_variables())
}

/// The hooks that tell of `venv`, run where all hooks are, the `global` one before its own; and warnings of broken ones,
/// to be said before. It takes a shell to let them speak: without one there are none.
pub(super) fn details(
    global: &Runnable,
    venv: &Venv,
    name: &OsStr,
    context: &Context,
) -> Result<(Vec<Effect>, Vec<Step>)> {
    let (mut warnings, mut steps) = (Vec::new(), Vec::new());
    for hook in [global, &Hook::GetEnvDetails.runnable(&venv.bin())] {
        match hook {
            Runnable::Program(program) if context.shim().is_some() => steps.push(Step::Hook {
                directory: context.home()?.path().to_path_buf(),
                program: program.clone(),
                arguments: vec![name.to_owned()],
            }),
            Runnable::Program(_) | Runnable::Nothing => {}
            Runnable::Broken(why) => warnings.push(Effect::Say(format!("WARNING: {why}"))),
        }
    }
    Ok((warnings, steps))
}

#[derive(serde::Serialize)]
struct Row {
    name: String,
    path: String,
    version: Option<String>,
    project: Option<String>,
}

fn json(context: &Context) -> Result<Plan> {
    let home = context.home()?;
    let mut rows = Vec::new();
    for name in home.names()? {
        let venv = home.venv(&name);
        let (Some(text), Some(path)) = (name.as_os_str().to_str(), venv.root().to_str()) else {
            bail!("The name '{name}' is not UTF-8, as JSON must be.\nhint: lsvirtualenv -b");
        };
        rows.push(Row {
            name: text.to_owned(),
            path: path.to_owned(),
            version: venv.version(),
            project: venv.project(context.project_file()).map(|path| path.to_string_lossy().into_owned()),
        });
    }
    Ok(Plan::report(serde_json::to_string_pretty(&rows)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    fn context(home: &Path) -> Context {
        shimmed(home, "")
    }

    fn shimmed(home: &Path, shell: &str) -> Context {
        let variables = [
            ("WORKON_HOME", home),
            ("XDG_CONFIG_HOME", Path::new("/nowhere")),
            ("VENVYARD_SHELL", Path::new(shell)),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        Context::new(Surroundings { variables, ..Default::default() })
    }

    fn home() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for name in ["shop", "blog"] {
            fs::create_dir_all(directory.path().join(name).join("bin")).unwrap();
            fs::write(directory.path().join(name).join("bin/activate"), "").unwrap();
        }
        directory
    }

    #[test]
    fn without_hooks_the_long_list_is_a_report() {
        let home = home();
        let plan = long(&context(home.path())).unwrap();
        assert_eq!(plan, Plan::report("blog\n====\n\nshop\n====\n\n"));
    }

    #[test]
    fn a_hook_tells_in_its_place_where_a_shell_runs_it() {
        let home = home();
        let hook = home.path().join("shop/bin/get_env_details");
        fs::write(&hook, "#!/bin/sh\necho\n").unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(long(&context(home.path())).unwrap(), Plan::report("blog\n====\n\nshop\n====\n\n"));
        let Answer::Script(steps) = long(&shimmed(home.path(), "bash")).unwrap().answer else {
            panic!("a report")
        };
        let steps: Vec<Step> = steps.into_iter().filter(|step| !matches!(step, Step::Lend(_))).collect();
        assert_eq!(steps[0], Step::Print("blog\n====\n\nshop\n====".into()));
        assert!(matches!(steps[1], Step::Inside { .. }));
        assert_eq!(steps[2], Step::Print("".into()));
    }

    #[test]
    fn a_path_that_would_run_as_code_is_not_entered_for_its_hooks() {
        let home = home();
        let root = home.path().join("$(id)");
        fs::rename(home.path().join("shop"), &root).unwrap();
        fs::write(root.join("bin/get_env_details"), "#!/bin/sh\necho\n").unwrap();
        fs::set_permissions(root.join("bin/get_env_details"), fs::Permissions::from_mode(0o755)).unwrap();
        let plan = long(&shimmed(home.path(), "bash")).unwrap();
        assert!(matches!(&plan.effects[..], [Effect::Say(why)] if why.contains("would run as code")));
        assert_eq!(plan.answer, Plan::report("$(id)\n=====\n\nblog\n====\n\n").answer);
    }

    #[test]
    fn json_is_for_programs() {
        let home = home();
        let Answer::Report(text) = json(&context(home.path())).unwrap().answer else { panic!("a script") };
        let rows: serde_json::Value = serde_json::from_str(text.to_str().unwrap()).unwrap();
        assert_eq!(rows[0]["name"], "blog");
        assert!(rows[0]["version"].is_null());
    }
}
