//! Templates are made here: the interpreter's own venv runs once, and what it wrote is read for its blanks.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use walkdir::WalkDir;

use super::nest::{self, Nest};
use super::run;
use crate::plan::Recipe;
use crate::terminal;
use crate::venv::relocate::split_shebang;
use crate::venv::template::{
    Entry, FileFacts, Filling, Kind, Manifest, Piece, RECORD, Record, Template, Workshop, repr,
};
use crate::venv::{Python, normal, shown};

/// The template for `recipe`, made if there is none.
///
/// # Errors
/// The cache cannot be written, or the interpreter's venv fails; an environment can still be tried directly.
pub(super) fn template(python: &Python, recipe: &Recipe) -> Result<(Template, Manifest)> {
    let workshop = &recipe.workshop;
    let template = workshop.template(recipe.kind);
    if workshop.python().is_some()
        && let Some(manifest) = template.manifest()
    {
        return Ok((template, manifest));
    }
    build(python, workshop, recipe.kind, None)
}

/// Makes the template anew, unless somebody else did: in place of none, or of the one whose token is `spoilt`.
pub(super) fn build(
    python: &Python,
    workshop: &Workshop,
    kind: Kind,
    spoilt: Option<&str>,
) -> Result<(Template, Manifest)> {
    let directory = workshop.path();
    fs::create_dir_all(directory).with_context(|| format!("cannot create {}", shown(directory)))?;
    // Whoever builds the same waits here, and finds it made. Where there are no locks a second builder does no harm.
    let lock = File::open(directory)?;
    let _ = lock.lock();
    let template = workshop.template(kind);
    let is_known = workshop.python().as_ref() == Some(python);
    if is_known
        && let Some(manifest) = template.manifest()
        && spoilt != Some(manifest.token.as_str())
    {
        return Ok((template, manifest));
    }
    if !is_known {
        // The interpreter changed: what was made by the old one is of no use.
        for kind in Kind::ALL {
            discard(workshop.template(kind).path());
        }
        let record = serde_json::to_vec(&Record::new(python.clone()))?;
        super::write::write(&directory.join(RECORD), &record)?;
    }
    let manifest = make(python, &template, kind)?;
    forget_the_gone(directory.parent().unwrap_or(Path::new("/")));
    if let Some(why) = &manifest.unproven {
        let python = shown(&python.executable);
        terminal::say(&format!(
            "NOTE: {python} makes each environment itself, as no template can be used: {why}."
        ));
    }
    Ok((template, manifest))
}

/// Lets the interpreter make an environment in a nest, reads it, and puts both in the template's place.
fn make(python: &Python, template: &Template, kind: Kind) -> Result<Manifest> {
    let nest = Nest::beside(template.path(), "partial")?;
    fs::create_dir(nest.place())?;
    let token = nest.path().to_string_lossy().rsplit('-').next().unwrap_or_default().to_owned();
    let (name, prompt) = (format!("it's {token}"), format!("pro'mpt {token}"));
    let made = nest.place().join(&name);
    run_venv(python, kind, &name, &prompt, nest.place())?;
    let root = made.to_str().context("the cache's path is not UTF-8")?;
    let filling = Filling { root, name: &name, prompt: Some(&prompt), system_site_packages: false };
    let manifest = match entries(&made, &filling, &token) {
        Ok(entries) => Manifest { token, unproven: None, entries },
        Err(why) => Manifest { token, unproven: Some(format!("{why:#}")), entries: Vec::new() },
    };
    let built = Template::at(nest.place());
    fs::rename(&made, built.tree())?;
    fs::write(built.manifest_file(), serde_json::to_vec(&manifest)?)?;
    // What a later creation links is on the disk before it has a name.
    if let Ok(directory) = File::open(nest.place()) {
        let _ = rustix::fs::syncfs(&directory);
    }
    discard(template.path());
    match renameat_with(CWD, nest.place(), CWD, template.path(), RenameFlags::NOREPLACE) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(_) => fs::rename(nest.place(), template.path())?,
    }
    Ok(manifest)
}

/// Discards what was made for interpreters that are no longer there, or recorded in a way that is no longer read.
fn forget_the_gone(templates: &Path) {
    for workshop in fs::read_dir(templates).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let is_gone = fs::read(workshop.join(RECORD)).is_ok_and(|record| {
            serde_json::from_slice::<Record>(&record)
                .map_or(true, |record| !record.python.executable.exists())
        });
        if is_gone {
            discard(&workshop);
        }
    }
}

/// Puts a template that is no longer good aside and deletes it.
fn discard(template: &Path) {
    if let Ok(nest) = Nest::beside(template, "removed") {
        let _ = fs::rename(template, nest.place());
    }
    nest::sweep(template.parent().unwrap_or(Path::new("/")));
}

fn run_venv(python: &Python, kind: Kind, name: &str, prompt: &str, directory: &Path) -> Result<()> {
    let (major, minor, micro) = python.version;
    let _progress =
        terminal::progress(&format!("Preparing Python {major}.{minor}.{micro} for quick creations, once"));
    let mut arguments: Vec<OsString> = ["-I", "-m", "venv"].map(OsString::from).into();
    arguments.extend(kind.options().iter().map(OsString::from));
    arguments.extend([OsString::from("--prompt"), prompt.into(), name.into()]);
    let mut command = run::python(&python.executable, &arguments, directory);
    run::without_pip_settings(&mut command);
    let output = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = output.with_context(|| format!("cannot start {}", shown(&python.executable)))?;
    if run::is_interrupted(output.status) {
        return Err(run::Interrupted.into());
    }
    // All that it says is told when it fails in the place of the environment too.
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    ensure!(output.status.success(), "{}", said.trim_end().lines().last().unwrap_or("its venv failed"));
    Ok(())
}

/// Every entry of the tree, its texts taken to pieces. Fails where a text holds the mark in a way that is not
/// understood: then no other environment can be made from it.
fn entries(root: &Path, filling: &Filling<'_>, token: &str) -> Result<Vec<Entry>> {
    let old_distlib = has_old_distlib(root);
    let mut entries = Vec::new();
    let mut records = Vec::new();
    for found in WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let found = found?;
        let path = found.path().strip_prefix(root)?.to_path_buf();
        let data = rustix::fs::lstat(found.path())?;
        if found.file_type().is_dir() {
            entries.push(Entry::Directory(path, FileFacts::of(&data).mode()));
        } else if found.file_type().is_symlink() {
            let target = fs::read_link(found.path())?;
            ensure!(!target.to_string_lossy().contains(token), "{} links into the template", shown(path));
            entries.push(Entry::Link(path, target));
        } else {
            let facts = FileFacts::of(&data);
            let is_record = path.ends_with("RECORD") && is_metadata(&path);
            match pieces(found.path(), &path, filling, token, old_distlib)? {
                Some(pieces) => entries.push(Entry::Text(path, facts, pieces)),
                None if is_record => records.push((path, facts)),
                None if is_own(&path) => entries.push(Entry::Own(path, facts)),
                None => entries.push(Entry::Shared(path, facts)),
            }
        }
    }
    // The digests in a RECORD need the scripts, so that it comes last.
    for (path, facts) in records {
        let text = fs::read_to_string(root.join(&path))?;
        let pieces = record_pieces(&text, &path, &entries);
        entries.push(if pieces.len() > 1 {
            Entry::Text(path, facts, pieces)
        } else {
            Entry::Own(path, facts)
        });
    }
    prove(root, &entries, filling)?;
    Ok(entries)
}

/// The pieces of a text that depends on the environment; none if it is the same in all.
fn pieces(
    file: &Path,
    path: &Path,
    filling: &Filling<'_>,
    token: &str,
    old_distlib: bool,
) -> Result<Option<Vec<Piece>>> {
    if path.extension().is_some_and(|extension| extension == "pyc") {
        return Ok(None); // Python mends the path in it.
    }
    let bytes = fs::read(file)?;
    let mentions = bytes.windows(token.len()).any(|window| window == token.as_bytes());
    if path == Path::new("pyvenv.cfg") {
        return Ok(Some(settings_pieces(std::str::from_utf8(&bytes)?, filling)));
    }
    if !mentions {
        return Ok(None);
    }
    ensure!(path.starts_with("bin"), "{} names the environment", shown(path));
    let text = String::from_utf8(bytes).with_context(|| format!("{} is no text", shown(path)))?;
    let (shebang, body) = split_shebang(text.as_bytes());
    let body = std::str::from_utf8(body)?;
    let mut pieces = Vec::new();
    if let Some(shebang) = shebang {
        let interpreter = std::str::from_utf8(&shebang.interpreter)?;
        match interpreter.strip_prefix(filling.root).and_then(|rest| rest.strip_prefix('/')) {
            Some(inside) => {
                let arguments = String::from_utf8_lossy(shebang.arguments).into_owned();
                pieces.push(Piece::Shebang(inside.to_owned(), arguments, old_distlib, shebang.quote));
            }
            None => pieces.push(Piece::Plain(text[..text.len() - body.len()].to_owned())),
        }
    }
    pieces.extend(filling.pieces(body));
    let is_left = |piece: &Piece| matches!(piece, Piece::Plain(plain) if plain.contains(token));
    ensure!(!pieces.iter().any(is_left), "{} names the environment in a way of its own", shown(path));
    Ok(Some(pieces))
}

fn settings_pieces(text: &str, filling: &Filling<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let prompt = filling.prompt.unwrap_or_default();
    let option = format!(" --prompt=\"{prompt}\"");
    for line in text.split_inclusive('\n') {
        if let Some(start) =
            line.strip_suffix("false\n").filter(|start| start.starts_with("include-system-site-packages"))
        {
            pieces.extend([
                Piece::Plain(start.to_owned()),
                Piece::SystemSitePackages,
                Piece::Plain("\n".to_owned()),
            ]);
        } else if line == format!("prompt = {}\n", repr(prompt)) {
            pieces.push(Piece::PromptLine);
        } else if let Some((start, end)) =
            line.split_once(&option).filter(|(start, _)| start.starts_with("command"))
        {
            pieces.extend([
                Piece::Plain(start.to_owned()),
                Piece::SystemSitePackagesOption,
                Piece::PromptOption,
            ]);
            pieces.extend(filling.pieces(end));
        } else {
            pieces.extend(filling.pieces(line));
        }
    }
    pieces
}

fn record_pieces(text: &str, record: &Path, entries: &[Entry]) -> Vec<Piece> {
    let packages = record.parent().and_then(Path::parent).unwrap_or(Path::new(""));
    let texts: Vec<&Path> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Text(path, ..) => Some(path.as_path()),
            _ => None,
        })
        .collect();
    let mut pieces = Vec::new();
    let mut plain = String::new();
    for line in text.split_inclusive('\n') {
        let listed = line.split(',').next().unwrap_or_default();
        let path = normal(&packages.join(listed));
        if line.contains(",sha256=") && texts.contains(&path.as_path()) {
            plain.extend([listed, ","]);
            pieces.extend([Piece::Plain(std::mem::take(&mut plain)), Piece::Digest(path)]);
            plain.push_str(if line.ends_with("\r\n") { "\r\n" } else { "\n" });
        } else {
            plain.push_str(line);
        }
    }
    pieces.push(Piece::Plain(plain));
    pieces
}

/// Fills every text with what it was made with, which must give the very text.
fn prove(root: &Path, entries: &[Entry], filling: &Filling<'_>) -> Result<()> {
    for entry in entries {
        if let Entry::Text(path, _, pieces) = entry {
            let is_text = |other: &Path| fs::read(root.join(other)).ok();
            if filling.fill(pieces, is_text) != fs::read(root.join(path))? {
                bail!("{} does not come out as it was written", shown(path));
            }
        }
    }
    Ok(())
}

/// Files that tools write into, so that every environment has its own: all of bin, the root's, package metadata, `.pth`.
fn is_own(path: &Path) -> bool {
    !path.starts_with("lib")
        || is_metadata(path)
        || path.extension().is_some_and(|extension| extension == "pth")
}

fn is_metadata(path: &Path) -> bool {
    path.parent().is_some_and(|parent| parent.to_string_lossy().ends_with(".dist-info"))
}

/// pip 18.1's distlib leaves an empty line below a plain `#!` line; the trampoline, which a template has, does not show it.
fn has_old_distlib(root: &Path) -> bool {
    let lib = fs::read_dir(root.join("lib")).into_iter().flatten().flatten();
    let files = lib.map(|version| version.path().join("site-packages/pip/_vendor/distlib/scripts.py"));
    let mut texts = files.filter_map(|file| fs::read_to_string(file).ok());
    texts.any(|text| text.contains("script_bytes = shebang + linesep"))
}
