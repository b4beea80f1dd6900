//! `toggleglobalsitepackages`: let the active environment see the packages of its interpreter, or no longer.

use std::fs;

use anyhow::{Result, anyhow};

use crate::context::Context;
use crate::plan::{Effect, Plan};
use crate::shell::quote::typed;
use crate::venv::shown;

const MORE: &str = "\
What it says now is include-system-site-packages in pyvenv.cfg.

Examples:
  toggleglobalsitepackages
  toggleglobalsitepackages -q";

/// Let the active environment see the global packages, or no longer
#[derive(Debug, clap::Args)]
#[command(override_usage = "toggleglobalsitepackages [-q]", after_help = MORE)]
pub struct Args {
    /// Do not say what it is now
    #[arg(short, long)]
    quiet: bool,
}

/// The setting in pyvenv.cfg.
const KEY: &str = "include-system-site-packages";

impl Args {
    /// The settings with the other value, and a report of it.
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let venv = context.require_active()?;
        let path = venv.settings_file();
        let text = fs::read_to_string(&path).map_err(|error| {
            let (path, name) = (shown(&path), typed(venv.root().file_name().unwrap_or_default()));
            anyhow!(
                "cannot read {path}: {error}\nhint: mkvirtualenv --clear {name}  # makes it anew, without its packages"
            )
        })?;
        let enabled = !sees_global(&text);
        let report = match (self.quiet, enabled) {
            (true, _) => "",
            (false, true) => "Enabled global site-packages",
            (false, false) => "Disabled global site-packages",
        };
        let contents = with_global(&text, enabled).into_bytes();
        Ok(Plan::report(report).after(vec![Effect::Write { path, contents }]))
    }
}

/// Whether a line sets [`KEY`], as Python reads it.
fn is_setting(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, _)| key.trim().eq_ignore_ascii_case(KEY))
}

/// Whether Python would see the global packages: the last line counts, and where there is none it does.
fn sees_global(settings: &str) -> bool {
    let mut values = settings.lines().filter(|line| is_setting(line)).filter_map(|line| line.split_once('='));
    values.next_back().is_none_or(|(_, value)| value.trim().eq_ignore_ascii_case("true"))
}

/// The settings with that value, and all else as it was.
fn with_global(settings: &str, value: bool) -> String {
    let word = if value { "true" } else { "false" };
    let mut text = String::with_capacity(settings.len() + 50);
    for line in settings.split_inclusive('\n') {
        match line.split_once('=') {
            Some((key, old)) if is_setting(line) => {
                let end = &old[old.trim_end().len()..];
                text.extend([key, "= ", word, end]);
            }
            _ => text.push_str(line),
        }
    }
    if !settings.lines().any(is_setting) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.extend([KEY, " = ", word, "\n"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;

    fn toggled(settings: &str) -> (bool, String) {
        (sees_global(settings), with_global(settings, !sees_global(settings)))
    }

    #[test]
    fn all_other_lines_stay_as_they_are() {
        let (before, after) = ("home = /usr/bin\n", "version = 3.11.2\r\nprompt = a = b");
        let with = |line: &str| format!("{before}{line}{after}");
        assert_eq!(
            toggled(&with("include-system-site-packages = false\n")),
            (false, with("include-system-site-packages = true\n"))
        );
        assert_eq!(
            toggled(&with("Include-System-Site-Packages=TRUE \r\n")),
            (true, with("Include-System-Site-Packages= false \r\n"))
        );
    }

    #[test]
    fn python_sees_them_where_nothing_is_said() {
        assert_eq!(toggled("home = /usr/bin"), (true, format!("home = /usr/bin\n{KEY} = false\n")));
        assert_eq!(toggled(""), (true, format!("{KEY} = false\n")));
    }

    #[test]
    fn of_two_lines_the_last_one_counts() {
        let (sees, text) = toggled(&format!("{KEY} = true\n{KEY} = false"));
        assert_eq!((sees, text), (false, format!("{KEY} = true\n{KEY} = true")));
    }

    #[test]
    fn what_it_is_now_is_told_unless_asked_not_to() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("pyvenv.cfg");
        let plan = |quiet| {
            let variables = [("VIRTUAL_ENV".into(), root.path().into())].into();
            Args { quiet }.plan(&Context::new(Surroundings { variables, ..Default::default() }))
        };
        assert!(format!("{:#}", plan(false).unwrap_err()).starts_with("cannot read "));
        fs::write(&path, format!("{KEY} = false\n")).unwrap();
        assert_eq!(plan(false).unwrap().answer, Plan::report("Enabled global site-packages").answer);
        let contents = format!("{KEY} = true\n").into_bytes();
        assert_eq!(plan(true).unwrap(), Plan::report("").after(vec![Effect::Write { path, contents }]));
    }
}
