//! What surrounds a command: the environment, the configuration, the working directory. Each is read
//! from the snapshot that `main` took, here and nowhere else, and only when a command asks for it.

mod config;
mod downloads;
mod expand;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::shell::{Shell, Shim};
use crate::venv::template::LinkMode;
use crate::venv::{
    Home, LONGEST, Name, ProjectTemplates, Pythons, Removed, System, Trust, Venv, normal, shown,
};
use config::Config;

/// What the process was started with.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Its environment variables.
    pub variables: HashMap<OsString, OsString>,
    /// Its working directory; none if that was deleted.
    pub directory: Option<PathBuf>,
    /// The absolute path of this program.
    pub executable: PathBuf,
    /// Its umask.
    pub umask: u32,
    /// Its effective user.
    pub user: u32,
    /// Its effective group.
    pub group: u32,
    /// Whether its stdout is a terminal.
    pub is_terminal: bool,
    /// When it was started, since 1970 began in UTC.
    pub time: Duration,
}

/// The facts that commands ask for.
#[derive(Debug)]
pub struct Context {
    surroundings: Surroundings,
    config: OnceCell<Config>,
    doubtful_cache: OnceCell<Option<String>>,
}

impl Context {
    /// Reads nothing yet.
    pub fn new(surroundings: Surroundings) -> Self {
        Self { surroundings, config: OnceCell::new(), doubtful_cache: OnceCell::new() }
    }

    /// A variable's value; an empty one counts as unset.
    fn variable(&self, name: &str) -> Option<&OsStr> {
        self.surroundings.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|v| !v.is_empty())
    }

    fn config(&self) -> Result<&Config> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = Config::read(self.config_directory().as_deref(), &self.strict())?;
        Ok(self.config.get_or_init(|| config))
    }

    /// Whose files are run and obeyed.
    pub(crate) fn trust(&self) -> Result<Trust> {
        let shared = self.config()?.shared_homes.iter().flatten();
        let shared =
            shared.map(|path| Ok(normal(&self.below_home(path.as_ref())?))).collect::<Result<_>>()?;
        Ok(Trust { shared, ..self.strict() })
    }

    /// The same, but for what is shared on purpose.
    fn strict(&self) -> Trust {
        Trust { user: self.surroundings.user, group: self.surroundings.group, shared: Vec::new() }
    }

    /// `$XDG_CONFIG_HOME`, or where this system keeps a user's configuration.
    fn config_directory(&self) -> Option<PathBuf> {
        let xdg = self.variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        // Without HOME the dirs crate would look into the user database.
        xdg.or_else(|| self.variable("HOME").and_then(|_| dirs::config_dir()))
    }

    /// Where a configuration is looked for: the user's file, then the site's.
    pub fn configuration_files(&self) -> Vec<PathBuf> {
        Config::files(self.config_directory().as_deref())
    }

    /// The shim that asks, if one does.
    pub fn shim(&self) -> Option<Shim> {
        let shell = Shell::named(self.variable("VENVYARD_SHELL")?)?;
        Some(Shim { shell, terminal: self.variable("VENVYARD_TERMINAL").is_some() })
    }

    /// Whether what is printed goes to a terminal, through the shim that asks or not.
    pub fn is_terminal(&self) -> bool {
        self.shim().map_or(self.surroundings.is_terminal, |shim| shim.terminal)
    }

    /// The shell whose files count: the one that asks, or bash where none does.
    pub fn shell(&self) -> Shell {
        self.shim().map_or(Shell::Bash, |shim| shim.shell)
    }

    /// Whether the shim that asks has sourced the `initialize` hook, or found none, or no shim asks.
    pub fn is_initialized(&self) -> bool {
        self.shim().is_none() || self.variable("VENVYARD_INITIALIZED").is_some()
    }

    /// The user's login shell, if it is one we know.
    pub fn login_shell(&self) -> Option<Shell> {
        Shell::named(Path::new(self.variable("SHELL")?).file_name()?)
    }

    /// The interpreter that new hook files name: `$SHELL`, else /bin/sh.
    pub fn hook_shell(&self) -> PathBuf {
        self.variable("SHELL").unwrap_or(OsStr::new("/bin/sh")).into()
    }

    /// The absolute path of this program.
    pub fn executable(&self) -> &Path {
        &self.surroundings.executable
    }

    /// The file that was sourced in place of virtualenvwrapper's, if it says so: `$VIRTUALENVWRAPPER_SCRIPT`.
    pub fn script(&self) -> Option<&Path> {
        self.variable("VIRTUALENVWRAPPER_SCRIPT").map(Path::new)
    }

    /// The user's home directory, `$HOME`.
    pub fn user_home(&self) -> Result<&Path> {
        let home = self.variable("HOME").map(Path::new).filter(|home| home.is_absolute());
        home.context("HOME is not set.\nhint: export HOME=/home/you")
    }

    /// The working directory.
    pub fn directory(&self) -> Result<&Path> {
        let directory = self.surroundings.directory.as_deref();
        directory.context("The working directory is gone.\nhint: cd")
    }

    /// Whether the working directory lies in `path`, links followed.
    pub fn is_inside(&self, path: &Path) -> bool {
        let Some(directory) = &self.surroundings.directory else { return false };
        path.canonicalize().is_ok_and(|path| directory.starts_with(path)) || directory.starts_with(path)
    }

    /// `$WORKON_HOME`, else the configured one, else `~/.virtualenvs`.
    pub fn home(&self) -> Result<Home> {
        let given = match self.variable("WORKON_HOME") {
            Some(variable) => Some(variable),
            None => self.config()?.workon_home.as_deref().map(OsStr::new),
        };
        let path = match given {
            None => {
                let missing =
                    "HOME is not set, nor is WORKON_HOME.\nhint: export WORKON_HOME=/path/to/environments";
                self.user_home().map_err(|_| anyhow!(missing))?.join(".virtualenvs")
            }
            Some(given) => self.below_home(given).context("WORKON_HOME cannot be understood")?,
        };
        // As Python does it, which writes the path into the environment.
        let path = normal(&path);
        if path == Path::new("/") {
            bail!(
                "WORKON_HOME must not be the root directory.\nhint: export WORKON_HOME=/path/to/environments"
            );
        }
        Ok(Home::new(path))
    }

    /// `path` expanded; a relative one is under HOME, as a relative WORKON_HOME has always been.
    fn below_home(&self, path: &OsStr) -> Result<PathBuf> {
        let expanded = self.typed(path)?;
        Ok(if expanded.is_absolute() { expanded } else { self.user_home()?.join(expanded) })
    }

    /// Where the global hooks lie: `$VIRTUALENVWRAPPER_HOOK_DIR`, else the home.
    pub fn hooks(&self) -> Result<PathBuf> {
        let given = match self.variable("VIRTUALENVWRAPPER_HOOK_DIR") {
            Some(variable) => Some(variable),
            None => self.config()?.hook_dir.as_deref().map(OsStr::new),
        };
        match given {
            Some(given) => self.below_home(given),
            None => Ok(self.home()?.path().to_path_buf()),
        }
    }

    /// Where projects are made: `$PROJECT_HOME`, else the configured one; none by default.
    pub fn project_home(&self) -> Result<Option<PathBuf>> {
        let place = match self.variable("PROJECT_HOME") {
            Some(variable) => Some(self.absolute(variable)),
            // A file means the same place wherever one is.
            None => self.config()?.project_home.as_deref().map(|given| self.below_home(given.as_ref())),
        };
        place.transpose().context("PROJECT_HOME cannot be understood")
    }

    /// What virtualenvwrapper exports for good: names, and values in full.
    pub fn settings(&self) -> Result<Vec<(&'static str, OsString)>> {
        let cd = if self.cd_to_project()? { "1" } else { "0" };
        Ok(vec![
            ("WORKON_HOME", self.home()?.path().as_os_str().to_owned()),
            ("VIRTUALENVWRAPPER_HOOK_DIR", self.hooks()?.into_os_string()),
            ("VIRTUALENVWRAPPER_PROJECT_FILENAME", self.project_file().to_owned()),
            ("VIRTUALENVWRAPPER_WORKON_CD", cd.into()),
        ])
    }

    /// What hooks find in their environment under virtualenvwrapper, and do not find in ours.
    pub fn hook_variables(&self) -> Result<Vec<(&'static str, OsString)>> {
        Ok(self.settings()?.into_iter().filter(|(name, _)| self.variable(name).is_none()).collect())
    }

    /// The active environment, `$VIRTUAL_ENV`.
    pub fn active(&self) -> Option<Venv> {
        self.variable("VIRTUAL_ENV").map(|root| Venv::at(root.into()))
    }

    /// The active environment, whose directory must be there.
    pub fn require_active(&self) -> Result<Venv> {
        let active = self.active().filter(|venv| venv.root().is_dir());
        active.context("no virtualenv active, or active virtualenv is missing\nhint: workon NAME")
    }

    /// Whether `workon` goes to the project: `$VIRTUALENVWRAPPER_WORKON_CD` is 1 or unset.
    pub fn cd_to_project(&self) -> Result<bool> {
        match self.variable("VIRTUALENVWRAPPER_WORKON_CD") {
            Some(value) => Ok(value == "1"),
            None => Ok(self.config()?.workon_cd.unwrap_or(true)),
        }
    }

    /// The name of the file that holds an environment's project, usually `.project`.
    pub fn project_file(&self) -> &OsStr {
        self.variable("VIRTUALENVWRAPPER_PROJECT_FILENAME").unwrap_or(OsStr::new(".project"))
    }

    /// The templates of projects: beside the hooks, beside the configuration, on PATH.
    pub(crate) fn project_templates(&self) -> Result<ProjectTemplates> {
        let configured = self.config_directory().map(|directory| directory.join("venvyard"));
        let places = [Some(self.hooks()?), configured].into_iter().flatten();
        let directories = places.map(|place| place.join("templates"));
        Ok(ProjectTemplates {
            // Where hooks lie among the environments, one of them may be called so.
            directories: directories.filter(|place| !Venv::at(place.clone()).exists()).collect(),
            path: self.variable("PATH").unwrap_or_default().to_owned(),
        })
    }

    /// The file that tells what was done, `$VIRTUALENVWRAPPER_LOG_FILE`, if one is wanted.
    pub fn log_file(&self) -> Option<PathBuf> {
        let given = self.variable("VIRTUALENVWRAPPER_LOG_FILE")?;
        // A path that cannot be understood is one that cannot be written to, which stops nothing.
        Some(self.absolute(given).unwrap_or_else(|_| given.into()))
    }

    /// Where templates of environments are kept: `$XDG_CACHE_HOME`, or where this system keeps a user's cache, and
    /// `venvyard` in it.
    pub fn cache(&self) -> Option<PathBuf> {
        self.caches().map(|caches| caches.join("venvyard"))
    }

    fn caches(&self) -> Option<PathBuf> {
        let xdg = self.variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        xdg.or_else(|| self.variable("HOME").and_then(|_| dirs::cache_dir()))
    }

    /// Why the cache is not used: somebody else could have put a template there. A sentence and a hint.
    pub fn doubtful_cache(&self) -> Option<&str> {
        let doubt = || self.cache().and_then(|cache| self.strict().doubt(&cache));
        self.doubtful_cache.get_or_init(doubt).as_deref()
    }

    /// How environments share files with their template.
    pub fn link_mode(&self) -> Result<LinkMode> {
        Ok(self.config()?.link_mode.unwrap_or_default())
    }

    /// The time.
    pub fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.surroundings.time
    }

    /// The effective user.
    pub fn user(&self) -> u32 {
        self.surroundings.user
    }

    /// The time that `venv` is kept under if it is removed now; none if it is then deleted, as a temporary one is, and
    /// what was removed before.
    ///
    /// # Errors
    /// Its name leaves no place for a time, or the settings cannot be understood.
    pub fn kept_from(&self, venv: &Venv) -> Result<Option<SystemTime>> {
        let root = venv.root();
        if self.kept()?.is_none() || venv.is_temporary() || Removed::at(root).is_some() {
            return Ok(None);
        }
        let place = Removed::place(root, self.now());
        if place.file_name().is_some_and(|name| name.len() > LONGEST) {
            bail!(
                "{} cannot be kept: its name is too long to have a time beside it.\nhint: mvvirtualenv {} a-shorter-name",
                shown(root),
                Name::existing(root.file_name().unwrap_or_default())?.typed()
            );
        }
        Ok(Some(self.now()))
    }

    /// How long removed environments are kept; none if they are not.
    pub fn kept(&self) -> Result<Option<Duration>> {
        Ok(self.config()?.trash.filter(|time| !time.is_zero()))
    }

    /// The interpreters within reach.
    pub fn pythons(&self) -> Result<Pythons> {
        Ok(Pythons {
            path: self.variable("PATH").unwrap_or_default().into(),
            directory: self.surroundings.directory.clone().unwrap_or_default(),
            pyenv_root: match self.variable("PYENV_ROOT") {
                Some(root) => Some(root.into()),
                None => self.user_home().ok().map(|home| home.join(".pyenv")),
            },
            pyenv_version: self.variable("PYENV_VERSION").map(OsStr::to_owned),
            cache: self.cache().filter(|_| self.doubtful_cache().is_none()),
            umask: self.surroundings.umask,
            preferred: self.variable("VIRTUALENVWRAPPER_PYTHON").map(OsStr::to_owned),
            configured: self
                .config()?
                .python
                .as_deref()
                // A path is that of one program, wherever one is; `3.12` and `python3` are looked for.
                .map(|python| match python.contains(['/', '~', '$']) {
                    true => self.below_home(python.as_ref()),
                    false => Ok(python.into()),
                })
                .transpose()?,
        })
    }

    /// The system, as `os-release` describes it.
    pub(crate) fn system(&self) -> System {
        let files = ["/etc/os-release", "/usr/lib/os-release"];
        let text = files.iter().find_map(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        System::of(&text, self.surroundings.user == 0)
    }

    /// The program that makes environments in place of an interpreter's venv module, if one is named, and
    /// the options that it gets first.
    pub fn creator(&self) -> Option<(&OsStr, Vec<OsString>)> {
        self.variable("VIRTUALENVWRAPPER_VIRTUALENV").map(|creator| (creator, self.creation_options()))
    }

    /// The options that stand before the typed ones of `mkvirtualenv`: where a creator is named they are its own.
    pub fn default_options(&self) -> Vec<OsString> {
        if self.creator().is_some() { Vec::new() } else { self.creation_options() }
    }

    fn creation_options(&self) -> Vec<OsString> {
        let options = self.variable("VIRTUALENVWRAPPER_VIRTUALENV_ARGS").unwrap_or_default();
        options.to_string_lossy().split_whitespace().map(OsString::from).collect()
    }

    /// The file that `shell` reads at its start, for people to edit.
    pub fn rc_file(&self, shell: Shell) -> Result<PathBuf> {
        let home = self.user_home()?;
        Ok(match shell {
            Shell::Bash => home.join(".bashrc"),
            Shell::Zsh => self.variable("ZDOTDIR").map_or(home, Path::new).join(".zshrc"),
            Shell::Ksh => home.join(".kshrc"),
            Shell::Mksh => home.join(".mkshrc"),
            Shell::Fish => {
                let config = self.variable("XDG_CONFIG_HOME").map_or(home.join(".config"), PathBuf::from);
                config.join("fish/config.fish")
            }
        })
    }

    /// `path` with `~` and variables expanded, as a person may type it.
    fn typed(&self, path: &OsStr) -> Result<PathBuf> {
        expand::expand(path, &self.surroundings.variables)
    }

    /// `path` expanded; an absolute one is without `.`, `..` and `//`.
    pub fn expanded(&self, path: &OsStr) -> Result<PathBuf> {
        let path = self.typed(path)?;
        Ok(if path.is_absolute() { normal(&path) } else { path })
    }

    /// `path` below the working directory if it is not absolute, and without `.`, `..` and `//`.
    pub fn below(&self, path: &OsStr) -> Result<PathBuf> {
        let path = Path::new(path);
        Ok(normal(&if path.is_absolute() { path.to_path_buf() } else { self.directory()?.join(path) }))
    }

    /// `path` expanded and made absolute from the working directory.
    pub fn absolute(&self, path: &OsStr) -> Result<PathBuf> {
        let expanded = self.typed(path)?;
        if expanded.is_absolute() {
            return Ok(expanded);
        }
        self.below(expanded.as_os_str())
    }

    /// The path that `word` means which a shell has read before us, so that a `$` in it is a letter: absolute from the
    /// working directory, without `.` and `..`. A `~` at its start may have been quoted, and is expanded.
    pub fn path(&self, word: &OsStr) -> Result<PathBuf> {
        let path = expand::expand_home(word, &self.surroundings.variables)?;
        Ok(normal(&if path.is_absolute() { path } else { self.directory()?.join(path) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(variables: &[(&str, &str)]) -> Context {
        Context::new(Surroundings {
            variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
            directory: Some("/work".into()),
            executable: "/opt/bin/venvyard".into(),
            umask: 0o022,
            ..Default::default()
        })
    }

    fn home(variables: &[(&str, &str)]) -> Result<PathBuf> {
        // An absolute XDG_CONFIG_HOME keeps this machine's own configuration out.
        let all = [&[("HOME", "/home/ann"), ("XDG_CONFIG_HOME", "/nowhere")], variables].concat();
        Ok(context(&all).home()?.path().to_path_buf())
    }

    #[test]
    fn workon_home_takes_every_form() {
        let form = |value| home(&[("WORKON_HOME", value), ("ROOT", "/srv")]).unwrap();
        assert_eq!(home(&[]).unwrap(), Path::new("/home/ann/.virtualenvs"));
        assert_eq!(form(""), Path::new("/home/ann/.virtualenvs"));
        assert_eq!(form("envs"), Path::new("/home/ann/envs"));
        assert_eq!(form("~/my envs/"), Path::new("/home/ann/my envs"));
        assert_eq!(form("$ROOT//envs"), Path::new("/srv/envs"));
        assert_eq!(form("${ROOT}/./e%s"), Path::new("/srv/e%s"));
    }

    #[test]
    fn a_relative_place_of_hooks_is_under_home_wherever_one_is() {
        let hooks = |value| {
            let variables = [
                ("HOME", "/home/ann"),
                ("XDG_CONFIG_HOME", "/nowhere"),
                ("VIRTUALENVWRAPPER_HOOK_DIR", value),
            ];
            context(&variables).hooks().unwrap()
        };
        assert_eq!(hooks("hooks"), Path::new("/home/ann/hooks"));
        assert_eq!(hooks("~/hooks"), Path::new("/home/ann/hooks"));
        assert_eq!(hooks("/srv/hooks"), Path::new("/srv/hooks"));
        assert_eq!(hooks(""), Path::new("/home/ann/.virtualenvs"));
    }

    #[test]
    fn workon_home_with_an_undefined_variable_is_an_error() {
        let error = format!("{:#}", home(&[("WORKON_HOME", "$NOWHERE/envs")]).unwrap_err());
        assert!(error.contains("NOWHERE"), "{error}");
    }

    #[test]
    fn project_home_is_only_where_one_is_named() {
        let home = |value| {
            let variables = [("HOME", "/home/ann"), ("XDG_CONFIG_HOME", "/nowhere"), ("PROJECT_HOME", value)];
            context(&variables).project_home()
        };
        assert_eq!(home("").unwrap(), None);
        assert_eq!(home("~/src").unwrap().unwrap(), Path::new("/home/ann/src"));
        assert_eq!(home("src").unwrap().unwrap(), Path::new("/work/src"));
        assert!(format!("{:#}", home("$NOWHERE/src").unwrap_err()).contains("PROJECT_HOME"));
    }

    #[test]
    fn a_relative_path_of_the_configuration_is_under_home_wherever_one_is() {
        let directory = tempfile::tempdir().unwrap();
        let text = "project_home = 'pj'\npython = 'py/python'\nshared_homes = ['envs/']\n";
        fs::create_dir(directory.path().join("venvyard")).unwrap();
        fs::write(directory.path().join("venvyard/config.toml"), text).unwrap();
        let mut context =
            context(&[("HOME", "/home/ann"), ("XDG_CONFIG_HOME", directory.path().to_str().unwrap())]);
        context.surroundings.user = rustix::process::geteuid().as_raw();
        context.surroundings.group = rustix::process::getegid().as_raw();
        assert_eq!(context.project_home().unwrap().unwrap(), Path::new("/home/ann/pj"));
        assert_eq!(context.pythons().unwrap().configured.unwrap(), Path::new("/home/ann/py/python"));
        assert_eq!(context.trust().unwrap().shared, [PathBuf::from("/home/ann/envs")]);
    }

    #[test]
    fn without_home_and_workon_home_nothing_can_be_done() {
        assert!(context(&[("XDG_CONFIG_HOME", "/nowhere")]).home().is_err());
        assert!(home(&[("WORKON_HOME", "/")]).is_err());
    }

    #[test]
    fn a_shim_is_known_by_its_shell() {
        assert_eq!(context(&[]).shim(), None);
        assert_eq!(context(&[("VENVYARD_SHELL", "tcsh")]).shim(), None);
        assert_eq!(
            context(&[("VENVYARD_SHELL", "zsh")]).shim(),
            Some(Shim { shell: Shell::Zsh, terminal: false })
        );
    }

    #[test]
    fn uv_keeps_downloads_below_the_cache_that_pip_takes_for_its_own() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        fs::create_dir(at("venvyard")).unwrap();
        fs::write(at("venvyard/config.toml"), "installer = \"uv\"\n").unwrap();
        fs::copy("/bin/sh", at("uv")).unwrap();
        let here = place.path().to_str().unwrap();
        let variables = [("HOME", here), ("XDG_CONFIG_HOME", here), ("PATH", here)];
        let mut context = context(&[&variables[..], &[("PIP_CACHE_DIR", "$HOME/c")]].concat());
        context.surroundings.user = rustix::process::geteuid().as_raw();
        context.surroundings.group = rustix::process::getegid().as_raw();
        let words = context.uv(false).unwrap().unwrap().unwrap().install(Path::new("/e/bin/python"));
        assert!(words.contains(&"UV_CACHE_DIR=/work/$HOME/c/uv".into()), "{words:?}");
    }

    #[test]
    fn paths_are_absolute_from_the_working_directory() {
        let context = context(&[("HOME", "/home/ann")]);
        assert_eq!(context.absolute("../x".as_ref()).unwrap(), Path::new("/x"));
        assert_eq!(context.absolute("~/x".as_ref()).unwrap(), Path::new("/home/ann/x"));
        assert_eq!(context.path("~/./x/".as_ref()).unwrap(), Path::new("/home/ann/x"));
        assert_eq!(context.path("../a$b".as_ref()).unwrap(), Path::new("/a$b"));
    }
}
