//! `restorevirtualenv [NAME [TIME]]`: bring back an environment that was removed, or list those that can be.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};

use crate::context::Context;
use crate::plan::{Effect, Plan};
use crate::shell::quote::typed;
use crate::venv::{Name, Removed, Venv, refuse_mounts, shown};

const MORE: &str = "\
With trash = \"7 days\" in config.toml, rmvirtualenv and mkvirtualenv --clear keep what they
remove that long, hidden in WORKON_HOME, where it takes the disk it took before. What was
kept long enough is deleted by the next command that makes or removes an environment.
Temporary environments and links are not kept. No hook is run.

Examples:
  restorevirtualenv                        names and times, the newest first
  restorevirtualenv blog                   the one removed last
  restorevirtualenv blog 20261129T161530Z  another; the beginning of the time is enough
  restorevirtualenv --empty                delete all that are kept";

/// Bring back a removed environment, or list those that are kept
#[derive(Debug, clap::Args)]
#[command(override_usage = "restorevirtualenv [NAME [TIME] | --json | --empty]", after_help = MORE)]
pub struct Args {
    /// The environment
    name: Option<OsString>,

    /// When it was removed, as it is listed
    time: Option<String>,

    /// Print an array of objects: name, time, expires, path, version, project
    #[arg(long, conflicts_with_all = ["name", "empty"])]
    json: bool,

    /// Delete your removed environments for good
    #[arg(long, conflicts_with = "name")]
    empty: bool,
}

impl Args {
    /// The restoring or the deletions, or a report.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let removed = context.home()?.removed()?;
        match self {
            Self { json: true, .. } => json(&removed, context),
            Self { empty: true, .. } => emptying(removed, context),
            Self { name: Some(name), time, .. } => {
                restoring(&Name::existing(&name)?, time.as_deref(), removed, context)
            }
            Self { name: None, .. } => list(&removed, context),
        }
    }
}

/// The removed environments that are the user's own and were kept long enough, but for those that `plan` is about.
///
/// # Errors
/// The settings cannot be understood, or the home cannot be listed.
pub(super) fn expiry(plan: &Plan, context: &Context) -> Result<Option<Effect>> {
    let Some(end) = context.kept()?.and_then(|kept| context.now().checked_sub(kept)) else { return Ok(None) };
    let taken: Vec<Venv> =
        plan.effects.iter().filter_map(taken).map(|root| Venv::at(root.to_path_buf())).collect();
    // It may have been spelled with a link to the home.
    let is_meant = |venv: &Venv| taken.iter().any(|taken| taken.is_same_as(venv));
    let old = context.home()?.removed()?.into_iter();
    let old = old.filter(|removed| removed.time <= end && removed.is_of(context.user()));
    let old = old.filter(|removed| !is_meant(&removed.venv));
    let old: Vec<PathBuf> = old.map(|removed| removed.venv.root().to_path_buf()).collect();
    Ok((!old.is_empty()).then_some(Effect::Expire(old)))
}

/// The removed environment that an effect may take: its path is a name as well.
fn taken(effect: &Effect) -> Option<&Path> {
    match effect {
        Effect::Restore { removed, .. } => Some(removed),
        Effect::Remove(venv) => Some(venv.root()),
        Effect::Copy(copying) => Some(copying.source.root()),
        _ => None,
    }
}

fn restoring(name: &Name, time: Option<&str>, removed: Vec<Removed>, context: &Context) -> Result<Plan> {
    let is_meant = |one: &Removed| one.name == *name && time.is_none_or(|time| one.stamp().starts_with(time));
    let Some(removed) = removed.into_iter().find(is_meant) else {
        let when = time.map(|time| format!(" of {}", shown(time))).unwrap_or_default();
        let hint = how_to_keep(context)?.unwrap_or_else(|| "restorevirtualenv".to_owned());
        bail!("There is no removed environment '{name}'{when}.\nhint: {hint}");
    };
    let venv = context.home()?.venv(name);
    if let Ok(data) = venv.root().symlink_metadata() {
        refuse(&venv, data.is_symlink(), name)?;
    }
    let note = Effect::Say(format!("Restoring {name}..."));
    let removed = removed.venv.root().to_path_buf();
    Ok(Plan::report("").after(vec![note, Effect::Restore { removed, venv }]))
}

/// Says what is in the way, and how it steps aside.
fn refuse(venv: &Venv, is_link: bool, name: &Name) -> Result<()> {
    let (root, typed_root) = (shown(venv.root()), typed(venv.root().as_os_str()));
    let typed_name = name.typed();
    if is_link {
        bail!("{root} is a link.\nhint: rmvirtualenv {typed_name}");
    }
    if venv.exists() {
        bail!("{name} virtualenv already exists.\nhint: mvvirtualenv {typed_name} another-name");
    }
    bail!("{root} is in the way, and is not an environment.\nhint: mv {typed_root} {typed_root}.old")
}

/// What to type so that removed environments are kept; none if they are.
fn how_to_keep(context: &Context) -> Result<Option<String>> {
    if context.kept()?.is_some() {
        return Ok(None);
    }
    let file = context.configuration_files().swap_remove(0);
    let directory = typed(file.parent().map_or(OsStr::new("."), |directory| directory.as_os_str()));
    let typed_file = typed(file.as_os_str());
    // A line can be added where the last one is at its end and no other says the same.
    let takes_line = |text: String| {
        let table = text.parse::<toml::Table>();
        (text.is_empty() || text.ends_with('\n')) && table.is_ok_and(|table| !table.contains_key("trash"))
    };
    Ok(Some(if fs::read_to_string(&file).map_or(file.symlink_metadata().is_err(), takes_line) {
        format!("mkdir -p {directory} && echo 'trash = \"7 days\"' >>{typed_file}")
    } else {
        format!("vi {typed_file}\nhint: trash = \"7 days\"")
    }))
}

fn list(removed: &[Removed], context: &Context) -> Result<Plan> {
    if removed.is_empty() {
        let hint = how_to_keep(context)?.map(|hint| Effect::Say(format!("hint: {hint}")));
        return Ok(Plan::report("Nothing to restore.").after(Vec::from_iter(hint)));
    }
    let width = |one: &Removed| one.name.to_string().chars().count();
    let widest = removed.iter().map(width).max().unwrap_or_default();
    let mut text = OsString::new();
    for one in removed {
        let age = age(one, context.now()).map(|age| format!("  {age} ago")).unwrap_or_default();
        text.push(one.name.as_os_str());
        text.push(format!("{:blanks$}  {}{age}\n", "", one.stamp(), blanks = widest - width(one)));
    }
    Ok(Plan::report(text))
}

/// When it was removed, for a list of candidates.
pub(super) fn told(removed: &Removed, context: &Context) -> String {
    match age(removed, context.now()) {
        Some(age) => format!("removed {age} ago"),
        None => format!("removed {}", removed.stamp()),
    }
}

/// How long ago it was removed, in one unit: `3h`. None if that is yet to come, as after a clock was put right.
fn age(removed: &Removed, now: SystemTime) -> Option<String> {
    let seconds = now.duration_since(removed.time).ok()?.as_secs();
    let age = humantime::format_duration(Duration::from_secs(seconds)).to_string();
    age.split(' ').next().map(str::to_owned)
}

/// The user's own go, each to be told of if a part of it stays.
fn emptying(removed: Vec<Removed>, context: &Context) -> Result<Plan> {
    let mut effects = Vec::new();
    for one in removed.into_iter().filter(|one| one.is_of(context.user())) {
        refuse_mounts(one.venv.root())?;
        let note = format!("Deleting {}, removed {}...", one.name, one.stamp());
        effects.extend([Effect::Say(note), Effect::Remove(one.venv)]);
    }
    Ok(Plan::report("").after(effects))
}

#[derive(serde::Serialize)]
struct Row {
    name: String,
    time: String,
    expires: Option<String>,
    path: String,
    version: Option<String>,
    project: Option<String>,
}

fn json(removed: &[Removed], context: &Context) -> Result<Plan> {
    let kept = context.kept()?;
    let mut rows = Vec::new();
    for one in removed {
        let (Some(name), Some(path)) = (one.name.as_os_str().to_str(), one.venv.root().to_str()) else {
            bail!("The name '{}' is not UTF-8, as JSON must be.\nhint: restorevirtualenv", one.name);
        };
        let project = one.venv.project(context.project_file());
        rows.push(Row {
            name: name.to_owned(),
            time: one.stamp(),
            expires: kept.and_then(|kept| one.expiry(kept)),
            path: path.to_owned(),
            version: one.venv.version(),
            project: project.map(|path| path.to_string_lossy().into_owned()),
        });
    }
    Ok(Plan::report(serde_json::to_string_pretty(&rows)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::{Answer, Copying};

    /// 2026-11-29 16:15:30.
    const NOW: Duration = Duration::from_secs(1_795_968_930);

    struct Scene {
        home: tempfile::TempDir,
        trash: &'static str,
    }

    impl Scene {
        /// A home with environments of these names, hidden or not.
        fn new(names: &[&str]) -> Self {
            let home = tempfile::tempdir().unwrap();
            for name in names {
                fs::create_dir_all(home.path().join(name).join("bin")).unwrap();
                fs::write(home.path().join(name).join("bin/activate"), "").unwrap();
            }
            Self { home, trash: "trash = \"7 days\"" }
        }

        fn context(&self) -> Context {
            let config = self.home.path().join("config");
            fs::create_dir_all(config.join("venvyard")).unwrap();
            fs::write(config.join("venvyard/config.toml"), self.trash).unwrap();
            let variables = [("WORKON_HOME", self.home.path()), ("XDG_CONFIG_HOME", &config)];
            let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
            let user = rustix::process::geteuid().as_raw();
            Context::new(Surroundings { variables, user, time: NOW, ..Default::default() })
        }

        fn plan(&self, name: Option<&str>, time: Option<&str>) -> Result<Plan> {
            let (name, time) = (name.map(OsString::from), time.map(str::to_owned));
            Args { name, time, json: false, empty: false }.plan(&self.context())
        }

        /// The file that is restored for `time`.
        fn restored(&self, time: Option<&str>) -> String {
            let plan = self.plan(Some("blog"), time).unwrap();
            let [Effect::Say(_), Effect::Restore { removed, venv }] = &plan.effects[..] else {
                panic!("{plan:?}")
            };
            assert_eq!(venv.root(), self.home.path().join("blog"));
            removed.file_name().unwrap().to_str().unwrap().to_owned()
        }
    }

    const THREE: [&str; 3] = [
        ".blog.removed-20261129T131530Z",
        ".blog.removed-20261128T161530Z",
        ".it's a shop.removed-20261122T161530Z",
    ];

    #[test]
    fn all_are_listed_the_newest_first() {
        let Answer::Report(text) = Scene::new(&THREE).plan(None, None).unwrap().answer else { panic!() };
        assert_eq!(
            text,
            "blog         20261129T131530Z  3h ago\n\
             blog         20261128T161530Z  1day ago\n\
             it's a shop  20261122T161530Z  7days ago\n"
        );
        let later = Scene::new(&[".blog.removed-20270101T000000Z"]);
        assert_eq!(later.plan(None, None).unwrap(), Plan::report("blog  20270101T000000Z\n"));
    }

    #[test]
    fn the_newest_is_restored_unless_a_time_is_told() {
        let scene = Scene::new(&THREE);
        assert_eq!(scene.restored(None), THREE[0]);
        assert_eq!(scene.restored(Some("20261128")), THREE[1]);
        assert_eq!(scene.restored(Some("20261128T161530Z")), THREE[1]);
    }

    #[test]
    fn what_is_in_the_way_stays_and_what_is_not_there_is_told() {
        let error = |scene: &Scene, name, time| scene.plan(Some(name), time).unwrap_err().to_string();
        let scene = Scene::new(&[&THREE[..], &["blog"]].concat());
        assert!(error(&scene, "blog", None).ends_with("\nhint: mvvirtualenv blog another-name"));
        let scene = Scene::new(&THREE);
        fs::write(scene.home.path().join("blog"), "").unwrap();
        assert!(error(&scene, "blog", None).contains("is in the way, and is not an environment.\nhint: mv "));
        for (name, time) in [("shop", None), ("blog", Some("2025")), ("", None), ("../x", None)] {
            assert!(error(&scene, name, time).contains("\nhint: "), "{name}");
        }
        for (trash, hint) in [
            ("", "mkdir -p "),
            ("workon_cd = false\n", "mkdir -p "),
            ("workon_cd = false", "vi "),
            ("trash = \"0 days\"\n", "vi "),
        ] {
            let scene = Scene { trash, ..Scene::new(&[]) };
            assert!(error(&scene, "blog", None).contains(&format!("\nhint: {hint}")), "{trash}");
        }
    }

    #[test]
    fn what_was_kept_long_enough_goes_but_for_what_comes_back() {
        let mut scene = Scene::new(&THREE);
        let expired = |scene: &Scene, plan: &Plan| expiry(plan, &scene.context()).unwrap();
        let old = scene.home.path().join(THREE[2]);
        assert_eq!(expired(&scene, &Plan::report("")), Some(Effect::Expire(vec![old])));
        let plan = scene.plan(Some("it's a shop"), None).unwrap();
        assert_eq!(expired(&scene, &plan), None);
        let removed = scene.context().home().unwrap().removed().unwrap();
        assert_eq!(expired(&scene, &emptying(removed, &scene.context()).unwrap()), None);
        std::os::unix::fs::symlink(".", scene.home.path().join("again")).unwrap();
        for spelled in ["", "again"] {
            let source = Venv::at(scene.home.path().join(spelled).join(THREE[2]));
            let target = Venv::at("/envs/shop".into());
            let copying = Copying { source, target, is_move: true, hook_shell: "/bin/sh".into() };
            assert_eq!(expired(&scene, &Plan::report("").after(vec![Effect::Copy(copying)])), None);
        }
        for longer in ["", "trash = \"0s\"", "trash = \"8 days\"", "trash = \"9999 years\""] {
            scene.trash = longer;
            assert_eq!(expired(&scene, &Plan::report("")), None, "{longer}");
        }
    }

    #[test]
    fn only_ones_own_are_emptied() {
        let scene = Scene::new(&THREE);
        let removed = || scene.context().home().unwrap().removed().unwrap();
        assert_eq!(emptying(removed(), &scene.context()).unwrap().effects.len(), 6);
        let somebody = Context::new(Surroundings { user: 4242, ..Default::default() });
        assert_eq!(emptying(removed(), &somebody).unwrap().effects, []);
    }

    #[test]
    fn json_is_for_programs() {
        let scene = Scene::new(&THREE);
        let removed = scene.context().home().unwrap().removed().unwrap();
        let Answer::Report(text) = json(&removed, &scene.context()).unwrap().answer else { panic!() };
        let rows: serde_json::Value = serde_json::from_str(text.to_str().unwrap()).unwrap();
        assert_eq!(rows[0]["name"], "blog");
        assert_eq!(rows[0]["time"], "20261129T131530Z");
        assert_eq!(rows[0]["expires"], "20261206T131530Z");
    }
}
