//! An environment from a template: directories, links, and its own texts.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::venv::template::{Entry, FileFacts, Filling, LinkMode, Manifest, Template};

/// What became of a clone.
pub(super) enum Outcome {
    /// It is whole.
    Whole,
    /// A file of the template is not what it was, for somebody wrote through a hard link.
    Changed,
}

/// Puts the environment together at `place`, which does not exist yet, as it reads at its final path.
pub(super) fn clone(
    template: &Template,
    manifest: &Manifest,
    place: &Path,
    filling: &Filling<'_>,
    mode: LinkMode,
) -> io::Result<Outcome> {
    let tree = template.tree();
    let mut links = matches!(mode, LinkMode::Auto | LinkMode::Hardlink);
    let mut texts: HashMap<&Path, Vec<u8>> = HashMap::new();
    fs::create_dir(place)?;
    for entry in &manifest.entries {
        match entry {
            Entry::Directory(path, mode) => DirBuilder::new().mode(*mode).create(place.join(path))?,
            Entry::Link(path, target) => symlink(target, place.join(path))?,
            Entry::Shared(path, facts) => {
                let (from, to) = (tree.join(path), place.join(path));
                if !is_as_made(&from, *facts) {
                    return Ok(Outcome::Changed);
                }
                if !links || fs::hard_link(&from, &to).is_err() {
                    // Another device, too many links, a file system without: copies serve as well.
                    links = false;
                    copy(&from, &to, *facts)?;
                }
            }
            Entry::Own(path, facts) => {
                let from = tree.join(path);
                if !is_as_made(&from, *facts) {
                    return Ok(Outcome::Changed);
                }
                copy(&from, &place.join(path), *facts)?;
            }
            Entry::Text(path, facts, pieces) => {
                let text = filling.fill(pieces, |other| texts.get(other).cloned());
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(facts.mode)
                    .open(place.join(path))?;
                file.write_all(&text)?;
                texts.insert(path, text);
            }
        }
    }
    Ok(Outcome::Whole)
}

fn is_as_made(path: &Path, facts: FileFacts) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.is_file() && FileFacts::of(&data) == facts)
}

/// A copy with mode and times, which keep compiled Python valid; where the file system can, its blocks are shared.
fn copy(from: &PathBuf, to: &PathBuf, facts: FileFacts) -> io::Result<()> {
    let mut source = fs::File::open(from)?;
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(facts.mode).open(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.set_modified(source.metadata()?.modified()?)
}
