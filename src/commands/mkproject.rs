//! `mkproject NAME`: make a project directory in $PROJECT_HOME, and its environment.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::mkvirtualenv::{Options, Wanted, project_file};
use super::workon;
use crate::context::Context;
use crate::plan::Plan;
use crate::shell::Step;
use crate::shell::quote::typed;
use crate::venv::{Hook, Name, ProjectTemplate, shown};

const MORE: &str = "\
A template is a directory or a program in $VIRTUALENVWRAPPER_HOOK_DIR/templates or in
~/.config/venvyard/templates, or a program venvyard-template-NAME on PATH. The files of a
directory are copied over nothing that is there; a program is run in the new project with
its name and its path. They are applied in the order typed.

Examples:
  mkproject blog
  mkproject -t django -p 3.12 blog";

/// Create a project directory and its environment
#[derive(Debug, clap::Args)]
#[command(override_usage = "mkproject [-f] [-t TEMPLATE]... [OPTIONS OF mkvirtualenv] NAME", after_help = MORE)]
pub struct Args {
    /// What to call both
    #[arg(required = true)]
    name: OsString,

    /// Use the directory if it exists already
    #[arg(short, long)]
    force: bool,

    /// Apply this template; may be repeated
    #[arg(short = 't', long = "template", value_name = "TEMPLATE")]
    templates: Vec<OsString>,

    /// What mkvirtualenv has, and makes no sense here
    #[arg(short = 'a', hide = true)]
    project: Option<OsString>,

    #[command(flatten)]
    options: Options,
}

impl Args {
    /// What mkvirtualenv does, with the project's directory; then the way there, and its templates.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let project_home = project_home(context)?;
        let name = Name::new(&self.name)?;
        ensure!(
            self.project.is_none(),
            "mkproject makes the project itself, in {}.\nhint: mkvirtualenv -a DIR {}",
            shown(&project_home),
            typed(name.as_os_str())
        );
        let project = project_home.join(name.as_os_str());
        self.refuse_existing(&project, &name)?;
        if !self.options.clear && context.home()?.venv(&name).exists() {
            let (typed, project) = (typed(name.as_os_str()), typed(project.as_os_str()));
            bail!(
                "Environment '{name}' exists already.\nhint: mkdir -p {project} && setvirtualenvproject {typed} {project}"
            );
        }
        let all = context.project_templates()?;
        let templates = self.templates.iter().map(|word| all.find(word)).collect::<Result<Vec<_>>>()?;
        let trust = context.trust()?;
        if let Some(why) = templates.iter().find_map(|template| trust.doubt(&template.path)) {
            bail!(why);
        }
        let wanted = Wanted {
            name: &name,
            typed: format!("mkproject {}", typed(name.as_os_str())),
            // Its hooks and the way there come when it is ready.
            project: None,
            project_to_make: Some(project.clone()),
            files: vec![project_file(&project, context)],
            cd: context.cd_to_project()?,
        };
        let (mut effects, mut steps) = self.options.creation(wanted, context)?;
        let arguments = vec![name.as_os_str().to_owned()];
        let (warning, hook) = workon::run(Hook::Premkproject, arguments, context)?;
        effects.extend(warning);
        steps.extend(hook);
        steps.push(Step::Print(format!("Creating {}", shown(&project)).into()));
        steps.push(Step::Print(format!("Setting project for {name} to {}", shown(&project)).into()));
        steps.push(Step::Chdir(project.clone()));
        for template in templates {
            steps.push(Step::Print(format!("\nApplying template {}", shown(&template.name)).into()));
            steps.push(application(template, &name, &project, context));
        }
        let stirred = steps.iter().any(Step::may_write_hooks);
        steps.extend(workon::sourced(Hook::Postmkproject, &context.hooks()?, context.shell(), stirred));
        Plan::script(steps).after(effects).amid(|| context.hook_variables())
    }

    /// What is there is only used where that is wanted; it is never emptied.
    fn refuse_existing(&self, project: &Path, name: &Name) -> Result<()> {
        if project.symlink_metadata().is_err() {
            return Ok(());
        }
        ensure!(
            project.is_dir(),
            "{} exists and is not a directory.\nhint: mkproject another-name",
            shown(project)
        );
        ensure!(self.force, "Project {name} already exists.\nhint: mkproject -f {}", typed(name.as_os_str()));
        Ok(())
    }
}

/// The directory that holds all projects, which must be there.
fn project_home(context: &Context) -> Result<PathBuf> {
    let Some(home) = context.project_home()? else {
        bail!(
            "Set the PROJECT_HOME shell variable to the name of the directory where projects should be created.\n\
             hint: export PROJECT_HOME=~/src"
        )
    };
    ensure!(
        home.is_dir(),
        "Project directory '{}' does not exist.  Create it or set PROJECT_HOME to an existing directory.\n\
         hint: mkdir -p {}",
        shown(&home),
        typed(home.as_os_str())
    );
    Ok(home)
}

/// The step that applies a template in its turn. A directory is copied by this program, since the templates before
/// it are to be seen.
fn application(template: ProjectTemplate, name: &Name, project: &Path, context: &Context) -> Step {
    let words = match template.is_directory {
        true => vec![
            context.executable().as_os_str().to_owned(),
            "fill".into(),
            project.into(),
            template.path.into_os_string(),
        ],
        false => vec![template.path.into_os_string(), name.as_os_str().to_owned(), project.into()],
    };
    Step::Run { directory: project.to_path_buf(), words }
}

/// What the help ends in: the templates there are, and what each is for.
pub(super) fn templates_told(context: &Context) -> Result<String> {
    let templates = context.project_templates()?.all();
    if templates.is_empty() {
        return Ok("\nTemplates: none yet\n".to_owned());
    }
    let rows: Vec<(String, String)> =
        templates.iter().map(|template| (shown(&template.name), template.about())).collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let lines = rows.iter().map(|(name, about)| format!("  {name:width$}  {about}\n"));
    Ok(format!("\nTemplates:\n{}", lines.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::{Answer, Effect};
    use clap::Parser;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    /// A place with a home of environments, one of projects, and two templates.
    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("envs/templates/flask")).unwrap();
        fs::create_dir_all(place.path().join("src/old")).unwrap();
        let program = place.path().join("envs/templates/django");
        fs::write(&program, "#!/bin/sh\n# A Django project\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        place
    }

    fn context(place: &Path, project_home: &str) -> Context {
        let at = |path: &str| place.join(path).to_str().unwrap().to_owned();
        let variables = [
            ("WORKON_HOME", at("envs")),
            ("PROJECT_HOME", if project_home.is_empty() { String::new() } else { at(project_home) }),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("HOME", "/nowhere".to_owned()),
            ("XDG_CONFIG_HOME", "/nowhere".to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let (directory, executable) = (Some(place.to_path_buf()), "/opt/venvyard".into());
        Context::new(Surroundings { variables, directory, executable, umask: 0o022, ..Default::default() })
    }

    fn plan(line: &[&str], place: &Path, project_home: &str) -> Result<Plan> {
        Line::parse_from([&["mkproject"], line].concat()).args.plan(&context(place, project_home))
    }

    #[test]
    fn the_project_comes_after_all_that_mkvirtualenv_does() {
        let place = place();
        let plan = plan(&["blog", "-t", "flask", "-t", "django"], place.path(), "src").unwrap();
        let Some(Effect::Create(creation)) = plan.effects.last() else { panic!("{plan:?}") };
        assert_eq!(creation.project, Some(place.path().join("src/blog")));
        assert_eq!(creation.files[0].0, ".project");
        let Answer::Script(steps) = &plan.answer else { panic!("a report") };
        let told = |step: &Step| {
            String::from_utf8(step.spelled(crate::shell::Shell::Bash))
                .unwrap()
                .replace(place.path().to_str().unwrap(), "~")
        };
        let told: Vec<String> =
            steps.iter().filter(|step| !matches!(step, Step::Lend(_))).map(told).collect();
        assert_eq!(
            told,
            [
                "__venvyard_deactivate '~/envs/blog'",
                "__venvyard_activate '~/envs/blog' '~/envs'",
                "__venvyard_print 'Creating ~/src/blog'",
                "__venvyard_print 'Setting project for blog to ~/src/blog'",
                "__venvyard_chdir '~/src/blog'",
                "__venvyard_print ''$'\\n''Applying template flask'",
                "__venvyard_run '~/src/blog' '/opt/venvyard' 'fill' '~/src/blog' '~/envs/templates/flask'",
                "__venvyard_print ''$'\\n''Applying template django'",
                "__venvyard_run '~/src/blog' '~/envs/templates/django' 'blog' '~/src/blog'",
                // A template may write the hook.
                "__venvyard_source '~/envs/postmkproject' 'project.post_mkproject'",
            ]
        );
    }

    #[test]
    fn what_is_missing_is_told_before_anything_is_made() {
        let place = place();
        let error = |line: &[&str], home| plan(line, place.path(), home).unwrap_err().to_string();
        assert!(error(&["blog"], "").starts_with("Set the PROJECT_HOME shell variable"));
        assert!(error(&["blog"], "gone").contains("does not exist.  Create it or set PROJECT_HOME"));
        assert!(error(&["old"], "src").starts_with("Project old already exists."));
        assert!(plan(&["-f", "old"], place.path(), "src").is_ok());
        assert!(error(&["blog", "-a", "src"], "src").contains("hint: mkvirtualenv -a DIR blog"));
        assert!(error(&["../x"], "src").contains("is not a name"));
        for name in ["rails", "../flask", "", "."] {
            let error = error(&["blog", "-t", name], "src");
            assert!(error.contains("There is no template") && error.contains("django, flask"), "{error}");
        }
    }

    #[test]
    fn the_help_ends_in_the_templates() {
        let place = place();
        let told = templates_told(&context(place.path(), "src")).unwrap();
        let flask = place.path().join("envs/templates/flask");
        assert_eq!(
            told,
            format!("\nTemplates:\n  django  A Django project\n  flask   {}\n", flask.display())
        );
    }
}
