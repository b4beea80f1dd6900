//! What a new environment is filled with, and from where: options of every command that fills one.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Result, bail, ensure};
use clap::ValueHint;

use crate::context::Context;
use crate::plan::Effect;
use crate::shell::quote::typed;
use crate::venv::{Installs, Venv, is_url, path_of, shown};

// No doc comment: it would become the first line of each command's help.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Installation {
    #[command(flatten)]
    wanted: Wanted,

    /// Look for packages in this directory or page too; may be repeated
    #[arg(long, value_name = "DIR", value_hint = ValueHint::AnyPath)]
    find_links: Vec<OsString>,

    /// Install from there alone, without a network
    #[arg(long, conflicts_with = "upgrade_deps")]
    offline: bool,
}

// What is to be installed, wherever it comes from.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Wanted {
    /// Install what this requirements file lists
    #[arg(short = 'r', value_name = "FILE", value_hint = ValueHint::FilePath)]
    requirements: Vec<OsString>,

    /// Install this package; may be repeated
    #[arg(short = 'i', value_name = "PACKAGE")]
    packages: Vec<OsString>,
}

impl Installation {
    /// The lines that install into `venv`, which is to be `with_pip` or without: uv's, if it is configured and can be
    /// told what pip is told; else it is said why not. A hint may ask to type `again` what was typed.
    pub(super) fn lines(
        &self,
        venv: &Venv,
        with_pip: bool,
        again: &str,
        context: &Context,
    ) -> Result<(Option<Effect>, Vec<Vec<OsString>>)> {
        if self.wanted.is_empty() {
            return Ok((None, Vec::new()));
        }
        let offline = self.offline || context.is_offline()?;
        let find_links = self.find_links(offline, context)?;
        let installs = Installs {
            find_links,
            offline,
            ..self.wanted.installs(|option| format!("mkvirtualenv {option} NAME"), context)?
        };
        let note = match context.uv(offline)? {
            Some(Ok(uv)) => return Ok((None, installs.by_uv(venv, &uv))),
            Some(Err(why)) => Some(Effect::Say(format!("NOTE: pip installs, not uv: {why}."))),
            None => None,
        };
        ensure!(with_pip, "-i and -r need pip, which --without-pip leaves out.\nhint: {again}");
        Ok((note, installs.by_pip(venv)))
    }

    /// Where packages are looked for beside the index: what was typed, what is configured and, where pip's own variable
    /// and files could lead to the network, the directories among these.
    fn find_links(&self, offline: bool, context: &Context) -> Result<Vec<OsString>> {
        refuse_empty("--find-links", &self.find_links, "mkvirtualenv --find-links DIR NAME")?;
        let mut all = [self.find_links.clone(), context.find_links()?].concat();
        if offline {
            let settings = context.pip_settings();
            let words = settings.value("find-links").unwrap_or_default().split_whitespace();
            all.extend(words.map(OsString::from).filter(|word| path_of(word).is_some()));
        }
        sources(all, context)
    }
}

/// The same places, directories absolute: these are there, and nobody else could have put a package into them.
pub(super) fn sources(mut places: Vec<OsString>, context: &Context) -> Result<Vec<OsString>> {
    let trust = context.trust()?;
    for place in &mut places {
        let Some(path) = path_of(place) else { continue };
        let path = context.path(&path)?;
        ensure!(
            path.exists(),
            "There is no {} to find packages in.\nhint: venvyard cache warm -r requirements.txt --wheels {}",
            shown(&path),
            typed(path.as_os_str())
        );
        if let Some(why) = trust.doubt_store(&path, &[]) {
            bail!(why);
        }
        *place = path.into();
    }
    Ok(places)
}

impl Wanted {
    /// Whether nothing is.
    pub(super) fn is_empty(&self) -> bool {
        self.requirements.is_empty() && self.packages.is_empty()
    }

    /// As it is typed.
    pub(super) fn typed(&self) -> String {
        let requirements = self.requirements.iter().map(|file| format!("-r {}", typed(file)));
        let packages = self.packages.iter().map(|package| format!("-i {}", typed(package)));
        requirements.chain(packages).collect::<Vec<_>>().join(" ")
    }

    /// The same from the index, its files absolute; they are there. An `example` is the line that has an option.
    pub(super) fn installs(&self, example: fn(&str) -> String, context: &Context) -> Result<Installs> {
        refuse_empty("-r", &self.requirements, &example("-r FILE"))?;
        refuse_empty("-i", &self.packages, &example("-i PACKAGE"))?;
        let mut requirements = Vec::new();
        for given in &self.requirements {
            let file = if is_url(given) { given.clone() } else { context.path(given)?.into_os_string() };
            if !is_url(given) && !Path::new(&file).is_file() {
                bail!("There is no requirements file {}.\nhint: ls *requirements*", shown(&file));
            }
            requirements.push(file);
        }
        // What is installed by a relative path is looked for from there.
        context.directory()?;
        let names_python = context.pip_settings().value("python").is_some();
        Ok(Installs { requirements, packages: self.packages.clone(), names_python, ..Installs::default() })
    }
}

/// An empty word, as an unset variable leaves it, would mean the working directory.
pub(super) fn refuse_empty(option: &str, words: &[OsString], example: &str) -> Result<()> {
    ensure!(!words.iter().any(|word| word.is_empty()), "The word after {option} is empty.\nhint: {example}");
    Ok(())
}
