//! A decision as plain data: what to do to the disk, then what to answer.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Result, bail};

use crate::shell::{self, Shell, Shim, Step};
use crate::venv::template::{Kind, LinkMode, Workshop};
use crate::venv::{Hook, Installs, Python, Trust, Venv, shown};

/// What a command decided. Nothing is answered unless every effect succeeded.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Done first, in this order; the first failure ends the command.
    pub effects: Vec<Effect>,
    /// Then said on stdout.
    pub answer: Answer,
    /// What the command returns, 0 to 255.
    pub status: u8,
}

/// What a command says on stdout.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Steps for the live shell.
    Script(Vec<Step>),
    /// Text for people and pipes, bytes as they are.
    Report(OsString),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Script(Vec::new())
    }
}

impl Answer {
    /// What it does, a line each, as people read it.
    pub fn described(&self) -> Vec<String> {
        match self {
            Self::Script(steps) => {
                let spelled = steps.iter().map(|step| step.spelled(Shell::Bash));
                spelled.map(|line| format!("step: {}", String::from_utf8_lossy(&line))).collect()
            }
            Self::Report(text) => {
                text.to_string_lossy().lines().map(|line| format!("print: {line}")).collect()
            }
        }
    }
}

/// One change of the disk, or one word on stderr in its place among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the user something on stderr.
    Say(String),
    /// Make a directory and those above it.
    MakeDirectory(PathBuf),
    /// Make the global hooks that `directory` lacks, as files of comments; `shell` stands after their `#!`.
    Hooks { directory: PathBuf, shell: PathBuf },
    /// Make an environment; it appears whole or not at all.
    Create(Creation),
    /// Make an environment of a used one.
    Copy(Copying),
    /// Remove what was installed into an environment; `program`, ourselves, deletes behind us.
    Wipe { venv: Venv, program: PathBuf },
    /// Delete what commands that are gone left hidden in a home.
    Sweep(PathBuf),
    /// Remove an environment: its name is gone at once.
    Remove(Venv),
    /// Remove an environment, so that it can come back: hidden under its name and `time`.
    Keep { venv: Venv, time: SystemTime },
    /// Bring back the environment that lies at `removed`; nothing may be in its place.
    Restore { removed: PathBuf, venv: Venv },
    /// Delete environments that were kept long enough.
    Expire(Vec<PathBuf>),
    /// Install into an environment that is gone afterwards, for what stays in pip's cache.
    Warm(Warming),
    /// Delete a directory of a cache.
    Clear(PathBuf),
    /// Remove a link to an environment; what it points to stays.
    Unlink(PathBuf),
    /// Run a hook program from `directory`; its status counts for nothing.
    Hook {
        directory: PathBuf,
        program: PathBuf,
        argument: OsString,
        variables: Vec<(&'static str, OsString)>,
    },
    /// Let a path file name directories to import from, or no longer: read, changed and written by one at a time.
    ExtendPath { file: PathBuf, add: Vec<PathBuf>, remove: Vec<PathBuf> },
    /// Put `contents` in place of the file `path`, or of what it links to.
    Write { path: PathBuf, contents: Vec<u8> },
    /// Copy what is in `template` into `project`, over nothing that is there.
    Fill { project: PathBuf, template: PathBuf },
}

/// All that is needed to make an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// Where it appears.
    pub venv: Venv,
    /// Who makes it.
    pub maker: Maker,
    /// Options for the maker, before the environment's name.
    pub options: Vec<OsString>,
    /// How a template does what these options say, without the maker; none if it cannot.
    pub recipe: Option<Recipe>,
    /// What to type if the maker cannot put pip into it, a `hint:` line each; empty if the user chose the maker.
    pub ways_out: String,
    /// Where pip keeps downloads if the maker calls it; none leaves that to pip.
    pub cache: Option<PathBuf>,
    /// Whether it takes the place of one that is there.
    pub replace: bool,
    /// The time to keep that one under; none if it is deleted.
    pub keep: Option<SystemTime>,
    /// Whether the user's group is not to write to what shells run in it, whatever the umask says.
    pub is_closed: bool,
    /// Small files in its root that it has from the start: their names, and what they hold.
    pub files: Vec<(OsString, Vec<u8>)>,
    /// A project directory that appears with it, unless it is there; the one above it is.
    pub project: Option<PathBuf>,
    /// The interpreter that its new hook files name after `#!`.
    pub hook_shell: PathBuf,
}

/// All that is needed to make an environment of a used one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copying {
    /// The environment that is there.
    pub source: Venv,
    /// Where the new one appears.
    pub target: Venv,
    /// Whether the source goes when the new one is whole.
    pub is_move: bool,
    /// The interpreter that new hook files name after `#!`.
    pub hook_shell: PathBuf,
}

/// All that is needed to fill pip's cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warming {
    /// How the environment is made; its own place is hidden beside the one that is named here.
    pub creation: Creation,
    /// What is installed.
    pub installs: Installs,
    /// A directory that gets a wheel of each package.
    pub wheels: Option<PathBuf>,
    /// Where pip runs.
    pub directory: PathBuf,
}

/// What a template is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Where the interpreter's templates lie.
    pub workshop: Workshop,
    /// Which of them.
    pub kind: Kind,
    /// A prompt of the user's.
    pub prompt: Option<String>,
    /// Whether the environment sees the interpreter's packages.
    pub system_site_packages: bool,
    /// How files are shared with the template.
    pub link_mode: LinkMode,
}

/// Who makes an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Maker {
    /// An interpreter's own venv module.
    Venv(Python),
    /// A program that takes virtualenv's arguments.
    Program(PathBuf),
}

/// Neither a file nor a directory, so that no hook is there.
const NOWHERE: &str = "/dev/null";

impl Plan {
    /// A plan that only says `text`.
    pub fn report(text: impl Into<OsString>) -> Self {
        Self { answer: Answer::Report(text.into()), ..Self::default() }
    }

    /// A plan of steps for the live shell.
    pub fn script(steps: Vec<Step>) -> Self {
        Self { answer: Answer::Script(steps), ..Self::default() }
    }

    /// The same with effects to be done first.
    pub fn after(mut self, effects: Vec<Effect>) -> Self {
        self.effects = effects;
        self
    }

    /// The same with another status.
    pub fn status(mut self, status: u8) -> Self {
        self.status = status;
        self
    }

    /// The same with its steps amid `variables`, if hooks are among them. virtualenvwrapper exports these for good;
    /// here they are there while hooks may run, since other tools change their ways where WORKON_HOME is set.
    pub fn amid(mut self, variables: impl FnOnce() -> Result<Vec<(&'static str, OsString)>>) -> Result<Self> {
        if let Answer::Script(steps) = &mut self.answer
            && steps.iter().any(Step::is_hook)
        {
            let variables = variables()?;
            if !variables.is_empty() {
                steps.insert(0, Step::Lend(variables));
            }
        }
        Ok(self)
    }

    /// The same without hooks that somebody else could have written, which is said; `shell` is the one that asks.
    ///
    /// # Errors
    /// An environment is to be entered whose activate script somebody else could have written.
    pub(crate) fn without_foreign(mut self, trust: &Trust, shell: Shell) -> Result<Self> {
        let mut warnings = Vec::new();
        let mut is_trusted = |path: &Path| {
            let doubt = trust.doubt(path);
            // A hook may be looked for that is not there: of that there is nothing to say.
            let told = doubt.iter().filter(|_| path.exists());
            warnings.extend(told.map(|why| Effect::Say(format!("WARNING: {why}"))));
            doubt.is_none()
        };
        for effect in &self.effects {
            // What a copy holds would be the user's own from then on.
            if let Effect::Copy(Copying { source, .. }) = effect
                && let Some(why) = trust.doubt_to_enter(source, shell)
            {
                bail!(why);
            }
        }
        self.effects.retain(|effect| match effect {
            Effect::Hook { program, .. } => is_trusted(program),
            _ => true,
        });
        if let Answer::Script(steps) = &mut self.answer {
            steps.retain(|step| match step {
                Step::Source { file, .. } => is_trusted(file),
                Step::Hook { program, .. } => is_trusted(program),
                Step::Inside { root, step } => {
                    let program =
                        if let Step::Hook { program, .. } = &**step { is_trusted(program) } else { true };
                    program && is_trusted(&Venv::at(root.clone()).activate_for(shell)) && is_trusted(root)
                }
                _ => true,
            });
            for step in steps {
                if let Step::Initialize { file, .. } = step
                    && !is_trusted(file)
                {
                    *file = NOWHERE.into();
                }
                if let Step::Activate { root, hooks } | Step::Follow { root, hooks } = step {
                    if let Some(why) = trust.doubt_to_enter(&Venv::at(root.clone()), shell) {
                        bail!(why);
                    }
                    let left = [Hook::Predeactivate, Hook::Postdeactivate];
                    // What is sourced on the way out, no program can look at then.
                    let is_fine = |hook: Hook| match hook.sourced(hooks, shell) {
                        Some(file) => is_trusted(&file),
                        None => trust.doubt(&hook.source(hooks, shell)).is_none(),
                    };
                    if !left.map(is_fine).iter().all(|is_fine| *is_fine) {
                        *hooks = NOWHERE.into();
                    }
                }
            }
        }
        warnings.dedup();
        self.effects.splice(..0, warnings);
        Ok(self)
    }

    /// Whether files of the user's are run or sourced: only then it matters who could have written them.
    pub fn runs_files(&self) -> bool {
        let in_script = |steps: &[Step]| steps.iter().any(|step| step.is_hook() || step.enters());
        self.effects.iter().any(|effect| matches!(effect, Effect::Hook { .. } | Effect::Copy(_)))
            || matches!(&self.answer, Answer::Script(steps) if in_script(steps))
    }

    /// Whether an environment appears in the home or vanishes from it.
    pub fn changes_home(&self) -> bool {
        self.effects.iter().any(|effect| match effect {
            Effect::Create(_)
            | Effect::Copy(_)
            | Effect::Sweep(_)
            | Effect::Remove(_)
            | Effect::Keep { .. }
            | Effect::Restore { .. } => true,
            Effect::Say(_)
            | Effect::MakeDirectory(_)
            | Effect::Hooks { .. }
            | Effect::Wipe { .. }
            | Effect::Expire(_)
            | Effect::Warm(_)
            | Effect::Clear(_)
            | Effect::Unlink(_)
            | Effect::Hook { .. }
            | Effect::ExtendPath { .. }
            | Effect::Write { .. }
            | Effect::Fill { .. } => false,
        })
    }

    /// The same for a terminal, which no name shall command: control characters can be seen, and do nothing.
    pub fn tamed(mut self) -> Self {
        let tame = |text: &mut OsString| *text = visible(text).into();
        match &mut self.answer {
            Answer::Report(text) => tame(text),
            Answer::Script(steps) => steps.iter_mut().for_each(|step| {
                if let Step::Print(text) = step {
                    tame(text);
                }
            }),
        }
        self
    }

    /// Fails when the plan has steps and there is no live shell to take them.
    pub fn refuse_without_shim(&self, shim: Option<Shim>) -> Result<()> {
        match &self.answer {
            Answer::Script(steps) if shim.is_none() && !steps.is_empty() => bail!(
                "A program cannot change the shell that started it: this command is a shell function.\n\
                 hint: eval \"$(venvyard init bash)\""
            ),
            _ => Ok(()),
        }
    }

    /// The bytes for stdout.
    pub fn spelled(&self, shim: Option<Shim>) -> Vec<u8> {
        match (&self.answer, shim) {
            (Answer::Script(steps), Some(shim)) => shell::script(steps, self.status, shim.shell),
            (Answer::Script(_), None) => Vec::new(),
            (Answer::Report(text), Some(shim)) => {
                let step = (!text.is_empty()).then(|| Step::print(text));
                shell::script(step.as_slice(), self.status, shim.shell)
            }
            (Answer::Report(text), None) => lines(text),
        }
    }

    /// The plan as a text for people: what `--dry-run` shows.
    pub fn described(self) -> Self {
        let mut text: Vec<String> = self.effects.iter().map(Effect::described).collect();
        text.extend(self.answer.described());
        text.push(format!("status: {}", self.status));
        Self::report(text.join("\n"))
    }
}

/// `text` line by line, as people read it; a tab stands between words.
fn visible(text: &OsString) -> String {
    let lines = text.to_string_lossy();
    let lines = lines.split('\n').map(|line| line.split('\t').map(shown).collect::<Vec<_>>().join("\t"));
    lines.collect::<Vec<_>>().join("\n")
}

fn lines(text: &OsString) -> Vec<u8> {
    let mut bytes = text.as_encoded_bytes().to_vec();
    if bytes.last().is_some_and(|&last| last != b'\n') {
        bytes.push(b'\n');
    }
    bytes
}

impl Effect {
    /// The directory that it changes, if it is one; what it removes or replaces stands in it.
    pub fn place(&self) -> Option<&Path> {
        match self {
            Self::Create(creation) => creation.venv.root().parent(),
            Self::Copy(copying) => copying.target.root().parent(),
            Self::Remove(venv) | Self::Keep { venv, .. } | Self::Restore { venv, .. } => venv.root().parent(),
            Self::Warm(warming) => warming.creation.venv.root().parent(),
            Self::Clear(directory) => directory.parent(),
            Self::Write { path, .. } | Self::ExtendPath { file: path, .. } | Self::Unlink(path) => {
                path.parent()
            }
            Self::Wipe { venv, .. } => Some(venv.root()),
            Self::MakeDirectory(path) | Self::Fill { project: path, .. } => Some(path),
            Self::Hooks { directory, .. } => Some(directory),
            Self::Say(_) | Self::Sweep(_) | Self::Expire(_) | Self::Hook { .. } => None,
        }
    }

    /// What it does, in a line as people read it.
    pub fn described(&self) -> String {
        match self {
            Self::Say(text) => format!("say: {text}"),
            Self::MakeDirectory(path) => format!("make directory: {}", shown(path)),
            Self::Hooks { directory, .. } => format!("make hooks in: {}", shown(directory)),
            Self::Create(creation) => creation.described(),
            Self::Copy(Copying { source, target, is_move, .. }) => {
                let verb = if *is_move { "move" } else { "copy" };
                format!("{verb}: {} to {}", shown(source.root()), shown(target.root()))
            }
            Self::Sweep(home) => format!("delete what was left behind in: {}", shown(home)),
            Self::Wipe { venv, .. } => format!("remove what is installed in: {}", shown(venv.root())),
            Self::Remove(venv) => format!("remove: {}", shown(venv.root())),
            Self::Keep { venv, .. } => format!("remove and keep: {}", shown(venv.root())),
            Self::Restore { removed, venv } => {
                format!("restore: {} from {}", shown(venv.root()), shown(removed))
            }
            Self::Expire(removed) => {
                let paths: Vec<String> = removed.iter().map(shown).collect();
                format!("delete what was kept long enough: {}", paths.join(", "))
            }
            Self::Warm(warming) => warming.described(),
            Self::Clear(directory) => format!("delete: {}", shown(directory)),
            Self::Unlink(path) => format!("remove link: {}", shown(path)),
            Self::Hook { directory, program, argument, .. } => {
                format!("run in {}: {} {}", shown(directory), shown(program), shown(argument))
            }
            Self::ExtendPath { file, add, remove } => {
                let verb = if remove.is_empty() { "add to" } else { "take out of" };
                let paths: Vec<String> = add.iter().chain(remove).map(shown).collect();
                format!("{verb} {}: {}", shown(file), paths.join(", "))
            }
            Self::Write { path, .. } => format!("write: {}", shown(path)),
            Self::Fill { project, template } => format!("fill {} from: {}", shown(project), shown(template)),
        }
    }
}

impl Warming {
    fn described(&self) -> String {
        let all = self.installs.requirements.iter().chain(&self.installs.packages).map(shown);
        let wheels = self.wheels.iter().map(|directory| format!(", and keep wheels in {}", shown(directory)));
        let what = all.collect::<Vec<_>>().join(" ");
        format!("install into an environment that goes again: {what}{}", wheels.collect::<String>())
    }
}

impl Creation {
    fn described(&self) -> String {
        let maker: &Path = match &self.maker {
            Maker::Venv(python) => &python.executable,
            Maker::Program(program) => program,
        };
        let verb = match (self.replace, self.keep) {
            (false, _) => "create",
            (true, None) => "create anew",
            (true, Some(_)) => "create anew, and keep the old one",
        };
        let options = self.options.iter().map(shown);
        let with = std::iter::once(shown(maker)).chain(options).collect::<Vec<_>>().join(" ");
        let project = self.project.as_ref().map(|project| format!(", and {}", shown(project)));
        format!("{verb}: {}{} with {with}", shown(self.venv.root()), project.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIM: Option<Shim> = Some(Shim { shell: Shell::Bash, terminal: false });

    #[test]
    fn a_report_is_text_for_people_and_a_printed_word_for_the_shim() {
        let plan = Plan::report("blog\nshop\n").status(1);
        assert_eq!(plan.spelled(None), b"blog\nshop\n");
        assert_eq!(plan.spelled(SHIM), b"__venvyard_print 'blog'$'\\n''shop' &&\n__venvyard_status '1'\n");
    }

    #[test]
    fn a_terminal_is_not_commanded_by_a_name() {
        let plan = Plan::report("blog\n\u{1b}]0;owned\u{7}\tx\n").tamed();
        assert_eq!(plan.answer, Answer::Report("blog\n\\u{1b}]0;owned\\u{7}\tx\n".into()));
        let plan = Plan::script(vec![Step::Print("\u{9b}2J".into())]).tamed();
        assert_eq!(plan.answer, Answer::Script(vec![Step::Print("\\u{9b}2J".into())]));
    }

    #[test]
    fn an_empty_report_prints_nothing() {
        assert_eq!(Plan::report("").spelled(None), b"");
        assert_eq!(Plan::report("").spelled(SHIM), b"__venvyard_status '0'\n");
    }

    #[test]
    fn steps_need_a_shim() {
        let plan = Plan::script(vec![Step::Deactivate { next: "/e".into() }]);
        assert!(plan.refuse_without_shim(None).is_err());
        assert!(plan.refuse_without_shim(SHIM).is_ok());
    }

    #[test]
    fn a_path_forges_no_line_of_a_dry_run() {
        let effect = Effect::Unlink("/envs/a\nstatus: 0".into());
        assert_eq!(effect.described(), "remove link: /envs/a\\nstatus: 0");
    }

    #[test]
    fn a_dry_run_tells_effects_before_steps() {
        let plan = Plan::script(vec![Step::Deactivate { next: "/e".into() }])
            .after(vec![Effect::Say("NOTE".into())]);
        let Answer::Report(text) = plan.described().answer else { panic!("not a report") };
        assert_eq!(text, "say: NOTE\nstep: __venvyard_deactivate '/e'\nstatus: 0");
    }
}
