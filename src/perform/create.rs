//! An environment appears by a rename: made whole in a hidden nest, its text brought to its final path.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use memchr::memmem;

use super::clone::{self, Outcome};
use super::delete::delete;
use super::nest::{self, Nest};
use super::relocate::{self, Share};
use super::remove;
use super::rename;
use super::run::{self, Interrupted};
use super::seed;
use super::trash;
use crate::plan::{Copying, Creation, Maker};
use crate::terminal;
use crate::venv::relocate::Move;
use crate::venv::template::{Filling, Manifest};
use crate::venv::{Hook, Nesting, Venv, shown, typed};

/// Makes an environment. It is in its place whole, or not at all.
pub(super) fn create(creation: &Creation) -> Result<()> {
    let root = creation.venv.root();
    let home = root.parent().unwrap_or(Path::new("/"));
    if creation.replace && creation.keep.is_none() {
        rename::refuse_protected(root).with_context(|| format!("cannot replace {}", shown(root)))?;
    }
    nest::sweep(home);
    let nest = match Nest::beside(root, Nesting::Partial) {
        // Its own words name a path that nobody knows.
        Err(error) => {
            let (root, home, kind) = (shown(root), typed(home.as_os_str()), error.kind());
            bail!("cannot create {root}: {kind}\nhint: ls -ld {home}")
        }
        Ok(nest) => nest,
    };
    let made = make_in(&nest, creation)?;
    if made.root() == nest.place() {
        // A maker may follow the links in the path of the home.
        let spellings = [Some(nest.place().to_path_buf()), nest.place().canonicalize().ok()];
        relocate::in_place(made.root(), &Move::new(spellings.into_iter().flatten(), root))?;
        refuse_traces(&made, &nest, root)?;
    }
    furnish(&made, creation).with_context(|| format!("cannot create {}", shown(root)))?;
    let appear = || appear(&nest, &made, root, creation.replace, creation.keep);
    let Some(project) = &creation.project else { return appear() };
    let is_new = make_project(project)?;
    appear().inspect_err(|_| {
        // One without the other serves nobody.
        let _ = if is_new { fs::remove_dir(project) } else { Ok(()) };
    })
}

/// Makes the environment, before it is furnished: of a template as the nest itself, its texts naming its place already;
/// by its maker in the nest, under its own name. To remove an empty nest costs more than all texts together where a file
/// system tells the disk of each block that is free.
pub(super) fn make_in(nest: &Nest, creation: &Creation) -> Result<Venv> {
    if from_template(creation, nest)? {
        return Ok(Venv::at(nest.path().to_path_buf()));
    }
    make(creation, nest)?;
    Ok(Venv::at(nest.place().to_path_buf()))
}

/// Makes a project directory; tells whether it is new.
fn make_project(project: &Path) -> Result<bool> {
    match fs::create_dir(project) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && project.is_dir() => Ok(false),
        made => made.map(|()| true).with_context(|| format!("cannot create {}", shown(project))),
    }
}

/// Makes an environment of a used one. It is in its place whole, or not at all; of a move the source goes only then.
///
/// Tells whether nothing is left to be done: of the source a part may be impossible to delete.
pub(super) fn copy(copying: &Copying) -> Result<bool> {
    let (source, root) = (copying.source.root(), copying.target.root());
    let cannot = || format!("cannot copy {} to {}", shown(source), shown(root));
    if copying.is_move {
        rename::refuse_protected(source).with_context(|| format!("cannot rename {}", shown(source)))?;
    }
    nest::sweep(root.parent().unwrap_or(Path::new("/")));
    let nest = Nest::beside(root, Nesting::Partial).with_context(cannot)?;
    let change = Move::new(copying.source.spellings(), root);
    let share = if copying.is_move { Share::Files } else { Share::Nothing };
    // A link to an environment is copied as what it leads to.
    let real = source.canonicalize().with_context(cannot)?;
    let open = File::open(&real).with_context(cannot)?;
    let made = Venv::at(nest.path().to_path_buf());
    let left = relocate::copy(&real, made.root(), &change, share).with_context(cannot)?;
    // What was being removed may have been read in part.
    if !nest::is_at(&open, &real) {
        bail!("{} was removed while it was being copied.\nhint: lsvirtualenv -b", shown(source));
    }
    hook_files(&made.bin(), &Hook::LOCAL, &copying.hook_shell).with_context(cannot)?;
    // Who copies or renames a temporary environment wants to keep it.
    let _ = fs::remove_file(made.root().join(Venv::TEMPORARY));
    appear(&nest, &made, root, false, None)?;
    if !left.is_empty() {
        let left: Vec<String> = left.iter().map(|path| format!("\n  {}", shown(path))).collect();
        terminal::say(&format!(
            "WARNING: these still name {}, and cannot be changed:{}",
            shown(source),
            left.concat()
        ));
    }
    if copying.is_move { remove::remove(&copying.source) } else { Ok(true) }
}

/// Clones the template that the recipe asks for; tells whether there could be one. What stands in the way of a
/// template may be no matter to the maker, which is tried then.
fn from_template(creation: &Creation, nest: &Nest) -> Result<bool> {
    let (Some(recipe), Maker::Venv(python)) = (&creation.recipe, &creation.maker) else { return Ok(false) };
    let root = creation.venv.root();
    let (Some(path), Some(name)) = (root.to_str(), root.file_name().and_then(|name| name.to_str())) else {
        return Ok(false);
    };
    let prompt = recipe.prompt.as_deref();
    let filling = Filling { root: path, name, prompt, system_site_packages: recipe.system_site_packages };
    if !filling.is_plain() {
        return Ok(false);
    }
    let mut template = seed::template(python, recipe);
    for _ in 0..2 {
        let (template_made, manifest) = match template {
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                terminal::say(&no_template(&error, root));
                return Ok(false);
            }
            Ok((_, Manifest { unproven: Some(_), .. })) => return Ok(false),
            Ok(template) => template,
        };
        match clone::clone(&template_made, &manifest, nest.path(), &filling, recipe.link_mode)
            .with_context(|| format!("cannot create {}", shown(root)))?
        {
            Outcome::Whole => return Ok(true),
            Outcome::Changed => {
                nest.clear();
                template = seed::build(python, &recipe.workshop, recipe.kind, Some(&manifest.token));
            }
        }
    }
    Ok(false)
}

/// Why the interpreter makes the environment at `root`, and how to end it. This is said each time: without a cache
/// there is no place to remember that it was said, as the home holds environments and nothing else of ours.
fn no_template(error: &anyhow::Error, root: &Path) -> String {
    let note = format!("NOTE: no template can be kept ({error:#}); the interpreter makes each one.");
    match root.parent() {
        // The home can be written, or nothing could be made.
        Some(home) if error.is::<io::Error>() => {
            let cache = home.join(".cache");
            format!("{note}\nhint: export XDG_CACHE_HOME={}", typed(cache.as_os_str()))
        }
        _ => note,
    }
}

/// Lets the maker make the environment in the nest, under its own name.
fn make(creation: &Creation, nest: &Nest) -> Result<()> {
    let root = shown(creation.venv.root());
    let arguments = |start: &[&str], name: &OsStr| -> Vec<OsString> {
        let start = start.iter().map(OsString::from);
        start.chain(creation.options.iter().cloned()).chain([name.to_owned()]).collect()
    };
    let cache = creation.cache.iter().map(|cache| ("PIP_CACHE_DIR", cache));
    match &creation.maker {
        Maker::Program(program) => {
            // As virtualenvwrapper does it: from the directory that is to hold it, with the bare name.
            let name = nest.place().file_name().unwrap_or_default();
            let mut command = run::program(program, &arguments(&[], name), nest.path());
            command.envs(cache);
            let status = command.status();
            let status = status.with_context(|| format!("cannot start {}", shown(program)))?;
            succeeded(status, creation, true)?;
        }
        Maker::Venv(python) => {
            let (major, minor, micro) = python.version;
            let _progress =
                terminal::progress(&format!("Creating {root} with Python {major}.{minor}.{micro}"));
            // It says nothing unless it fails, and then part of it on stdout.
            let arguments = arguments(&["-I", "-m", "venv"], nest.place().as_os_str());
            let mut command = run::python(&python.executable, &arguments, nest.path());
            command.envs(cache);
            let output = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
            let output = output.with_context(|| format!("cannot start {}", shown(&python.executable)))?;
            let said = [output.stdout, output.stderr].concat();
            if !output.status.success() {
                let _ = io::stderr().write_all(&said);
            }
            succeeded(output.status, creation, memmem::find(&said, b"ensurepip").is_some())?;
        }
    }
    if !nest.place().join("bin/activate").exists() {
        bail!("{root} was not made: there is no activate script in it.");
    }
    Ok(())
}

/// Fails if the maker did; `is_for_pip` tells whether that may be for want of pip.
fn succeeded(status: ExitStatus, creation: &Creation, is_for_pip: bool) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    if run::is_interrupted(status) {
        return Err(Interrupted.into());
    }
    // By custom 2 says that the options were not understood.
    if status.code() == Some(2) && !creation.options.is_empty() {
        let options: Vec<_> = creation.options.iter().map(|option| option.to_string_lossy()).collect();
        bail!(
            "The creator does not take these options: {}\nhint: mkvirtualenv --help\n\
             hint: echo \"$VIRTUALENVWRAPPER_VIRTUALENV_ARGS\"",
            options.join(" ")
        );
    }
    let (what, hint) = match &creation.maker {
        Maker::Venv(python) => {
            (format!("{} -m venv", shown(&python.executable)), "mkvirtualenv -p python3 NAME")
        }
        Maker::Program(program) => (shown(program), "export VIRTUALENVWRAPPER_VIRTUALENV="),
    };
    match creation.ways_out.as_str() {
        ways_out if is_for_pip && !ways_out.is_empty() => bail!("{what} failed ({status}).{ways_out}"),
        _ => bail!("{what} failed ({status}).\nhint: {hint}"),
    }
}

/// Fails if the environment would name the nest: it would work nowhere.
fn refuse_traces(made: &Venv, nest: &Nest, root: &Path) -> Result<()> {
    let name = nest.path().file_name().unwrap_or_default().as_encoded_bytes();
    let has_trace = |file: &Path| fs::read(file).is_ok_and(|text| memmem::find(&text, name).is_some());
    if has_trace(&made.activate()) {
        bail!(
            "{} was not made: its creator writes its path in a way that is not understood.\n\
             hint: export VIRTUALENVWRAPPER_VIRTUALENV=",
            shown(root)
        );
    }
    Ok(())
}

/// Adds what is not the maker's: hook files to be filled in, and what else belongs to it from the start.
fn furnish(made: &Venv, creation: &Creation) -> io::Result<()> {
    if creation.is_closed {
        close(made)?;
    }
    hook_files(&made.bin(), &Hook::LOCAL, &creation.hook_shell)?;
    creation.files.iter().try_for_each(|(file, contents)| fs::write(made.root().join(file), contents))
}

/// Takes its group's leave to write to what shells run in it, unless the group works in it together, as setgid says.
fn close(made: &Venv) -> io::Result<()> {
    if fs::metadata(made.root())?.mode() & 0o2000 != 0 {
        return Ok(());
    }
    let mut open = vec![made.root().to_path_buf(), made.bin()];
    for entry in fs::read_dir(made.bin())? {
        let entry = entry?;
        // A link may lead to the interpreter.
        open.extend(entry.file_type()?.is_file().then(|| entry.path()));
    }
    for path in open {
        let leave = fs::metadata(&path)?.mode();
        if leave & GROUP != 0 {
            fs::set_permissions(&path, Permissions::from_mode(leave & !GROUP))?;
        }
    }
    Ok(())
}

/// Leave for a file's group to write to it.
const GROUP: u32 = 0o020;

/// Those of `hooks` that are not in `directory` yet, as files of comments. Who cannot write to the directory cannot write
/// to them.
pub(super) fn hook_files(directory: &Path, hooks: &[(Hook, &str, bool)], shell: &Path) -> io::Result<()> {
    let shell = shell.display();
    let closed = GROUP & !fs::metadata(directory)?.mode();
    for (hook, about, is_run) in hooks {
        let permissions = (if *is_run { 0o777 } else { 0o666 }) & !closed;
        let path = directory.join(hook.file());
        match OpenOptions::new().write(true).create_new(true).mode(permissions).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            new => new?.write_all(format!("#!{shell}\n# This hook is {about}.\n\n").as_bytes())?,
        }
    }
    Ok(())
}

/// The last step: the environment takes its place, which must be free, or which it swaps with what is there.
fn appear(nest: &Nest, made: &Venv, root: &Path, replace: bool, keep: Option<SystemTime>) -> Result<()> {
    // The old one comes to lie where the nest was, which is locked no longer: no sweep shall meet us in it.
    let old = replace.then(|| File::open(root)).and_then(Result::ok);
    let _ = old.as_ref().map(File::try_lock);
    let renamed = match (replace, keep) {
        (false, _) => rename::to_free(made.root(), root),
        (true, None) => rename::exchange(made.root(), root),
        (true, Some(time)) => exchange_for_trash(made.root(), root, time),
    };
    match renamed {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let name = root.file_name().unwrap_or_default();
            let (name, hint) = (shown(name), typed(name));
            bail!("Environment '{name}' exists already: it was made just now.\nhint: workon {hint}")
        }
        renamed => renamed.with_context(|| format!("cannot create {}", shown(root)))?,
    }
    if replace
        && keep.is_none()
        && let Some((path, error)) = delete(nest.path())
    {
        terminal::say(&format!("WARNING: a part of the old one cannot be deleted: {}: {error}", shown(path)));
    }
    Ok(())
}

/// The new one waits where the old one is to be kept, and they change places: in the nest, a kill would leave the old
/// one to the next sweep.
fn exchange_for_trash(made: &Path, root: &Path, time: SystemTime) -> io::Result<()> {
    let place = trash::put(made, root, time)?;
    rename::exchange(&place, root).inspect_err(|_| {
        let _ = fs::rename(&place, made);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_appears_with_its_environment_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        let make = r#"mkdir -p "$1/bin" && : >"$1/bin/activate""#;
        let creation = Creation {
            venv: Venv::at(at("envs/blog")),
            maker: Maker::Program("/bin/sh".into()),
            options: ["-c", make, "sh"].map(OsString::from).into(),
            recipe: None,
            ways_out: String::new(),
            cache: None,
            replace: false,
            keep: None,
            is_closed: false,
            files: vec![(".project".into(), b"/src/blog\n".to_vec())],
            project: Some(at("src/blog")),
            hook_shell: "/bin/sh".into(),
        };
        fs::create_dir_all(at("envs/blog")).unwrap();
        fs::create_dir(at("src")).unwrap();
        assert!(create(&creation).is_err());
        assert!(!at("src/blog").exists());

        fs::remove_dir(at("envs/blog")).unwrap();
        create(&creation).unwrap();
        assert_eq!(fs::read(at("envs/blog/.project")).unwrap(), b"/src/blog\n");
        assert!(at("src/blog").is_dir());

        // One that was there stays.
        assert!(create(&creation).is_err());
        assert!(at("src/blog").is_dir());
    }
}
