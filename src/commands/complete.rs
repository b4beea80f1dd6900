//! `venvyard complete SHELL [COMMAND BEFORE AFTER BREAKS]`: what may stand at the cursor of a line.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use anyhow::Result;
use clap::ValueHint;

use super::cdvirtualenv::below;
use super::restorevirtualenv;
use crate::context::Context;
use crate::plan::Plan;
use crate::shell::{Candidate, Line, Offer, Otherwise, Shell, Typed};
use crate::venv::{Name, ProjectTemplate, Removed, shown};

/// Print what may stand at the cursor of a line, or without one the shell code that asks for it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Whose line it is
    shell: Shell,

    /// The command that is completed, whatever the line calls it
    command: Option<OsString>,

    /// The line from the command's name to the cursor, as it is typed
    #[arg(allow_hyphen_values = true, default_value = "")]
    before: OsString,

    /// The rest of the line
    #[arg(allow_hyphen_values = true, default_value = "")]
    after: OsString,

    /// The letters that readline takes for the end of a word
    #[arg(allow_hyphen_values = true, default_value = "")]
    breaks: OsString,
}

/// Of more environments than this nothing but their names is told: two files of each would be read, and nobody reads
/// that many lines.
const SCREENFUL: usize = 100;

impl Args {
    /// A report of what is offered, as the shell's own glue reads it; starts no Python.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let Some(command) = &self.command else { return Ok(Plan::report(self.shell.completion())) };
        let line = Line::read(self.shell, self.before.as_bytes(), self.breaks.as_bytes());
        let after = self.rest(&line);
        let offer = match line.is_target {
            true => Offer { kind: "file", otherwise: Otherwise::Files, ..Offer::default() },
            false => offer(&line, &after, command, self.shell, context)?,
        };
        Ok(Plan::report(offer.spelled(self.shell, &line)))
    }

    /// The words after the cursor, but for the rest of the one that it stands in.
    fn rest(&self, line: &Line) -> Vec<OsString> {
        let after = self.after.as_bytes();
        let is_within = !line.current.is_empty() && !after.starts_with(b" ");
        let Line { words, current, .. } = Line::read(self.shell, after, b"");
        let last = (!current.is_empty()).then(|| OsString::from_vec(current));
        words.into_iter().chain(last).skip(usize::from(is_within)).collect()
    }
}

/// What an argument of ours is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// An environment.
    Environment,
    /// An environment, or a directory that is one elsewhere.
    EnvironmentOrDirectory,
    /// A version, a name or a path of a Python.
    Interpreter,
    /// A template of a project.
    Template,
    /// An environment that was removed and is kept.
    Removed,
    /// When the environment that is typed before it was removed.
    Time,
    File,
    Directory,
    /// A directory below that of the active environment.
    Below,
    /// A directory below its site-packages.
    BelowPackages,
    /// A directory that is imported from.
    Added,
    /// A command and its words.
    Command,
    /// What only the user knows: a new name, a text, a package.
    Anything,
}

/// What an argument of `command` is to be; of some the parser knows all values.
fn holds(command: &str, argument: &clap::Arg) -> Holds {
    match (command, argument.get_id().as_str()) {
        ("workon" | "showvirtualenv", "name") | ("rmvirtualenv", "names") | ("mvvirtualenv", "old") => {
            Holds::Environment
        }
        ("cpvirtualenv", "source") | ("setvirtualenvproject", "name") => Holds::EnvironmentOrDirectory,
        ("restorevirtualenv", "name") => Holds::Removed,
        ("restorevirtualenv", "time") => Holds::Time,
        (_, "python") => Holds::Interpreter,
        (_, "templates") => Holds::Template,
        (_, "requirements" | "program" | "verbs") => Holds::File,
        (_, "project") | ("add2virtualenv", "directories") => Holds::Directory,
        ("cdvirtualenv", "directory") => Holds::Below,
        ("cdsitepackages", "directory") => Holds::BelowPackages,
        ("allvirtualenv", "words") => Holds::Command,
        _ => match argument.get_value_hint() {
            ValueHint::AnyPath | ValueHint::FilePath => Holds::File,
            ValueHint::DirPath => Holds::Directory,
            _ => Holds::Anything,
        },
    }
}

fn offer(line: &Line, after: &[OsString], command: &OsStr, shell: Shell, context: &Context) -> Result<Offer> {
    let command = Path::new(command).file_name().unwrap_or_default();
    let described = super::described_one(command).unwrap_or_else(|| super::described().version("is told"));
    let mut words = line.words.iter().enumerate().skip(1);
    let mut description = &described;
    while description.has_subcommands() {
        match words.find(|(_, word)| !word.as_bytes().starts_with(b"-")) {
            None => {
                return Ok(fitting(
                    Typed::default().commands(description, &line.current),
                    &line.current,
                    shell,
                ));
            }
            Some((_, word)) => match description.find_subcommand(word) {
                Some(next) => description = next,
                None => return Ok(Offer::default()),
            },
        }
    }
    let mut typed = Typed::default();
    for (position, word) in words {
        typed.take(description, position, word);
    }
    let (argument, joined) = typed.argument(description, &line.current);
    let value = &line.current[joined..];
    let offer = match argument {
        None => Offer::default(),
        Some(argument) if !argument.get_possible_values().is_empty() => typed.values(argument),
        Some(argument) => {
            let others: Vec<&OsStr> =
                typed.words.iter().copied().chain(after.iter().map(OsString::as_os_str)).collect();
            match holds(description.get_name(), argument) {
                Holds::Directory if typed.given.iter().any(|id| *id == "delete") => {
                    held(Holds::Added, value, &others, shell, context)?
                }
                Holds::Command => {
                    let first = if typed.words.is_empty() { line.words.len() } else { typed.first };
                    Offer { kind: "command", otherwise: Otherwise::Command(first), ..Offer::default() }
                }
                holds => held(holds, value, &others, shell, context)?,
            }
        }
    };
    let is_nothing = offer.candidates.is_empty() && offer.otherwise == Otherwise::Nothing;
    let may_be_option = joined == 0 && typed.open.is_none() && !typed.is_literal;
    if may_be_option && (value.starts_with(b"-") || value.is_empty() && is_nothing) {
        return Ok(fitting(typed.options(description, value), value, shell));
    }
    Ok(Offer { joined, ..fitting(offer, value, shell) })
}

/// The offer without what does not begin with what is typed. Where nothing does, zsh and fish know other ways in which
/// a word may fit.
fn fitting(mut offer: Offer, typed: &[u8], shell: Shell) -> Offer {
    let fits = |candidate: &Candidate| begins(&candidate.word, typed, shell);
    let is_strict = shell == Shell::Bash || offer.otherwise != Otherwise::Nothing;
    if is_strict || offer.candidates.iter().any(fits) {
        offer.candidates.retain(fits);
    }
    offer
}

/// What an argument may be; `typed` is what there is of it, and `others` are the words beside it.
fn held(holds: Holds, typed: &[u8], others: &[&OsStr], shell: Shell, context: &Context) -> Result<Offer> {
    Ok(match holds {
        Holds::Environment => environments(typed, others, Otherwise::Nothing, shell, context)?,
        Holds::EnvironmentOrDirectory => environments(typed, others, Otherwise::Directories, shell, context)?,
        Holds::Interpreter => interpreters(typed, context)?,
        Holds::Template => {
            let about = |template: &ProjectTemplate| shown(template.about());
            let all = context.project_templates()?.all().into_iter();
            let candidates = all.map(|template| Candidate { about: about(&template), word: template.name });
            Offer { kind: "template", candidates: candidates.collect(), ..Offer::default() }
        }
        Holds::Removed => removed(None, context)?,
        Holds::Time => removed(others.first().copied(), context)?,
        Holds::File => Offer { kind: "file", otherwise: Otherwise::Files, ..Offer::default() },
        Holds::Directory => {
            Offer { kind: "directory", otherwise: Otherwise::Directories, ..Offer::default() }
        }
        Holds::Below => context.active().map(|venv| directories(venv.root(), typed)).unwrap_or_default(),
        Holds::BelowPackages => {
            let packages = context.active().and_then(|venv| venv.own_site_packages().ok());
            packages.map(|packages| directories(&packages, typed)).unwrap_or_default()
        }
        Holds::Added => added(others, context),
        Holds::Command | Holds::Anything => Offer::default(),
    })
}

/// The environments but those that are typed already, each with its version and its project.
fn environments(
    typed: &[u8],
    others: &[&OsStr],
    otherwise: Otherwise,
    shell: Shell,
    context: &Context,
) -> Result<Offer> {
    let home = context.home()?;
    let is_other =
        |name: &OsStr| !others.iter().any(|word| Name::existing(word).is_ok_and(|it| it.as_os_str() == name));
    let mut names = home.names_of(|name| begins(name, typed, shell) && is_other(name))?;
    if names.is_empty() && shell != Shell::Bash && otherwise == Otherwise::Nothing {
        names = home.names_of(is_other)?;
    }
    let user_home = context.user_home().ok();
    let tells = names.len() <= SCREENFUL && shell != Shell::Bash;
    let candidates = names.into_iter().map(|name| {
        let venv = home.venv(&name);
        let version = || venv.version().map(|version| format!("Python {}", shown(version)));
        let project = || venv.project(context.project_file()).map(|path| abbreviated(&path, user_home));
        let about = match tells {
            true => [version(), project()].into_iter().flatten().collect::<Vec<_>>().join(" · "),
            false => String::new(),
        };
        Candidate { word: name.as_os_str().to_owned(), about }
    });
    Ok(Offer { kind: "environment", candidates: candidates.collect(), otherwise, ..Offer::default() })
}

/// The environments that are kept, each once with its newest time; of the one called `name` all times.
fn removed(name: Option<&OsStr>, context: &Context) -> Result<Offer> {
    let mut all = context.home()?.removed()?;
    let mut seen = BTreeSet::new();
    all.retain(|one| match name {
        Some(name) => one.name.as_os_str() == name,
        None => seen.insert(one.name.clone()),
    });
    let word =
        |one: &Removed| if name.is_some() { one.stamp().into() } else { one.name.as_os_str().to_owned() };
    let candidates =
        all.iter().map(|one| Candidate { word: word(one), about: restorevirtualenv::told(one, context) });
    let kind = if name.is_some() { "time" } else { "environment" };
    Ok(Offer { kind, candidates: candidates.collect(), ..Offer::default() })
}

/// A path as people read it, `~` for their home.
fn abbreviated(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => format!("~/{}", shown(below)),
        None => shown(path),
    }
}

/// The versions that `-p` understands here, and where each is; once a name is begun, names on PATH.
fn interpreters(typed: &[u8], context: &Context) -> Result<Offer> {
    let pythons = context.pythons()?;
    let candidates = match typed.first() {
        Some(letter) if letter.is_ascii_alphabetic() => {
            pythons.names().into_iter().map(Candidate::bare).collect()
        }
        _ => {
            let wholly = typed.split(|&byte| byte == b'.').count() > 2;
            let all = pythons.versions(wholly).into_iter();
            all.map(|(version, path)| Candidate { word: version.into(), about: shown(path) }).collect()
        }
    };
    Ok(Offer { kind: "interpreter", candidates, otherwise: Otherwise::Files, ..Offer::default() })
}

/// The directories below `root` that `typed` leads to; hidden ones if it asks for them.
fn directories(root: &Path, typed: &[u8]) -> Offer {
    let end = typed.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let (above, begun) = typed.split_at(end);
    let place = below(root, Some(OsStr::from_bytes(above).to_owned()));
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let mut names: Vec<OsString> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name())
        .filter(|name| !name.as_bytes().starts_with(b".") || begun.starts_with(b"."))
        .collect();
    names.sort_unstable();
    let word = |name: OsString| OsString::from_vec([above, name.as_bytes(), b"/"].concat());
    let candidates = names.into_iter().map(|name| Candidate::bare(word(name))).collect();
    Offer { kind: "directory", candidates, is_part: true, ..Offer::default() }
}

/// What `add2virtualenv` has added, but for what is typed already.
fn added(others: &[&OsStr], context: &Context) -> Offer {
    let file = context.active().and_then(|venv| venv.path_file().ok());
    let text = file.and_then(|file| fs::read(file).ok()).unwrap_or_default();
    let lines = text.split(|&byte| byte == b'\n').map(OsStr::from_bytes);
    let lines = lines.filter(|line| !line.is_empty() && !line.as_bytes().starts_with(b"import"));
    let candidates = lines.filter(|line| !others.contains(line)).map(Candidate::bare).collect();
    Offer { kind: "directory", candidates, ..Offer::default() }
}

/// Whether `word` may be what is begun by `typed`; zsh and fish let people type small letters for large ones.
fn begins(word: &OsStr, typed: &[u8], shell: Shell) -> bool {
    let Some(start) = word.as_bytes().get(..typed.len()) else { return false };
    match shell {
        // Not `==`: a thousand calls of glibc's memcmp, with its wide registers, took 0.15 ms.
        Shell::Bash => start.iter().eq(typed),
        _ => start.eq_ignore_ascii_case(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;
    use std::path::PathBuf;

    /// A home with some of everything that is completed.
    struct Lab(tempfile::TempDir);

    impl Lab {
        fn new() -> Self {
            let lab = Self(tempfile::tempdir().unwrap());
            for name in ["blog", "shop", "my env", "a\u{1b}[2J", "Big", "$(id)", "-x"] {
                lab.write(&format!("envs/{name}/bin/activate"), "");
            }
            lab.write("envs/blog/pyvenv.cfg", "version = 3.11.7\u{1b}\n");
            lab.write("envs/blog/.project", lab.at("home/src").to_str().unwrap());
            lab.write("envs/.gone.removed-20260101T000000Z/bin/activate", "");
            lab.write("envs/templates/django/README", "A site\n");
            let packages = "envs/blog/lib/python3.11/site-packages";
            lab.write(&format!("{packages}/django/views/x.py"), "");
            lab.write(
                &format!("{packages}/_virtualenv_path_extensions.pth"),
                "import sys\n/src/one\n/src/two\n",
            );
            lab.write("pyenv/versions/3.9.18/bin/python", "");
            lab
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        fn write(&self, path: &str, text: &str) {
            fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
            fs::write(self.at(path), text).unwrap();
        }

        /// The lines that `shell` gets for `line`, in which a `^` is the cursor.
        fn told(&self, shell: Shell, line: &str) -> Vec<String> {
            let variables = [
                ("WORKON_HOME", self.at("envs")),
                ("VIRTUAL_ENV", self.at("envs/blog")),
                ("HOME", self.at("home")),
                ("XDG_CONFIG_HOME", "/nowhere".into()),
                ("PYENV_ROOT", self.at("pyenv")),
            ];
            let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
            let context = Context::new(Surroundings { variables, ..Default::default() });
            let (before, after) = line.split_once('^').unwrap_or((line, ""));
            let command = Some(before.split(' ').next().unwrap().into());
            let breaks = " \t\n\"'><=;|&(:".into();
            let args = Args { shell, command, before: before.into(), after: after.into(), breaks };
            let Answer::Report(text) = args.plan(&context).unwrap().answer else { panic!("a script") };
            text.to_str().unwrap().lines().map(str::to_owned).collect()
        }

        /// What bash is offered, and what it is to look for, in one line.
        fn offered(&self, line: &str) -> String {
            let told = self.told(Shell::Bash, line);
            let what = told[0].split(' ').next().unwrap();
            if what == "words" { told[1..].join(" ") } else { told.join(" ") }
        }
    }

    #[test]
    fn every_argument_is_completed_as_what_it_is_to_be() {
        let lab = Lab::new();
        for (line, expected) in [
            ("workon ", r"\$\(id\) -x Big blog my\ env shop"),
            ("workon b", "blog"),
            ("workon blog ", "--cd --no-cd --dry-run --help"),
            ("workon -", "--cd --no-cd --dry-run --help"),
            ("workon -n --", "--cd --dry-run --help"),
            ("workon -- -", "-x"),
            ("showvirtualenv s", "shop"),
            ("rmvirtualenv blog ", r"\$\(id\) -x Big my\ env shop"),
            ("rmvirtualenv b^ shop", "blog"),
            ("rmvirtualenv ^ shop 'my env' Big", r"\$\(id\) -x blog"),
            ("mvvirtualenv b", "blog"),
            ("mvvirtualenv blog b", ""),
            ("cpvirtualenv b", "blog"),
            ("cpvirtualenv x", "directories 0 environment"),
            ("setvirtualenvproject blog ", "directories 0 directory"),
            ("restorevirtualenv ", "gone"),
            ("restorevirtualenv gone ", "20260101T000000Z"),
            ("mkvirtualenv -p ", "3.9"),
            ("mkvirtualenv -p 3.9.", "3.9.18"),
            ("mkvirtualenv --python=3", "3.9"),
            ("mkvirtualenv --python ", "3.9"),
            ("mkvirtualenv -p3", "-p3.9"),
            ("mkvirtualenv -p /usr/bin/py", "files 0 interpreter"),
            ("mkvirtualenv -r ", "files 0 file"),
            ("mkvirtualenv -rx", "files 2 file -r x"),
            ("mkvirtualenv blog -r x -a ", "directories 0 directory"),
            ("mkvirtualenv -i ", ""),
            ("mkvirtualenv --prompt ", ""),
            ("mkvirtualenv new", ""),
            (
                "mkvirtualenv --no-such ",
                "-a --python -r -i --find-links --offline --system-site-packages --without-pip --prompt --copies \
              --always-copy --upgrade-deps --clear --dry-run --help",
            ),
            ("mkvirtualenv -p", "-p"),
            ("mkproject -t ", "django"),
            ("mkproject -t django --t", "--template"),
            ("mktmpenv --c", "--cd --copies --clear"),
            ("cdvirtualenv ", "parts 0 directory bin/ lib/"),
            ("cdvirtualenv lib/", "parts 0 directory lib/python3.11/"),
            (
                "cdvirtualenv ../",
                "parts 0 directory ../\\$\\(id\\)/ ../-x/ ../Big/ ../blog/ ../my\\ env/ ../shop/ ../templates/",
            ),
            ("cdsitepackages django/", "parts 0 directory django/views/"),
            ("add2virtualenv x ", "directories 0 directory"),
            ("add2virtualenv -d /src/one ", "/src/two"),
            ("allvirtualenv ", "command 1 command"),
            ("allvirtualenv pip install -", "command 1 command"),
            ("lsvirtualenv ", "--brief --long --json --dry-run --help"),
            ("lssitepackages -", "--help"),
            ("wipeenv ", "--dry-run --help"),
            ("venvyard workon b", "blog"),
            ("venvyard --dry-run rmvirtualenv blog s", "shop"),
            ("venvyard allvirtualenv x", "command 2 command"),
            ("venvyard setup --", "--remove --print --dry-run --help"),
            ("venvyard init ", "bash zsh ksh mksh fish"),
            ("venvyard mkp", "mkproject"),
            ("venvyard -", "--dry-run --help --version"),
            ("venvyard nothing ", ""),
            ("venvyard cache ", "warm clear"),
            ("venvyard cache --", "--json --dry-run --help"),
            ("venvyard cache warm -p ", "3.9"),
            ("venvyard cache warm --wheels ", "directories 0 directory"),
            ("venvyard cache clear pip ", "templates"),
            ("mkvirtualenv --find-links ", "files 0 file"),
            ("/usr/bin/venvyard sweep", ""),
            ("workon >", "files 0 file"),
            ("workon 2> x b", "blog"),
        ] {
            assert_eq!(lab.offered(line), expected, "{line}");
        }
    }

    #[test]
    fn no_argument_is_left_to_the_user_but_what_only_the_user_knows() {
        let new = ["mkvirtualenv name", "mkproject name", "cpvirtualenv name", "mvvirtualenv new"];
        let of_ls = "lssitepackages options";
        let mut commands = vec![super::super::described()];
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
            let seen =
                |argument: &&clap::Arg| !argument.is_hide_set() && argument.get_action().takes_values();
            for argument in command.get_arguments().filter(seen) {
                let is_known = !argument.get_possible_values().is_empty()
                    || holds(command.get_name(), argument) != Holds::Anything;
                let id = argument.get_id().as_str();
                let name = format!("{} {id}", command.get_name());
                let is_the_users =
                    new.contains(&name.as_str()) || ["packages", "prompt"].contains(&id) || name == of_ls;
                assert!(is_known != is_the_users, "what is `{name}` to be?");
            }
        }
    }

    #[test]
    fn zsh_and_fish_are_told_what_it_is_and_no_terminal_is_commanded() {
        let lab = Lab::new();
        let about = "Python 3.11.7\\u{1b} · ~/src";
        assert_eq!(lab.told(Shell::Fish, "workon bl")[1..], [format!("blog\t{about}")]);
        assert_eq!(lab.told(Shell::Zsh, "workon bl")[1..], [format!("blog\tblog  -- {about}")]);
        assert_eq!(lab.told(Shell::Fish, "mkproject -td")[1..], ["-tdjango\tA site"]);
        assert_eq!(lab.told(Shell::Zsh, "mkproject -td"), ["words 2 template", "django\tdjango  -- A site"]);
        let all = lab.told(Shell::Fish, "workon ").concat();
        assert!(
            !all.contains(char::is_control) || !all.replace('\t', "").contains(char::is_control),
            "{all:?}"
        );
    }

    #[test]
    fn zsh_and_fish_may_fit_a_word_in_their_own_ways() {
        let lab = Lab::new();
        assert_eq!(lab.told(Shell::Zsh, "workon B").len(), 3);
        assert_eq!(lab.told(Shell::Fish, "workon env").len(), 7);
        assert_eq!(lab.told(Shell::Bash, "workon env").len(), 1);
        assert_eq!(lab.told(Shell::Fish, "cpvirtualenv env"), ["directories 0 environment"]);
    }

    #[test]
    fn of_more_than_a_screenful_only_names_are_told() {
        let lab = Lab::new();
        for number in 0..SCREENFUL {
            lab.write(&format!("envs/z{number}/bin/activate"), "");
            lab.write(&format!("envs/z{number}/pyvenv.cfg"), "version = 3.11.7\n");
        }
        assert_eq!(lab.told(Shell::Fish, "workon z")[1], "z0\tPython 3.11.7");
        lab.write("envs/z-more/bin/activate", "");
        assert_eq!(lab.told(Shell::Fish, "workon z")[2], "z0\t");
    }

    #[test]
    fn without_a_line_it_is_the_glue_that_is_printed() {
        let context = Context::new(Surroundings::default());
        let (before, after, breaks) = Default::default();
        let args = Args { shell: Shell::Zsh, command: None, before, after, breaks };
        assert_eq!(args.plan(&context).unwrap(), Plan::report(Shell::Zsh.completion()));
    }
}
