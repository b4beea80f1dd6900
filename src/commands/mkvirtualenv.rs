//! `mkvirtualenv NAME`: make an environment, activate it, fill it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueHint;

use super::installation::{Installation, refuse_empty};
use super::workon::{self, Entry};
use crate::context::Context;
use crate::plan::{Creation, Effect, Maker, Plan, Recipe};
use crate::shell::Step;
use crate::shell::quote::typed;
use crate::venv::template::Kind;
use crate::venv::{Hook, Name, Python, Venv, refuse_mounts, shown};

const MORE: &str = "\
Options may stand before or after the name. Others than these go to the creator, which
is the interpreter's own venv module, or what VIRTUALENVWRAPPER_VIRTUALENV names.

Examples:
  mkvirtualenv blog
  mkvirtualenv blog -p 3.12 -i django -i psycopg
  mkvirtualenv shop -a ~/src/shop -r ~/src/shop/requirements.txt";

/// Create an environment and activate it
#[derive(Debug, clap::Args)]
#[command(override_usage = "mkvirtualenv [OPTIONS] NAME", after_help = MORE)]
pub struct Args {
    /// What to call it
    #[arg(required = true)]
    name: OsString,

    /// The project that belongs to it; workon goes there
    #[arg(short = 'a', value_name = "DIR")]
    project: Option<OsString>,

    #[command(flatten)]
    options: Options,
}

// What may be typed for every creation. No doc comment: it would become the first line of each command's help.
#[derive(Debug, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that venv or pip has too")]
pub(super) struct Options {
    /// The interpreter: a path, a name on PATH, or a version like 3.12
    #[arg(short, long, value_name = "PYTHON", value_hint = ValueHint::CommandName)]
    python: Option<OsString>,

    #[command(flatten)]
    installation: Installation,

    /// Let it see the packages of the interpreter
    #[arg(long)]
    system_site_packages: bool,

    /// Leave pip out
    #[arg(long)]
    without_pip: bool,

    /// What the prompt shows in place of the name
    #[arg(long, value_name = "TEXT")]
    prompt: Option<OsString>,

    /// Copy the interpreter where links are usual
    #[arg(long, visible_alias = "always-copy")]
    copies: bool,

    /// Bring pip up to date from the package index
    #[arg(long)]
    upgrade_deps: bool,

    /// Replace the environment of that name, with all that is in it
    #[arg(long)]
    pub clear: bool,

    /// The words that we do not know, each for the creator
    #[arg(long, hide = true, allow_hyphen_values = true)]
    pub creator_option: Vec<OsString>,
}

/// What is to be made, beside the options.
pub(super) struct Wanted<'a> {
    /// What it is to be called.
    pub name: &'a Name,
    /// What was typed, without options: for hints.
    pub typed: String,
    /// The project that it is entered with.
    pub project: Option<&'a Path>,
    /// A project directory that is to appear with it.
    pub project_to_make: Option<PathBuf>,
    /// Small files that it has from the start.
    pub files: Vec<(OsString, Vec<u8>)>,
    /// Whether the shell goes to the project.
    pub cd: bool,
}

/// Who makes an environment.
struct Choice {
    maker: Maker,
    options: Vec<OsString>,
    /// What to type if it fails, a `hint:` line each.
    ways_out: String,
    /// What is to be said of it.
    note: Option<String>,
}

/// How virtualenv is told of an interpreter.
fn option_for(python: &OsStr) -> OsString {
    [OsStr::new("--python="), python].join(OsStr::new(""))
}

/// Options of a virtualenv of old that ask for what is usual today. rc files and plug-ins still have them.
const PAST: [&str; 5] =
    ["--no-site-packages", "--distribute", "--setuptools", "--use-distribute", "--unzip-setuptools"];

impl Args {
    /// The creation, then the steps: hook, activation, installs, hook.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let name = Name::new(&self.name)?;
        let project = project(self.project.as_deref(), context)?;
        let wanted = Wanted {
            name: &name,
            typed: format!("mkvirtualenv {}", typed(name.as_os_str())),
            project: project.as_deref(),
            project_to_make: None,
            files: project.iter().map(|project| project_file(project, context)).collect(),
            cd: context.cd_to_project()?,
        };
        let (effects, steps) = self.options.creation(wanted, context)?;
        Plan::script(steps).after(effects).amid(|| context.hook_variables())
    }
}

/// The project directory that `-a` names, which must be there.
pub(super) fn project(given: Option<&OsStr>, context: &Context) -> Result<Option<PathBuf>> {
    let Some(given) = given else { return Ok(None) };
    refuse_empty("-a", &[given.to_owned()], "mkvirtualenv -a DIR NAME")?;
    let project = context.path(given)?;
    ensure!(
        project.is_dir(),
        "Cannot associate project with {}, it is not a directory\nhint: mkdir -p {}",
        shown(given),
        typed(project.as_os_str())
    );
    Ok(Some(project))
}

/// The file in an environment that names its project, and what it holds.
pub(super) fn project_file(project: &Path, context: &Context) -> (OsString, Vec<u8>) {
    let line = [project.as_os_str().as_encoded_bytes(), b"\n"].concat();
    (context.project_file().to_owned(), line)
}

impl Options {
    /// The usual ones, for the interpreter `python`.
    pub(super) fn of(python: Option<OsString>) -> Self {
        Self { python, ..Self::default() }
    }

    /// All that mkvirtualenv does: the creation and the warnings, then the steps.
    pub(super) fn creation(&self, wanted: Wanted<'_>, context: &Context) -> Result<(Vec<Effect>, Vec<Step>)> {
        let (home, hooks, name) = (context.home()?, context.hooks()?, wanted.name);
        let venv = home.venv(name);
        let mut effects = Vec::new();
        if !home.exists()? {
            let path = shown(home.path());
            let note = format!("NOTE: Virtual environments directory {path} does not exist. Creating...");
            effects.extend([Effect::Say(note), Effect::MakeDirectory(home.path().to_path_buf())]);
        }
        let replace = self.replaces(&venv, name, context)?;
        let keep = if replace { context.kept_from(&venv)? } else { None };
        ensure!(
            !(self.upgrade_deps && context.is_offline()?),
            "--upgrade-deps asks the package index, and `offline` in config.toml says not to.\nhint: {}",
            wanted.typed
        );
        let (note, lines) = self.installation.lines(&venv, !self.without_pip, &wanted.typed, context)?;
        effects.extend(note);
        let (notes, creation) = self.making(venv.clone(), context)?;
        effects.extend(notes);
        effects.push(Effect::Create(Creation {
            replace,
            keep,
            files: wanted.files,
            project: wanted.project_to_make,
            ..creation
        }));
        if keep.is_some() {
            let typed = typed(name.as_os_str());
            let hint = format!("mvvirtualenv {typed} another-name && restorevirtualenv {typed}");
            effects.push(Effect::Say(format!("NOTE: The old '{name}' is kept.\nhint: {hint}")));
        }

        let arguments = vec![name.as_os_str().to_owned()];
        let (warning, hook) = workon::run(Hook::Premkvirtualenv, arguments, context)?;
        effects.extend(warning);
        let stirred = hook.is_some();
        let mut steps = Vec::from_iter(hook);
        if let Some(project) = wanted.project {
            steps.push(Step::Print(format!("Setting project for {name} to {}", shown(project)).into()));
        }
        let entry = Entry { venv: &venv, name: name.as_os_str(), project: wanted.project, cd: wanted.cd };
        let (warnings, activation) = entry.activation(context, stirred)?;
        effects.extend(warnings);
        steps.extend(activation);
        let directory = context.directory().map(Path::to_path_buf).unwrap_or_default();
        let run = |words| Step::Run { directory: directory.clone(), words: telling_interrupts(words) };
        steps.extend(lines.into_iter().map(run));
        let stirred = steps.iter().any(Step::may_write_hooks);
        steps.extend(workon::sourced(Hook::Postmkvirtualenv, &hooks, context.shell(), stirred));
        Ok((effects, steps))
    }

    /// Whether something is there to be replaced; fails where that was not asked for.
    fn replaces(&self, venv: &Venv, name: &Name, context: &Context) -> Result<bool> {
        let Ok(data) = venv.root().symlink_metadata() else { return Ok(false) };
        let (root, typed) = (shown(venv.root()), typed(name.as_os_str()));
        if data.is_symlink() {
            bail!("{root} is a link.\nhint: rmvirtualenv {typed}");
        }
        if !venv.exists() {
            bail!("{root} exists and is not an environment.\nhint: mkvirtualenv another-name");
        }
        if !self.clear {
            bail!(
                "Environment '{name}' exists already.\nhint: workon {typed}\n\
                 hint: mkvirtualenv --clear {typed}  # makes it anew, without its packages"
            );
        }
        // The shell would go on in it with variables and functions of the one that is gone.
        ensure!(
            !context.active().is_some_and(|active| active.is_same_as(venv)),
            "Environment '{name}' is active.\nhint: deactivate"
        );
        refuse_mounts(venv.root())?;
        Ok(true)
    }

    /// How the environment `venv` is made, whatever is to be in it; before that something may have to be said.
    pub(super) fn making(&self, venv: Venv, context: &Context) -> Result<(Vec<Effect>, Creation)> {
        let Choice { maker, options, ways_out, note } = self.choice(&venv, context)?;
        let doubtful_templates =
            context.doubtful_cache().map(str::to_owned).filter(|_| matches!(maker, Maker::Venv(_)));
        let doubts = doubtful_templates.into_iter().chain(context.doubtful_pip_cache()?);
        let notes =
            note.into_iter().chain(doubts.map(|why| format!("NOTE: {why}"))).map(Effect::Say).collect();
        let creation = Creation {
            is_closed: context.trust()?.is_to_be_closed(venv.root()),
            venv,
            recipe: self.recipe(&maker, context)?,
            maker,
            options,
            ways_out,
            cache: context.pip_cache()?,
            replace: false,
            keep: None,
            files: Vec::new(),
            project: None,
            hook_shell: context.hook_shell(),
        };
        Ok((notes, creation))
    }

    /// Who makes the environment, and with which options.
    fn choice(&self, venv: &Venv, context: &Context) -> Result<Choice> {
        let python = match &self.python {
            Some(python) if python.to_string_lossy().contains(['/', '~']) => {
                Some(context.path(python)?.into_os_string())
            }
            other => other.clone(),
        };
        let pythons = context.pythons()?;
        let Some((creator, mut options)) = context.creator() else {
            return self.usual_choice(&pythons.find(python.as_deref())?, venv, context);
        };
        let program = pythons.program(creator).with_context(|| {
            let name = shown(creator);
            format!("virtualenvwrapper could not find {name} in your path\nhint: export VIRTUALENVWRAPPER_VIRTUALENV=")
        })?;
        options.extend(python.map(|python| option_for(&python)));
        options.extend(self.options(self.creator_option.iter()));
        Ok(Choice { maker: Maker::Program(program), options, ways_out: String::new(), note: None })
    }

    /// The interpreter's own venv; where the distribution left out what that takes, virtualenv if it is at hand.
    fn usual_choice(&self, python: &Python, venv: &Venv, context: &Context) -> Result<Choice> {
        let ways_out = python.ways_out(|| context.system());
        let mut options = self.options(self.unknown_to_venv());
        let Some(why) = python.shortcoming(!self.without_pip) else {
            self.refuse_second_name(venv)?;
            return Ok(Choice { maker: Maker::Venv(python.clone()), options, ways_out, note: None });
        };
        let Some(program) = context.pythons()?.program("virtualenv".as_ref()) else {
            bail!("{why}{ways_out}")
        };
        options.insert(0, option_for(python.executable.as_os_str()));
        let note = Some(format!("NOTE: {why} {} makes this one.", shown(&program)));
        Ok(Choice { maker: Maker::Program(program), options, ways_out, note })
    }

    /// The venv module would make another environment of each word that is no option.
    fn refuse_second_name(&self, venv: &Venv) -> Result<()> {
        let is_option = |word: &&OsString| word.as_encoded_bytes().starts_with(b"-");
        let foreign: Vec<&OsString> = self.creator_option.iter().filter(|word| !is_option(word)).collect();
        let Some(first) = foreign.first() else { return Ok(()) };
        let name = venv.root().file_name().unwrap_or_default();
        let whole = foreign.iter().map(|word| word.as_os_str()).chain([name]);
        let whole = whole.collect::<Vec<_>>().join(OsStr::new(" "));
        bail!(
            "'{}' is not understood: an environment has one name, quoted if it has blanks.\n\
             hint: mkvirtualenv {}",
            shown(first),
            typed(&whole)
        )
    }

    /// What a template would have to become; none where only the maker can do what is asked.
    fn recipe(&self, maker: &Maker, context: &Context) -> Result<Option<Recipe>> {
        let Maker::Venv(python) = maker else { return Ok(None) };
        if self.upgrade_deps || self.unknown_to_venv().next().is_some() {
            return Ok(None);
        }
        let Ok(prompt) = self.prompt.clone().map(OsString::into_string).transpose() else { return Ok(None) };
        let link_mode = context.link_mode()?;
        Ok(context.pythons()?.workshop(&python.executable).map(|workshop| Recipe {
            workshop,
            kind: Kind { pip: !self.without_pip, copies: self.copies },
            prompt,
            system_site_packages: self.system_site_packages,
            link_mode,
        }))
    }

    /// The words that we do not know, for the venv module: without those of the past.
    fn unknown_to_venv(&self) -> impl Iterator<Item = &OsString> {
        self.creator_option.iter().filter(|option| !PAST.iter().any(|past| option == past))
    }

    /// The options that venv and virtualenv share, then what we do not know.
    fn options<'a>(&self, unknown: impl Iterator<Item = &'a OsString>) -> Vec<OsString> {
        let flags = [
            (self.system_site_packages, "--system-site-packages"),
            (self.without_pip, "--without-pip"),
            (self.copies, "--copies"),
            (self.upgrade_deps, "--upgrade-deps"),
        ];
        let flags = flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| OsString::from(flag));
        let prompt =
            self.prompt.iter().flat_map(|prompt| [OsStr::new("--prompt").to_owned(), prompt.clone()]);
        flags.chain(prompt).chain(unknown.cloned()).collect()
    }
}

/// pip makes of Ctrl-C a failure like any other. What happened a shell can tell that is not interactive.
fn telling_interrupts(words: Vec<OsString>) -> Vec<OsString> {
    let shell = ["/bin/sh", "-c", "trap \"exit 130\" INT; \"$@\"", "sh"].map(OsString::from);
    shell.into_iter().chain(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;
    use clap::Parser;
    use std::fs;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn plan(line: &[&str], home: &Path) -> Result<Plan> {
        let variables =
            [("WORKON_HOME", home.to_str().unwrap()), ("PATH", "/usr/bin:/bin"), ("HOME", "/nowhere")];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let directory = Some(home.to_path_buf());
        let context = Context::new(Surroundings { variables, directory, ..Default::default() });
        Line::parse_from([&["mkvirtualenv"], line].concat()).args.plan(&context)
    }

    fn creation(plan: &Plan) -> &Creation {
        let creation = plan.effects.iter().find_map(|effect| match effect {
            Effect::Create(creation) => Some(creation),
            _ => None,
        });
        creation.expect("a creation")
    }

    fn told(plan: &Plan, home: &Path) -> Vec<String> {
        let Answer::Script(steps) = &plan.answer else { panic!("a report") };
        let told = |step: &Step| {
            String::from_utf8(step.spelled(crate::shell::Shell::Bash))
                .unwrap()
                .replace(home.to_str().unwrap(), "~")
        };
        let is_variable =
            |step: &&Step| matches!(step, Step::Lend(_) | Step::Export { .. } | Step::Unset { .. });
        steps.iter().filter(|step| !is_variable(step)).map(told).collect()
    }

    #[test]
    fn creation_comes_before_the_steps() {
        let home = tempfile::tempdir().unwrap();
        let plan = plan(&["blog"], home.path()).unwrap();
        assert_eq!(creation(&plan).venv.root(), home.path().join("blog"));
        assert!(!creation(&plan).replace);
        assert_eq!(
            told(&plan, home.path()),
            ["__venvyard_deactivate '~/blog'", "__venvyard_activate '~/blog' '~'"]
        );
    }

    #[test]
    fn options_that_mean_what_is_usual_today_are_left_out() {
        let home = tempfile::tempdir().unwrap();
        let options = PAST.map(|past| format!("--creator-option={past}"));
        let line = [&["blog"], options.each_ref().map(String::as_str).as_slice()].concat();
        assert!(creation(&plan(&line, home.path()).unwrap()).options.is_empty());
    }

    #[test]
    fn a_missing_home_is_told_and_made() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("new");
        let effects = plan(&["blog"], &path).unwrap().effects;
        assert!(matches!(&effects[0], Effect::Say(note) if note.ends_with("does not exist. Creating...")));
        assert_eq!(effects[1], Effect::MakeDirectory(path));
    }

    #[test]
    fn installs_follow_the_activation_and_run_in_the_callers_directory() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("r.txt"), "").unwrap();
        let plan = plan(&["blog", "-i", "a", "-r", "r.txt", "-i", "b"], home.path()).unwrap();
        let told = told(&plan, home.path());
        let pip = "__venvyard_run '~' '/bin/sh' '-c' 'trap \"exit 130\" INT; \"$@\"' 'sh' '/usr/bin/env' \
                   'PIP_USER=0' 'PIP_ROOT=/' 'PIP_PREFIX=~/blog' \
                   '~/blog/bin/python' '-I' '-m' 'pip' 'install' '--target='";
        assert_eq!(told[2], format!("{pip} '-r' '~/r.txt'"));
        assert_eq!(told[3], format!("{pip} 'a' 'b'"));
    }

    #[test]
    fn bad_input_is_refused_before_anything_is_planned() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("old/bin")).unwrap();
        fs::write(home.path().join("old/bin/activate"), "").unwrap();
        fs::create_dir(home.path().join("papers")).unwrap();
        for line in [
            vec!["old"],
            vec!["papers"],
            vec!["papers", "--clear"],
            vec!["$(id)"],
            vec!["blog", "-a", "missing"],
            vec!["blog", "-r", "missing.txt"],
            vec!["blog", "-a", ""],
            vec!["blog", "-r", ""],
            vec!["blog", "-i", ""],
            vec!["blog", "-i", "x", "--find-links", ""],
            vec!["blog", "-i", "x", "--find-links", "missing"],
            vec!["blog", "-p", "python9.9"],
            vec!["blog", "-p", "/bin/ls"],
            vec!["blog", "--without-pip", "-i", "x"],
        ] {
            let error = plan(&line, home.path()).unwrap_err();
            assert!(format!("{error:#}").contains("\nhint: "), "{line:?}: {error:#}");
        }
        assert!(creation(&plan(&["old", "--clear"], home.path()).unwrap()).replace);
    }

    #[test]
    fn a_second_name_is_no_option_of_venv() {
        let home = tempfile::tempdir().unwrap();
        let line = ["blog", "--creator-option=my", "--creator-option=--symlinks"];
        let error = plan(&line, home.path()).unwrap_err().to_string();
        assert!(error.starts_with("'my' is not understood"), "{error}");
        assert!(error.ends_with("\nhint: mkvirtualenv 'my blog'"), "{error}");
    }

    #[test]
    fn a_project_is_told_before_the_activation_goes_there() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("src")).unwrap();
        let plan = plan(&["blog", "-a", "src"], home.path()).unwrap();
        let told = told(&plan, home.path());
        assert_eq!(told[0], "__venvyard_print 'Setting project for blog to ~/src'");
        assert_eq!(told[3], "__venvyard_chdir '~/src'");
        let line = format!("{}\n", home.path().join("src").display()).into_bytes();
        assert_eq!(creation(&plan).files, [(".project".into(), line)]);
        assert_eq!(creation(&plan).project, None);
    }
}
