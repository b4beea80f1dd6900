//! What is made from the parser is fresh: the man page, and that every command's help is worth reading.

use std::fs;

use crate::support::{Sandbox, project, told};

/// The man page as the parser describes the program.
fn man_page() -> String {
    let description = venvyard::description();
    let man = clap_mangen::Man::new(description.clone());
    let mut page = Vec::new();
    man.render_title(&mut page).expect("rendered");
    man.render_name_section(&mut page).expect("rendered");
    man.render_synopsis_section(&mut page).expect("rendered");
    man.render_options_section(&mut page).expect("rendered");
    man.render_extra_section(&mut page).expect("rendered");
    for command in description.get_subcommands().filter(|command| !command.is_hide_set()) {
        let man = clap_mangen::Man::new(command.clone());
        page.extend_from_slice(format!(".SH COMMAND {}\n", command.get_name().to_uppercase()).as_bytes());
        man.render_synopsis_section(&mut page).expect("rendered");
        man.render_description_section(&mut page).expect("rendered");
        man.render_options_section(&mut page).expect("rendered");
        man.render_extra_section(&mut page).expect("rendered");
    }
    String::from_utf8(page).expect("UTF-8")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test that can mend what it finds")]
fn the_man_page_is_fresh() {
    let path = project().join("docs/venvyard.1");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, man_page()).expect("written");
    }
    let page = fs::read_to_string(&path).expect("docs/venvyard.1");
    assert!(page == man_page(), "docs/venvyard.1 is old: UPDATE=1 cargo test the_man_page_is_fresh");
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
