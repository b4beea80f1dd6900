//! What was typed of a command, as its description takes it, and what that description alone offers.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Candidate, Offer};

/// Options of every command, but of those that hand theirs on: names, and what they are for.
const GENERAL: [(&str, &str); 2] =
    [("--dry-run", "Show what would be done, and do nothing"), ("--help", "Print help")];

/// What was typed, as the parser would take it.
#[derive(Debug, Default)]
pub(crate) struct Typed<'a> {
    /// Options that are there.
    pub given: Vec<&'a clap::Id>,
    /// Words that are none.
    pub words: Vec<&'a OsStr>,
    /// Where the first of these stands in the line.
    pub first: usize,
    /// An option whose value is the next word.
    pub open: Option<&'a clap::Arg>,
    /// Whether no option can follow, after `--` or the command that ours runs.
    pub is_literal: bool,
}

impl<'a> Typed<'a> {
    /// Takes in a whole word.
    pub(crate) fn take(&mut self, command: &'a clap::Command, position: usize, word: &'a OsStr) {
        if self.open.take().is_some() {
            return;
        }
        match word.as_bytes() {
            b"--" if !self.is_literal => self.is_literal = true,
            [b'-', _, ..] if !self.is_literal => {
                let (given, open) = read(command, word.as_bytes());
                self.given.extend(given.iter().map(|argument| argument.get_id()));
                self.open = open
                    .filter(|(_, joined)| *joined == word.len() && !word.as_bytes().ends_with(b"="))
                    .map(|(argument, _)| argument);
            }
            _ => {
                if self.words.is_empty() {
                    self.first = position;
                }
                self.words.push(word);
                self.is_literal |= hands_on(command);
            }
        }
    }

    /// The argument that the word at the cursor belongs to, and how much of that word is the option before its value.
    pub(crate) fn argument(
        &self,
        command: &'a clap::Command,
        current: &[u8],
    ) -> (Option<&'a clap::Arg>, usize) {
        if let Some(argument) = self.open {
            return (Some(argument), 0);
        }
        if current.starts_with(b"-") && !self.is_literal {
            let joined = read(command, current)
                .1
                .filter(|(_, joined)| *joined < current.len() || current.ends_with(b"="));
            return joined.map_or((None, 0), |(argument, joined)| (Some(argument), joined));
        }
        let positionals: Vec<&clap::Arg> = command.get_positionals().collect();
        let is_many = |argument: &&&clap::Arg| matches!(argument.get_action(), clap::ArgAction::Append);
        let argument = positionals.get(self.words.len()).or_else(|| positionals.last().filter(is_many));
        (argument.copied(), 0)
    }

    // --- What the description alone offers ----------------------------------------------------------

    /// The commands below `command`, or its own options.
    pub(crate) fn commands(&self, command: &clap::Command, current: &[u8]) -> Offer {
        let mut offer = self.options(command, current);
        if !current.starts_with(b"-") {
            let seen = command.get_subcommands().filter(|command| !command.is_hide_set());
            let about =
                |command: &clap::Command| command.get_about().map(ToString::to_string).unwrap_or_default();
            let seen =
                seen.map(|command| Candidate { word: command.get_name().into(), about: about(command) });
            offer = Offer { kind: "command", candidates: seen.collect(), ..Offer::default() };
        }
        offer
    }

    /// The options of a command that are not given yet, or may be given again.
    pub(crate) fn options(&self, command: &clap::Command, current: &[u8]) -> Offer {
        let mut candidates = Vec::new();
        for argument in
            command.get_arguments().filter(|argument| !argument.is_positional() && !argument.is_hide_set())
        {
            let may_repeat = matches!(argument.get_action(), clap::ArgAction::Append);
            if self.given.contains(&argument.get_id()) && !may_repeat {
                continue;
            }
            let about = argument.get_help().map(ToString::to_string).unwrap_or_default();
            let long = argument.get_long_and_visible_aliases().unwrap_or_default();
            let short = argument.get_short().map(|letter| format!("-{letter}"));
            let short = short.filter(|short| long.is_empty() || short.as_bytes() == current);
            let names = long.iter().map(|long| format!("--{long}")).chain(short);
            candidates.extend(names.map(|name| option((&name, &about))));
        }
        let is_known = |name: &str| candidates.iter().any(|candidate| candidate.word == name);
        let general = GENERAL.into_iter().filter(|(name, _)| !is_known(name));
        let general: Vec<_> =
            general.filter(|(name, _)| *name == "--help" || !hands_on(command)).map(option).collect();
        candidates.extend(general);
        candidates.extend(command.get_version().map(|_| option(("--version", "Print version"))));
        Offer { kind: "option", candidates, ..Offer::default() }
    }

    /// The values that the parser knows an argument by, but for those that are typed already.
    pub(crate) fn values(&self, argument: &clap::Arg) -> Offer {
        let values = argument.get_possible_values();
        let left = values
            .iter()
            .map(clap::builder::PossibleValue::get_name)
            .filter(|name| !self.words.iter().any(|word| word == name));
        Offer { kind: "value", candidates: left.map(Candidate::bare).collect(), ..Offer::default() }
    }
}

fn option((name, about): (&str, &str)) -> Candidate {
    Candidate { word: name.into(), about: about.to_owned() }
}

/// Whether what follows the first word that is no option belongs to another command.
fn hands_on(command: &clap::Command) -> bool {
    command.get_positionals().any(clap::Arg::is_trailing_var_arg_set)
}

/// The options that a word spells, and the last of them if it takes a value: where in the word that begins.
fn read<'a>(command: &'a clap::Command, word: &[u8]) -> (Vec<&'a clap::Arg>, Option<(&'a clap::Arg, usize)>) {
    let takes_value = |argument: &clap::Arg| argument.get_action().takes_values();
    if let Some(long) = word.strip_prefix(b"--") {
        let name = long.split(|&byte| byte == b'=').next().unwrap_or_default();
        let is_called = |argument: &&clap::Arg| {
            let all = argument.get_long_and_visible_aliases().unwrap_or_default();
            all.iter().any(|other| other.as_bytes() == name)
        };
        let argument = command.get_arguments().find(is_called);
        let value = (2 + name.len() + 1).min(word.len());
        return (argument.into_iter().collect(), argument.filter(|it| takes_value(it)).map(|it| (it, value)));
    }
    let mut given = Vec::new();
    for (position, &letter) in word.iter().enumerate().skip(1) {
        let is_called = |argument: &&clap::Arg| argument.get_short() == Some(char::from(letter));
        let Some(argument) = command.get_arguments().find(is_called) else { break };
        given.push(argument);
        if takes_value(argument) {
            return (given, Some((argument, position + 1)));
        }
    }
    (given, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction};

    /// What is known of `line` at its end, whose last word is at the cursor.
    fn told(line: &str) -> String {
        let command = clap::Command::default()
            .arg(Arg::new("python").short('p').long("python"))
            .arg(Arg::new("quiet").short('q').long("quiet").action(ArgAction::SetTrue))
            .arg(Arg::new("name"))
            .arg(Arg::new("more").action(ArgAction::Append));
        let words: Vec<&str> = line.split(' ').collect();
        let (current, before) = words.split_last().unwrap();
        let mut typed = Typed::default();
        for (position, word) in before.iter().enumerate() {
            typed.take(&command, position, OsStr::new(word));
        }
        let (argument, joined) = typed.argument(&command, current.as_bytes());
        format!("{:?} {:?} {joined}", typed.given, argument.map(|argument| argument.get_id().as_str()))
    }

    #[test]
    fn a_value_belongs_to_its_option_and_a_word_to_its_place() {
        for (line, expected) in [
            ("", r#"[] Some("name") 0"#),
            ("blog ", r#"[] Some("more") 0"#),
            ("blog a b", r#"[] Some("more") 0"#),
            ("-p ", r#"["python"] Some("python") 0"#),
            ("-p 3 ", r#"["python"] Some("name") 0"#),
            ("-p3 ", r#"["python"] Some("name") 0"#),
            ("--python= ", r#"["python"] Some("name") 0"#),
            ("--python=3", r#"[] Some("python") 9"#),
            ("--python=", r#"[] Some("python") 9"#),
            ("--python", "[] None 0"),
            ("-p3", r#"[] Some("python") 2"#),
            ("-qp3", r#"[] Some("python") 3"#),
            ("-q -", r#"["quiet"] None 0"#),
            ("-qp ", r#"["quiet", "python"] Some("python") 0"#),
            ("-- -p", r#"[] Some("name") 0"#),
            ("- -x ", r#"[] Some("more") 0"#),
        ] {
            assert_eq!(told(line), expected, "{line}");
        }
    }
}
