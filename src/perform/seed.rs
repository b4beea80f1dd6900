//! Templates are made here: the interpreter's own venv runs once, and what it wrote is read for its blanks.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail, ensure};
use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use memchr::memmem;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use walkdir::WalkDir;

use super::nest::{self, Nest};
use super::run;
use crate::plan::Recipe;
use crate::terminal;
use crate::venv::shebang::split_shebang;
use crate::venv::template::{
    Directory, Entry, FileFacts, Filling, Kind, Manifest, Piece, RECORD, Record, Template, Workshop, repr,
};
use crate::venv::{Nesting, Python, normal, shown};

/// The template for `recipe`, made if there is none.
///
/// # Errors
/// The cache cannot be written, or the interpreter's venv fails; an environment can still be tried directly.
pub(super) fn template(python: &Python, recipe: &Recipe) -> Result<(Template, Manifest<'static>)> {
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
) -> Result<(Template, Manifest<'static>)> {
    let directory = workshop.path();
    super::write::make_directory(directory).with_context(|| format!("cannot create {}", shown(directory)))?;
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
    make(python, &template, kind)?;
    let manifest = template.manifest().context("it cannot be read")?;
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
fn make(python: &Python, template: &Template, kind: Kind) -> Result<()> {
    let nest = Nest::beside(template.path(), Nesting::Partial)?;
    fs::create_dir(nest.place())?;
    let token = nest.path().to_string_lossy().rsplit('-').next().unwrap_or_default().to_owned();
    let (name, prompt) = (format!("it's {token}"), format!("pro'mpt {token}"));
    // venv takes the path of its working directory, in which no link is left.
    let place = nest.place().canonicalize()?;
    let made = place.join(&name);
    run_venv(python, kind, &name, &prompt, &place)?;
    let root = made.to_str().context("the cache's path is not UTF-8")?;
    let filling = Filling { root, name: &name, prompt: Some(&prompt), system_site_packages: false };
    let manifest = manifest(&made, &filling, &token).or_else(|why| {
        let unproven = Some(format!("{why:#}"));
        postcard::to_allocvec(&Manifest { token, unproven, ..Manifest::default() })
    })?;
    let built = Template::at(nest.place());
    fs::rename(&made, built.tree())?;
    fs::write(built.manifest_file(), manifest)?;
    // What a later creation links is on the disk before it has a name.
    if let Ok(directory) = File::open(nest.place()) {
        let _ = rustix::fs::syncfs(&directory);
    }
    discard(template.path());
    match renameat_with(CWD, nest.place(), CWD, template.path(), RenameFlags::NOREPLACE) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(_) => fs::rename(nest.place(), template.path())?,
    }
    Ok(())
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
    if let Ok(nest) = Nest::beside(template, Nesting::Removed) {
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
    refuse_without_scripts(python, &directory.join(name).join("bin"))
}

/// Fails where a script of the venv module is not in `bin`: the module walks over a directory that it cannot read.
fn refuse_without_scripts(python: &Python, bin: &Path) -> Result<()> {
    for part in ["common", "posix"] {
        for script in fs::read_dir(python.library.join("venv/scripts").join(part))?.flatten() {
            let (is_file, name) = (script.path().is_file(), script.file_name());
            ensure!(!is_file || bin.join(&name).exists(), "its venv left {} out", shown(name));
        }
    }
    Ok(())
}

/// The manifest of the tree, as its file has it. Fails where a text holds the token in a way that is not understood:
/// then no other environment can be made from it.
fn manifest(root: &Path, filling: &Filling<'_>, token: &str) -> Result<Vec<u8>> {
    let found = found(root, token)?;
    let old_distlib = has_old_distlib(root);
    let mut directories: BTreeMap<&Path, Directory<'_>> = BTreeMap::new();
    let (mut entries, mut records) = (Vec::new(), Vec::new());
    for Found { path, facts, content } in &found {
        let own = path.clone();
        match content {
            Content::Directory => {
                directories.insert(path, Directory { path, mode: facts.mode(), shared: Vec::new() });
            }
            Content::Link(target) => entries.push(Entry::Link(own, target.clone())),
            Content::Text(text) if is_record(path) => records.push((own, *facts, text)),
            Content::Text(text) => {
                let pieces = pieces(text, path, filling, token, old_distlib)?;
                entries.push(Entry::Text(own, *facts, pieces));
            }
            Content::Same => match path.parent().and_then(|above| directories.get_mut(above)) {
                Some(directory) if !is_own(path) => {
                    directory.shared.push((path.strip_prefix(directory.path)?, *facts));
                }
                _ => entries.push(Entry::Own(own, *facts)),
            },
        }
    }
    // The digests in a RECORD need the scripts, so that it comes last.
    for (path, facts, text) in records {
        let pieces = record_pieces(text, &path, &entries);
        entries.push(if pieces.len() > 1 {
            Entry::Text(path, facts, pieces)
        } else {
            Entry::Own(path, facts)
        });
    }
    prove(root, &entries, filling)?;
    let directories = directories.into_values().collect();
    Ok(postcard::to_allocvec(&Manifest { token: token.to_owned(), unproven: None, directories, entries })?)
}

/// What venv writes down of an environment.
const SETTINGS: &str = "pyvenv.cfg";

/// An entry of the tree, its path relative to the root.
struct Found {
    path: PathBuf,
    facts: FileFacts,
    content: Content,
}

enum Content {
    Directory,
    Link(PathBuf),
    /// One that holds the token, or lists files that do.
    Text(String),
    /// The same in every environment.
    Same,
}

/// Everything in the tree, directories before what is in them.
fn found(root: &Path, token: &str) -> Result<Vec<Found>> {
    let mut all = Vec::new();
    for entry in WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let entry = entry?;
        let path = entry.path().strip_prefix(root)?.to_path_buf();
        let facts = FileFacts::of(&rustix::fs::lstat(entry.path())?);
        let content = if entry.file_type().is_dir() {
            Content::Directory
        } else if entry.file_type().is_symlink() {
            let target = fs::read_link(entry.path())?;
            ensure!(!target.to_string_lossy().contains(token), "{} links into the template", shown(&path));
            Content::Link(target)
        } else {
            content(entry.path(), &path, token)?
        };
        all.push(Found { path, facts, content });
    }
    Ok(all)
}

fn content(file: &Path, path: &Path, token: &str) -> Result<Content> {
    if path.extension().is_some_and(|extension| extension == "pyc") {
        return Ok(Content::Same); // Python mends the path in it.
    }
    let bytes = fs::read(file)?;
    ensure!(!is_encoded_in(&bytes, token), "{} names the environment in base64", shown(path));
    let mentions = memmem::find(&bytes, token.as_bytes()).is_some();
    let is_settings = path == Path::new(SETTINGS);
    if !mentions && !is_settings && !is_record(path) {
        return Ok(Content::Same);
    }
    ensure!(!mentions || is_settings || path.starts_with("bin"), "{} names the environment", shown(path));
    Ok(Content::Text(String::from_utf8(bytes).with_context(|| format!("{} is no text", shown(path)))?))
}

/// Whether `bytes` hold the token in base64. What it is there depends on what stands before it, in three ways; the
/// letters at its ends belong to its neighbours too.
fn is_encoded_in(bytes: &[u8], token: &str) -> bool {
    (0..3).any(|before| {
        let word = [&[0; 2][..before], token.as_bytes()].concat();
        let certain = (8 * before).div_ceil(6)..8 * word.len() / 6;
        let spellings = [Base64Unpadded::encode_string(&word), Base64UrlUnpadded::encode_string(&word)];
        let found = |spelling: &String| memmem::find(bytes, &spelling.as_bytes()[certain.clone()]);
        spellings.iter().any(|spelling| found(spelling).is_some())
    })
}

/// The pieces of a text that depends on the environment.
fn pieces<'a>(
    text: &'a str,
    path: &Path,
    filling: &Filling<'_>,
    token: &str,
    old_distlib: bool,
) -> Result<Vec<Piece<'a>>> {
    if path == Path::new(SETTINGS) {
        return Ok(settings_pieces(text, filling));
    }
    let (shebang, body) = split_shebang(text.as_bytes());
    let (start, body) = text.split_at(text.len() - body.len());
    let mut pieces = Vec::new();
    if let Some(shebang) = shebang {
        let interpreter = std::str::from_utf8(&shebang.interpreter)?;
        match interpreter.strip_prefix(filling.root).and_then(|rest| rest.strip_prefix('/')) {
            Some(inside) => {
                let arguments = String::from_utf8_lossy(shebang.arguments).into_owned();
                pieces.push(Piece::Shebang(inside.to_owned(), arguments, old_distlib, shebang.quote));
            }
            None => pieces.push(Piece::Plain(start)),
        }
    }
    pieces.extend(filling.pieces(body));
    let is_left = |piece: &Piece| matches!(piece, Piece::Plain(plain) if plain.contains(token));
    ensure!(!pieces.iter().any(is_left), "{} names the environment in a way of its own", shown(path));
    Ok(pieces)
}

fn settings_pieces<'a>(text: &'a str, filling: &Filling<'_>) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let prompt = filling.prompt.unwrap_or_default();
    let option = format!(" --prompt=\"{prompt}\"");
    for line in text.split_inclusive('\n') {
        if let Some(start) =
            line.strip_suffix("false\n").filter(|start| start.starts_with("include-system-site-packages"))
        {
            pieces.extend([Piece::Plain(start), Piece::SystemSitePackages, Piece::Plain("\n")]);
        } else if line == format!("prompt = {}\n", repr(prompt)) {
            pieces.push(Piece::PromptLine);
        } else if let Some((start, end)) =
            line.split_once(&option).filter(|(start, _)| start.starts_with("command"))
        {
            pieces.extend([Piece::Plain(start), Piece::SystemSitePackagesOption, Piece::PromptOption]);
            pieces.extend(filling.pieces(end));
        } else {
            pieces.extend(filling.pieces(line));
        }
    }
    pieces
}

fn record_pieces<'a>(text: &'a str, record: &Path, entries: &[Entry<'_>]) -> Vec<Piece<'a>> {
    let packages = record.parent().and_then(Path::parent).unwrap_or(Path::new(""));
    let texts: Vec<&Path> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Text(path, ..) => Some(path.as_path()),
            _ => None,
        })
        .collect();
    let mut pieces = Vec::new();
    let (mut done, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        let start = end;
        end += line.len();
        let Some((listed, _)) = line.split_once(",sha256=") else { continue };
        let path = normal(&packages.join(listed));
        if texts.contains(&path.as_path()) {
            let digest = start + listed.len() + 1;
            pieces.extend([Piece::Plain(&text[done..digest]), Piece::Digest(path)]);
            done = start + line.trim_end_matches(['\r', '\n']).len();
        }
    }
    pieces.push(Piece::Plain(&text[done..]));
    pieces
}

/// Fills every text with what it was made with, which must give the very text.
fn prove(root: &Path, entries: &[Entry<'_>], filling: &Filling<'_>) -> Result<()> {
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

fn is_record(path: &Path) -> bool {
    path.ends_with("RECORD") && is_metadata(path)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_in_base64_wherever_it_stands() {
        for before in ["", "/", "/home", "/home/ann/it's "] {
            let path = format!("{before}Tk0~?>Zz/lib");
            for encoded in [
                Base64Unpadded::encode_string(path.as_bytes()),
                Base64UrlUnpadded::encode_string(path.as_bytes()),
            ] {
                assert!(is_encoded_in(format!("x = '{encoded}'").as_bytes(), "Tk0~?>Zz"), "{encoded}");
            }
        }
        assert!(!is_encoded_in(Base64Unpadded::encode_string(b"/home/ann/another").as_bytes(), "Tk0~?>Zz"));
    }
}
