//! `venvyard cache`: what is kept to make environments and fill them quickly; fill it, empty it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail, ensure};
use clap::ValueHint;
use indicatif::HumanBytes;
use serde_json::json;
use walkdir::WalkDir;

use super::installation::{Wanted, refuse_empty, sources};
use super::mkvirtualenv::Options;
use crate::context::Context;
use crate::plan::{Creation, Effect, Plan, Warming};
use crate::shell::quote::typed;
use crate::venv::template::Workshop;
use crate::venv::{Installs, Name, is_url, path_of, pip_cache_parts, refuse_mounts, shown};

const MORE: &str = "\
Templates are what each interpreter made once; environments are clones of them. What pip
downloads it keeps where PIP_DOWNLOAD_CACHE or `pip_cache` in config.toml says, unless
PIP_CACHE_DIR or a pip.conf names another place. What uv installs `warm` keeps for it only
as wheels.

Examples:
  venvyard cache
  venvyard cache warm -r common_requirements.txt
  venvyard cache warm -r common_requirements.txt --wheels ~/wheels
  mkvirtualenv --find-links ~/wheels --offline -r common_requirements.txt blog
  venvyard cache clear pip";

/// Show what is kept for new environments and for pip; fill it, or empty it
#[derive(Debug, clap::Args)]
#[command(after_help = MORE, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,

    /// Tell programs: as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Install into an environment that is removed again, so that pip has everything in its cache
    Warm(Warm),
    /// Delete what is kept; it comes again when it is needed
    Clear {
        /// What to delete [default: both]
        kinds: Vec<Kind>,
    },
}

#[derive(Debug, clap::Args)]
struct Warm {
    /// The interpreter: a path, a name on PATH, or a version like 3.12
    #[arg(short, long, value_name = "PYTHON", value_hint = ValueHint::CommandName)]
    python: Option<OsString>,

    #[command(flatten)]
    wanted: Wanted,

    /// Keep a wheel of each package, and of what it needs, in this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    wheels: Option<OsString>,
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// What interpreters made
    Templates,
    /// What pip downloaded and built
    Pip,
}

impl Args {
    /// A report, or what fills or empties the caches.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        match self.action {
            None => report(self.json, context),
            Some(Action::Warm(warm)) => warm.plan(context),
            Some(Action::Clear { kinds }) => clear(&kinds, context),
        }
    }
}

/// Where pip's cache is, and what says so.
fn pip_cache(context: &Context) -> Result<Option<(PathBuf, String)>> {
    let settings = context.pip_settings();
    if let (Some(directory), Some(by)) = (settings.value("cache-dir"), settings.origin("cache-dir")) {
        return Ok(Some((context.path(directory.as_ref())?, by.to_owned())));
    }
    if let Some((directory, by)) = context.named_pip_cache()? {
        return Ok(Some((directory, by.to_owned())));
    }
    Ok(context.usual_pip_cache().map(|directory| (directory, "pip".to_owned())))
}

fn report(as_json: bool, context: &Context) -> Result<Plan> {
    let templates = context.cache().map(|cache| Workshop::all(&cache));
    let pip = pip_cache(context)?;
    let doubt = context.doubtful_pip_cache()?;
    if as_json {
        let templates =
            templates.map(|path| json!({ "path": path.to_string_lossy(), "bytes": bytes(&path) }));
        let pip = pip.map(|(path, by)| {
            json!({ "path": path.to_string_lossy(), "bytes": bytes(&path), "named_by": by, "doubt": doubt })
        });
        return Ok(Plan::report(json!({ "templates": templates, "pip": pip }).to_string()));
    }
    let line = |kind: &str, path: &Path| {
        format!("{kind:10}{:>11}  {}", HumanBytes(bytes(path)).to_string(), shown(path))
    };
    let mut lines = Vec::from_iter(templates.map(|path| line("templates", &path)));
    lines.extend(pip.map(|(path, by)| format!("{}  ({})", line("pip", &path), shown(by))));
    let notes = doubt.map(|why| Effect::Say(format!("NOTE: {why}")));
    Ok(Plan::report(lines.join("\n")).after(Vec::from_iter(notes)))
}

/// The size of all files below `directory`.
fn bytes(directory: &Path) -> u64 {
    let files = WalkDir::new(directory).into_iter().flatten().filter(|entry| entry.file_type().is_file());
    files.filter_map(|entry| entry.metadata().ok()).map(|data| data.len()).sum()
}

impl Warm {
    fn plan(self, context: &Context) -> Result<Plan> {
        ensure!(
            !self.wanted.is_empty(),
            "Nothing is to be installed.\nhint: venvyard cache warm -r requirements.txt"
        );
        // To pip a word for no is one for yes here.
        if let Some(by) = context.pip_settings().origin("no-cache-dir") {
            let hint = match by {
                "PIP_NO_CACHE_DIR" => format!("export {by}="),
                file => format!("grep -i cache {}", typed(file.as_ref())),
            };
            bail!("pip keeps nothing: {} sets no-cache-dir.\nhint: {hint}", shown(by));
        }
        if let Some(why) = context.doubtful_pip_cache()? {
            bail!(why);
        }
        // A directory that is named to be filled is asked for all the same.
        if self.wheels.is_none() && context.is_offline()? {
            let files = context.configuration_files().into_iter().filter(|file| file.exists());
            let files: Vec<_> = files.map(|file| typed(file.as_os_str())).collect();
            bail!(
                "pip is to download, and `offline` in config.toml says not to.\nhint: grep -n offline {}",
                files.join(" ")
            );
        }
        let wheels = self.wheels(context)?;
        let home = context.home()?;
        let mut effects = Vec::new();
        if !home.exists()? {
            effects.push(Effect::MakeDirectory(home.path().to_path_buf()));
        }
        let mut find_links = context.find_links()?;
        // What is to be filled may not be there yet.
        find_links.retain(|place| path_of(place).is_none_or(|path| Path::new(&path).exists()));
        let find_links = sources(find_links, context)?;
        let installs = Installs {
            find_links,
            ..self.wanted.installs(|option| format!("venvyard cache warm {option}"), context)?
        };
        let wanted = self.typed();
        if wheels.is_none() && matches!(context.uv(false)?, Some(Ok(_))) {
            effects.push(Effect::Say(format!(
                "NOTE: This is for pip alone; uv, which installs here, has a cache of its own. Wheels serve both.\n\
                 hint: venvyard cache warm --wheels wheels {wanted}"
            )));
        }
        let (notes, creation) =
            Options::of(self.python).making(home.venv(&Name::new("warm".as_ref())?), context)?;
        effects.extend(notes);
        let said = told(&creation, wheels.as_deref(), &wanted, context)?;
        let directory = context.directory()?.to_path_buf();
        effects.push(Effect::Warm(Warming { creation, installs, wheels, directory }));
        Ok(Plan::report(said).after(effects))
    }

    /// The directory for wheels, if there is to be one: absolute, and nobody else could have put a package into it.
    fn wheels(&self, context: &Context) -> Result<Option<PathBuf>> {
        let Some(given) = &self.wheels else { return Ok(None) };
        let example = format!("venvyard cache warm --wheels wheels {}", self.typed());
        refuse_empty("--wheels", std::slice::from_ref(given), &example)?;
        ensure!(!is_url(given), "{} is no directory for wheels.\nhint: {example}", shown(given));
        let wheels = context.path(given)?;
        if let Some(why) = context.trust()?.doubt_store(&wheels, &[]) {
            bail!(why);
        }
        Ok(Some(wheels))
    }

    /// What is to be installed and by which interpreter, as it is typed: wheels may serve one version alone.
    fn typed(&self) -> String {
        let python = self.python.iter().map(|python| format!("-p {}", typed(python)));
        python.chain([self.wanted.typed()]).collect::<Vec<_>>().join(" ")
    }
}

/// What is said in the end: where everything is now.
fn told(creation: &Creation, wheels: Option<&Path>, wanted: &str, context: &Context) -> Result<String> {
    let cache = match &creation.cache {
        Some(cache) => Some(cache.clone()),
        None => pip_cache(context)?.map(|(directory, _)| directory),
    };
    let cached = cache.map(|cache| format!("pip keeps downloads in {}", shown(&cache)));
    let kept = wheels.map(|wheels| {
        let (shown, typed) = (shown(wheels), typed(wheels.as_os_str()));
        format!(
            "Wheels are in {shown}; without a network:\n  \
             mkvirtualenv --find-links {typed} --offline {wanted} NAME"
        )
    });
    Ok(cached.into_iter().chain(kept).collect::<Vec<_>>().join("\n"))
}

fn clear(kinds: &[Kind], context: &Context) -> Result<Plan> {
    let is_meant = |kind| kinds.is_empty() || kinds.contains(&kind);
    let mut all = Vec::new();
    if is_meant(Kind::Templates)
        && let Some(templates) = context.cache().map(|cache| Workshop::all(&cache))
        && templates.is_dir()
    {
        ensure!(
            Workshop::are_all(&templates),
            "{} holds something else; it stays.\nhint: ls -a {}",
            shown(&templates),
            typed(templates.as_os_str())
        );
        all.push(templates);
    }
    if is_meant(Kind::Pip)
        && let Some((directory, by)) = pip_cache(context)?
    {
        let parts = pip_cache_parts(&directory).map_err(|odd| {
            let hint = typed(directory.as_os_str());
            anyhow!(
                "{} is named by {by} and is no cache of pip's: there is {}. It stays.\nhint: ls {hint}",
                shown(&directory),
                shown(&odd)
            )
        })?;
        all.extend(parts);
    }
    all.iter().try_for_each(|directory| refuse_mounts(directory))?;
    let lines =
        all.iter().map(|path| format!("{:>11}  {}", HumanBytes(bytes(path)).to_string(), shown(path)));
    let told = if all.is_empty() {
        "There was nothing.".to_owned()
    } else {
        format!("Deleted:\n{}", lines.collect::<Vec<_>>().join("\n"))
    };
    Ok(Plan::report(told).after(all.into_iter().map(Effect::Clear).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;
    use clap::Parser;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn plan(line: &str, place: &Path, variables: &[(&str, &str)]) -> Result<Plan> {
        planned(&line.split_whitespace().collect::<Vec<_>>(), place, variables)
    }

    fn planned(words: &[&str], place: &Path, variables: &[(&str, &str)]) -> Result<Plan> {
        let at = |path: &str| place.join(path).into_os_string();
        let usual = ["XDG_CACHE_HOME", "WORKON_HOME", "XDG_CONFIG_HOME", "HOME"];
        let usual = usual.map(|name| (name.into(), at(&name.to_lowercase())));
        let given = variables.iter().map(|(name, value)| (name.into(), at(value)));
        let variables =
            usual.into_iter().chain([("PATH".into(), "/usr/bin:/bin".into())]).chain(given).collect();
        let directory = Some(place.to_path_buf());
        let context = Context::new(Surroundings { variables, directory, umask: 0o022, ..Default::default() });
        Line::parse_from([&["cache"], words].concat()).args.plan(&context)
    }

    fn report(plan: &Plan, place: &Path) -> String {
        let Answer::Report(text) = &plan.answer else { panic!("{plan:?}") };
        text.to_str().unwrap().replace(place.to_str().unwrap(), "~")
    }

    #[test]
    fn it_tells_what_names_the_cache_of_pip() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path();
        fs::create_dir_all(place.join("old/http-v2/a")).unwrap();
        fs::write(place.join("old/http-v2/a/b"), [0; 2048]).unwrap();
        let told = |variables: &[(&str, &str)]| report(&plan("", place, variables).unwrap(), place);
        assert!(told(&[]).ends_with("\npip               0 B  ~/xdg_cache_home/pip  (pip)"), "{}", told(&[]));
        let old = told(&[("PIP_DOWNLOAD_CACHE", "old")]);
        assert!(old.ends_with("\npip          2.00 KiB  ~/old  (PIP_DOWNLOAD_CACHE)"), "{old}");
        let own = told(&[("PIP_DOWNLOAD_CACHE", "old"), ("PIP_CACHE_DIR", "own")]);
        assert!(own.ends_with("~/own  (PIP_CACHE_DIR)"), "{own}");
        let ours = [("PIP_DOWNLOAD_CACHE", "old"), ("PIP_CACHE_DIR", "old"), ("VENVYARD_PIP_CACHE", "old")];
        assert!(told(&ours).ends_with("~/old  (PIP_DOWNLOAD_CACHE)"));
        fs::write(place.join("pip.conf"), "[global]\ncache-dir = $HOME/c\n").unwrap();
        let file = told(&[("PIP_CONFIG_FILE", "pip.conf")]);
        assert!(file.ends_with("  ~/$HOME/c  (~/pip.conf)"), "as pip has it: {file}");
        let json = report(&plan("--json", place, &ours[..1]).unwrap(), place);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (json["pip"]["bytes"].as_u64(), json["pip"]["path"].as_str()),
            (Some(2048), Some("~/old"))
        );
    }

    #[test]
    fn only_caches_are_deleted() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path();
        for directory in ["old/http-v2/a", "old/mine", "xdg_cache_home/venvyard/templates/0123456789abcdef"] {
            fs::create_dir_all(place.join(directory)).unwrap();
        }
        let variables = [("PIP_DOWNLOAD_CACHE", "old")];
        let cleared = |line: &str| plan(line, place, &variables).map(|plan| plan.effects);
        let [templates, http] =
            ["xdg_cache_home/venvyard/templates", "old/http-v2"].map(|path| Effect::Clear(place.join(path)));
        assert_eq!(cleared("clear").unwrap(), [templates.clone(), http.clone()]);
        assert_eq!(cleared("clear pip").unwrap(), [http]);
        assert_eq!(cleared("clear templates").unwrap(), [templates]);
        fs::create_dir_all(place.join("old/wheels/django")).unwrap();
        let error = cleared("clear pip").unwrap_err().to_string();
        assert!(error.contains("no cache of pip's") && error.contains("\nhint: ls "), "{error}");
        fs::create_dir(place.join("xdg_cache_home/venvyard/templates/notes")).unwrap();
        assert!(cleared("clear templates").unwrap_err().to_string().contains("it stays"));
    }

    #[test]
    fn what_cannot_be_kept_is_not_installed() {
        let place = tempfile::tempdir().unwrap();
        let place = place.path();
        let error =
            |line: &str, variables: &[(&str, &str)]| plan(line, place, variables).unwrap_err().to_string();
        assert!(error("warm", &[]).starts_with("Nothing is to be installed.\nhint: "));
        let error_of =
            |words: &[&str]| planned(&[&["warm"], words].concat(), place, &[]).unwrap_err().to_string();
        assert_eq!(
            error_of(&["-i", "six", "--wheels", ""]),
            "The word after --wheels is empty.\nhint: venvyard cache warm --wheels wheels -i six"
        );
        assert_eq!(error_of(&["-r", ""]), "The word after -r is empty.\nhint: venvyard cache warm -r FILE");
        assert!(
            error("warm -i six --wheels https://x/y", &[])
                .starts_with("https://x/y is no directory for wheels")
        );
        assert!(error("warm -r gone.txt", &[]).starts_with("There is no requirements file"));
        let keeps_nothing =
            "pip keeps nothing: PIP_NO_CACHE_DIR sets no-cache-dir.\nhint: export PIP_NO_CACHE_DIR=";
        assert_eq!(error("warm -i six", &[("PIP_NO_CACHE_DIR", "0")]), keeps_nothing);
        fs::write(place.join("pip.conf"), "[global]\nno-cache-dir = false\n").unwrap();
        let told =
            error("warm -i six", &[("PIP_CONFIG_FILE", "pip.conf")]).replace(place.to_str().unwrap(), "~");
        assert_eq!(told, "pip keeps nothing: ~/pip.conf sets no-cache-dir.\nhint: grep -i cache ~/pip.conf");
        fs::create_dir(place.join("open")).unwrap();
        fs::set_permissions(place.join("open"), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(error("warm -i six", &[("PIP_DOWNLOAD_CACHE", "open")]).contains("is not used"));
        assert!(plan("warm -i six", place, &[("PIP_CACHE_DIR", "open")]).is_ok(), "the user's own business");
        assert!(plan("", place, &[("PIP_CACHE_DIR", "open")]).unwrap().effects.is_empty());
        let plan = plan("warm -i six --wheels w", place, &[("PIP_DOWNLOAD_CACHE", "old")]).unwrap();
        let Some(Effect::Warm(warming)) = plan.effects.last() else { panic!("{plan:?}") };
        assert_eq!(warming.creation.cache, Some(place.join("old")));
        assert_eq!(warming.wheels, Some(place.join("w")));
        let told = report(&plan, place);
        assert_eq!(
            told,
            "pip keeps downloads in ~/old\nWheels are in ~/w; without a network:\n  \
             mkvirtualenv --find-links ~/w --offline -i six NAME"
        );
        let words =
            report(&self::plan("warm -p /usr/bin/python3 -i six --wheels w", place, &[]).unwrap(), place);
        assert!(words.ends_with(" --find-links ~/w --offline -p /usr/bin/python3 -i six NAME"), "{words}");
    }
}
