//! What is made from the parser is fresh: the man pages, and that every command's help is worth reading.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{Sandbox, project, told};

/// The man pages by the names of their files: the program's, and one for each shell function.
fn man_pages() -> BTreeMap<String, String> {
    let description = venvyard::description();
    let functions = description.get_subcommands().filter(|command| {
        !command.is_hide_set() && !["cache", "init", "setup"].contains(&command.get_name())
    });
    let pages = functions.map(|command| (command.get_name(), function_page(command.clone())));
    let all = pages.chain([("venvyard", program_page(&description))]);
    all.map(|(name, page)| (format!("{name}.1"), page)).collect()
}

fn function_page(command: clap::Command) -> String {
    let name = command.get_name().to_owned();
    let source = concat!("venvyard ", env!("CARGO_PKG_VERSION"));
    let command = command.bin_name(&name).display_name(&name);
    let man = clap_mangen::Man::new(command).title(&name).source(source);
    let mut page = Vec::new();
    man.render_title(&mut page).expect("rendered");
    man.render_name_section(&mut page).expect("rendered");
    man.render_synopsis_section(&mut page).expect("rendered");
    man.render_options_section(&mut page).expect("rendered");
    man.render_extra_section(&mut page).expect("rendered");
    page.extend_from_slice(b".SH SEE ALSO\n\\fBvenvyard\\fR(1)\n");
    String::from_utf8(page).expect("UTF-8")
}

/// The man page of the program, in which all commands are.
fn program_page(description: &clap::Command) -> String {
    let man = clap_mangen::Man::new(description.clone());
    let mut page = Vec::new();
    man.render_title(&mut page).expect("rendered");
    man.render_name_section(&mut page).expect("rendered");
    man.render_synopsis_section(&mut page).expect("rendered");
    man.render_options_section(&mut page).expect("rendered");
    man.render_extra_section(&mut page).expect("rendered");
    let commands = description.get_subcommands().filter(|command| !command.is_hide_set());
    for command in commands.flat_map(|command| std::iter::once(command).chain(command.get_subcommands())) {
        let man = clap_mangen::Man::new(command.clone());
        let name = command.get_bin_name().and_then(|name| name.strip_prefix("venvyard "));
        page.extend_from_slice(format!(".SH COMMAND {}\n", name.expect("a name").to_uppercase()).as_bytes());
        man.render_synopsis_section(&mut page).expect("rendered");
        man.render_description_section(&mut page).expect("rendered");
        man.render_options_section(&mut page).expect("rendered");
        man.render_extra_section(&mut page).expect("rendered");
    }
    String::from_utf8(page).expect("UTF-8")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test that can mend what it finds")]
fn the_man_page_is_fresh_and_so_is_that_of_each_function() {
    let directory = project().join("docs/man");
    let pages = man_pages();
    let there = || fs::read_dir(&directory).expect("docs/man").map(|entry| entry.expect("an entry").path());
    if std::env::var_os("UPDATE").is_some() {
        there().for_each(|old| fs::remove_file(old).expect("removed"));
        for (name, page) in &pages {
            fs::write(directory.join(name), page).expect("written");
        }
    }
    let name = |path: &std::path::Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let text = |path: &std::path::Path| fs::read_to_string(path).expect("readable");
    let there: BTreeMap<String, String> = there().map(|path| (name(&path), text(&path))).collect();
    assert!(there == pages, "docs/man is old: UPDATE=1 cargo test the_man_page_is_fresh");
}

#[test]
fn every_command_tells_what_it_is_for_and_shows_an_example() {
    let sandbox = Sandbox::new();
    for command in venvyard::description().get_subcommands().filter(|command| !command.is_hide_set()) {
        let output = sandbox.venvyard(&[command.get_name(), "--help"]);
        let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
        assert!(text.contains("Usage:"), "{}", told(&output));
        assert!(
            text.contains(&format!("venvyard {}", command.get_name())) || text.contains("Examples"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.chars().count() <= 120), "a line is too long:\n{text}");
        assert_eq!(output.stderr, b"");
    }
}
