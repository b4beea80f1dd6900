//! `virtualenvwrapper`: the commands there are, and where everything lies.

use std::path::Path;

use anyhow::Result;

use crate::context::Context;
use crate::plan::Plan;
use crate::venv::{Home, shown};

const MORE: &str = "\
Examples:
  virtualenvwrapper";

/// Show all commands, and where everything lies
#[derive(Debug, clap::Args)]
#[command(override_usage = "virtualenvwrapper", after_help = MORE)]
pub struct Args {}

const WHAT: &str = "
venvyard keeps Python environments in one directory and calls them by their names, with the
commands of virtualenvwrapper: one makes an environment, one goes to work in it, one removes
it, and hooks of yours run on the way.
";

impl Args {
    /// A report; what cannot be found out is told in its place.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "all commands are planned alike")]
    pub fn plan(self, context: &Context) -> Result<Plan> {
        let mut lines = vec![WHAT.to_owned()];
        lines.extend(places(context).into_iter().map(|(title, place)| format!("{title}: {place}")));
        lines.push("\nCommands available:\n".to_owned());
        lines.extend(commands().into_iter().map(|(name, about)| format!("  {name}: {about}")));
        Ok(Plan::report(lines.join("\n")))
    }
}

/// Where everything lies, each with its title.
fn places(context: &Context) -> Vec<(&'static str, String)> {
    let none = || "none".to_owned();
    let mut places = vec![("Version", env!("CARGO_PKG_VERSION").to_owned())];
    places.extend(context.script().map(|script| ("Script", shown(script))));
    places.extend([
        ("Program", shown(context.executable())),
        ("WORKON_HOME", told(context.home().and_then(|home| state(&home)))),
        ("PROJECT_HOME", told(context.project_home().map(|path| path.map_or_else(none, shown)))),
        ("Hooks", told(context.hooks().map(shown))),
        (
            "Python",
            told(context.pythons().and_then(|pythons| pythons.find(None)).map(|it| shown(it.executable))),
        ),
        ("Configuration", listed(&context.configuration_files())),
        ("Cache", context.cache().map_or_else(none, shown)),
    ]);
    places
}

/// The home, and whether it is there yet.
fn state(home: &Home) -> Result<String> {
    let path = shown(home.path());
    Ok(if home.exists()? { path } else { format!("{path} (made by the first mkvirtualenv)") })
}

fn listed(files: &[impl AsRef<Path>]) -> String {
    let there: Vec<String> =
        files.iter().map(AsRef::as_ref).filter(|file| file.exists()).map(shown).collect();
    if there.is_empty() { "none".to_owned() } else { there.join(", ") }
}

/// The fact, or in one line what is in its way.
fn told(fact: Result<String>) -> String {
    fact.unwrap_or_else(|error| {
        let error = format!("{error:#}");
        format!("? ({})", error.split("\nhint: ").next().unwrap_or_default())
    })
}

/// The name of every shell function, sorted, and what it does. The parser knows them, so that none can be missing.
fn commands() -> Vec<(String, String)> {
    let described = super::described();
    let about = |command: &clap::Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let functions = described.get_subcommands().filter(|command| super::is_function(command));
    let mut commands: Vec<_> =
        functions.map(|command| (command.get_name().to_owned(), about(command))).collect();
    commands.push(("deactivate".to_owned(), "Leave the active environment".to_owned()));
    commands.sort();
    commands
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Surroundings;
    use crate::plan::Answer;
    use std::fs;

    fn report(variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let executable = "/opt/bin/venvyard".into();
        let context = Context::new(Surroundings { variables, executable, ..Default::default() });
        match (Args {}.plan(&context).unwrap()).answer {
            Answer::Report(text) => text.into_string().unwrap(),
            Answer::Script(_) => panic!("a script"),
        }
    }

    #[test]
    fn every_function_is_told_with_what_it_does() {
        let text = report(&[]);
        assert!(text.ends_with("\n  workon: Activate an environment, or list them"), "{text}");
        assert!(text.contains("\n  deactivate: "), "{text}");
        assert!(!text.contains("  init: ") && !text.contains("  sweep: "), "{text}");
    }

    #[test]
    fn it_tells_where_everything_lies() {
        let text = report(&[
            ("HOME", "/nowhere/ann"),
            ("PROJECT_HOME", "~/src"),
            ("VIRTUALENVWRAPPER_SCRIPT", "/opt/virtualenvwrapper.sh"),
        ]);
        assert!(text.contains("\nScript: /opt/virtualenvwrapper.sh\nProgram: /opt/bin/venvyard\n"), "{text}");
        assert!(text.contains("\nWORKON_HOME: /nowhere/ann/.virtualenvs (made by the first"), "{text}");
        assert!(text.contains("\nPROJECT_HOME: /nowhere/ann/src\n"), "{text}");
    }

    #[test]
    fn what_is_unusable_is_told_in_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("venvyard/config.toml");
        fs::create_dir(directory.path().join("venvyard")).unwrap();
        fs::write(&config, "workon_home = [\n").unwrap();
        let text = report(&[("HOME", "/h"), ("XDG_CONFIG_HOME", directory.path().to_str().unwrap())]);
        let config = config.display();
        assert!(text.contains(&format!("\nWORKON_HOME: ? ({config}:")), "{text}");
        assert!(text.contains(&format!("\nConfiguration: {config}\n")), "{text}");
        assert!(report(&[]).contains("\nWORKON_HOME: ? (HOME is not set, nor is WORKON_HOME.)\n"));
        let text = report(&[("HOME", "/h"), ("WORKON_HOME", "/etc/passwd")]);
        assert!(text.contains("\nWORKON_HOME: ? (WORKON_HOME /etc/passwd is a file"), "{text}");
    }
}
