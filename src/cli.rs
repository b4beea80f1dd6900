//! What may be typed.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::mem;
use std::os::unix::ffi::OsStrExt;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

use crate::commands::{self, Command};

/// What was asked for.
#[derive(Debug)]
pub enum Request {
    /// A command to be carried out, or only described.
    Do {
        /// The command.
        command: Command,
        /// Whether to print the plan and change nothing.
        dry_run: bool,
    },
    /// A text that answers itself (`--help`, `--version`), and the status with it.
    Read {
        /// What to print.
        text: String,
        /// The command that it is about; nothing if it is about all.
        about: String,
        /// What to return.
        status: u8,
    },
}

/// What was typed and is none of our commands, or not as one of them wants it.
#[derive(Debug)]
pub struct Misuse {
    error: clap::Error,
    /// The words, of which the first may be a command.
    words: Vec<OsString>,
}

impl Misuse {
    /// What is wrong, the usage, and what to type for help: to a function if `is_function_call`, else to the program.
    pub fn told(&self, is_function_call: bool) -> String {
        if self.error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            return self.error.to_string();
        }
        let said = self.error.to_string().replacen("error:", "ERROR:", 1);
        let said = said.rsplit_once("\n\nFor more information").map_or(said.as_str(), |(said, _)| said);
        format!("{}\n\nhint: {} --help", said.trim_end(), self.command(is_function_call))
    }

    /// What was asked for, as far as it is known: the program, a command of it, a command of that.
    fn command(&self, is_function_call: bool) -> String {
        let mut words = self.words.iter();
        let known = words.next().and_then(|word| commands::described_one(word));
        let mut known = known.as_ref();
        let to_function = is_function_call && known.is_some_and(commands::is_function);
        let mut names = Vec::from_iter((!to_function).then_some("venvyard"));
        while let Some(command) = known {
            names.push(command.get_name());
            known = words.next().and_then(|word| command.find_subcommand(word));
        }
        names.join(" ")
    }
}

const MORE: &str = "\
To load the shell functions, let `venvyard setup` write the line, or put it into your rc file:
  eval \"$(venvyard init bash)\"

Then:
  mkvirtualenv blog
  workon blog
  deactivate
  rmvirtualenv blog";

#[derive(Debug, Parser)]
#[command(
    name = "venvyard",
    version,
    about = "Python environments by name: virtualenvwrapper's commands, quick and safe",
    after_help = MORE,
    disable_help_subcommand = true,
    args_override_self = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Show what would be done, and do nothing
    #[arg(long, global = true)]
    dry_run: bool,
}

/// The parser's own description, for the man page and the tests that hold it against the shims.
pub fn description() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

/// The commands that make an environment with a creator, whose options they take too.
const CREATING: [&str; 3] = ["mkvirtualenv", "mkproject", "mktmpenv"];

/// Understands `arguments`, of which the first is the program's name; `creation_options` stand before
/// those of `mkvirtualenv` and its likes.
///
/// # Errors
/// What was typed is none of our commands; the error says so and shows the usage.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    creation_options: impl FnOnce() -> Vec<OsString>,
) -> Result<Request, Misuse> {
    let mut words: Vec<OsString> = arguments.into_iter().collect();
    // Our one option may stand before the command.
    let position = words.iter().skip(1).take_while(|word| *word == "--dry-run").count() + 1;
    let about = words.get(position).map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    if CREATING.contains(&about.as_str()) {
        let typed = words.split_off(position + 1);
        words.extend(sorted(&about, creation_options().into_iter().chain(typed)));
    }
    let about_words = words[position.min(words.len())..].to_vec();
    match parsed(words, &about) {
        Ok(Cli { command, dry_run }) => Ok(Request::Do { command, dry_run }),
        Err(text) if matches!(text.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // `lsvirtualenv -h` has always returned 1.
            let status = u8::from(about == "lsvirtualenv");
            Ok(Request::Read { text: text.to_string(), about, status })
        }
        Err(error) => Err(Misuse { error, words: about_words }),
    }
}

/// The words as the parser has them, of which `about` may be the command.
fn parsed(words: Vec<OsString>, about: &str) -> Result<Cli, clap::Error> {
    let mut cli = Cli::command();
    // What each command is for stands in the help of all, and is not known before it is built.
    if cli.find_subcommand(about).is_none() {
        cli.build();
    }
    let mut matches = cli.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut cli))
}

/// The words of a `command` that creates as the parser wants them. The last word that is no option names the
/// environment, if the command takes a name; every other word that we do not know is the creator's, in the order
/// typed.
fn sorted(command: &str, words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut cli = Cli::command();
    let ours = cli.find_subcommand_mut(command).map(mem::take).expect("it is one of our commands");
    let mut ours = ours.args(cli.get_arguments());
    ours.build();
    let (mut known, mut foreign, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let mut words: VecDeque<OsString> = words.collect();
    while let Some(word) = words.pop_front() {
        let bytes = word.as_bytes();
        if bytes == b"--" {
            names.extend(words.iter().cloned());
            foreign.extend(words.drain(..));
        } else if bytes.len() < 2 || bytes[0] != b'-' {
            // Its place among the foreign words is kept until we know which is the name.
            names.push(word.clone());
            foreign.push(word);
        } else if let Some(option) = option(&ours, &word) {
            let whole = bytes.contains(&b'=') || (bytes[1] != b'-' && bytes.len() > 2);
            let value = option.get_action().takes_values() && !whole;
            known.push(word);
            known.extend(if value { words.pop_front() } else { None });
        } else {
            foreign.push(word);
        }
    }
    let takes_name = ours.get_positionals().next().is_some();
    let name = names.pop().filter(|_| takes_name);
    if let Some(name) = &name
        && let Some(position) = foreign.iter().rposition(|word| word == name)
    {
        foreign.remove(position);
    }
    let foreign = foreign.into_iter().map(|word| {
        let mut option = OsString::from("--creator-option=");
        option.push(word);
        option
    });
    known.extend(foreign);
    known.extend(name.map(|name| [OsString::from("--"), name]).into_iter().flatten());
    known
}

/// The option of `command` that `word` spells, with or without a value joined to it.
fn option<'a>(command: &'a clap::Command, word: &OsStr) -> Option<&'a clap::Arg> {
    let word = word.to_string_lossy();
    command.get_arguments().find(|argument| match word.strip_prefix("--") {
        Some(long) => {
            let long = long.split_once('=').map_or(long, |(long, _)| long);
            argument.get_long_and_visible_aliases().is_some_and(|all| all.contains(&long))
        }
        None => argument.get_short().is_some_and(|short| word[1..].starts_with(short)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted_words(line: &str) -> String {
        sorted_for("mkvirtualenv", line)
    }

    fn sorted_for(command: &str, line: &str) -> String {
        let words = sorted(command, line.split(' ').map(OsString::from));
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn options_may_stand_before_or_after_the_name() {
        assert_eq!(sorted_words("-p 3.12 blog"), "-p 3.12 -- blog");
        assert_eq!(sorted_words("blog --python=3.12 -i x -iy"), "--python=3.12 -i x -iy -- blog");
        assert_eq!(sorted_words("--dry-run blog --always-copy"), "--dry-run --always-copy -- blog");
    }

    #[test]
    fn what_we_do_not_know_is_the_creators() {
        assert_eq!(sorted_words("--distribute blog"), "--creator-option=--distribute -- blog");
        assert_eq!(
            sorted_words("--seeder pip blog -r x"),
            "-r x --creator-option=--seeder --creator-option=pip -- blog"
        );
    }

    #[test]
    fn a_name_is_not_required_to_sort() {
        assert_eq!(sorted_words("--help"), "--help");
        assert_eq!(sorted_words("-- -x"), "-- -x");
    }

    #[test]
    fn its_likes_are_sorted_alike() {
        assert_eq!(
            sorted_for("mkproject", "blog -tdjango --distribute -f"),
            "-tdjango -f --creator-option=--distribute -- blog"
        );
        assert_eq!(
            sorted_for("mktmpenv", "-n --seeder pip -i x"),
            "-n -i x --creator-option=--seeder --creator-option=pip"
        );
    }

    #[test]
    fn no_word_is_dropped() {
        assert_eq!(sorted_words("my blog"), "--creator-option=my -- blog");
        assert_eq!(sorted_words("-- my blog"), "--creator-option=my -- blog");
    }

    #[test]
    fn a_dry_run_may_be_asked_for_before_the_command() {
        let words = ["venvyard", "--dry-run", "mkvirtualenv", "--distribute", "blog"];
        let request = parse(words.map(OsString::from), Vec::new).unwrap();
        assert!(matches!(request, Request::Do { dry_run: true, command: Command::Mkvirtualenv(_) }));
    }

    #[test]
    fn misuse_hints_at_the_help_of_what_was_typed() {
        let told = |line: &str, is_function_call| {
            let words = ["venvyard"].into_iter().chain(line.split(' ')).map(OsString::from);
            parse(words, Vec::new).unwrap_err().told(is_function_call)
        };
        for (line, is_function_call, help) in [
            ("workon a b", true, "workon"),
            ("workon a b", false, "venvyard workon"),
            ("cache warm --bogus", true, "venvyard cache warm"),
            ("cache nothing", true, "venvyard cache"),
            ("--dry-run workon a b", true, "workon"),
            ("nothing", true, "venvyard"),
        ] {
            let told = told(line, is_function_call);
            assert!(told.starts_with("ERROR: "), "{told}");
            assert!(told.ends_with(&format!("\n\nhint: {help} --help")), "{told}");
        }
        let words = ["venvyard", "workon", "--b\nFor more information, x"].map(OsString::from);
        let told = parse(words, Vec::new).unwrap_err().told(true);
        assert!(told.contains("'--b\nFor more information, x'"), "{told}");
    }

    #[test]
    fn the_description_is_sound() {
        Cli::command().debug_assert();
    }
}
