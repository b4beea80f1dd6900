//! Projects: what their templates have of the shell.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{Sandbox, posix_shells, told};

#[test]
fn a_template_has_the_functions_that_bash_exports() {
    for shell in posix_shells().into_iter().filter(|shell| shell.dialect == "bash") {
        let sandbox = Sandbox::new();
        let template = sandbox.workon_home().join("templates/greeting");
        fs::create_dir_all(template.parent().expect("a directory")).expect("made");
        fs::create_dir(sandbox.home().join("src")).expect("made");
        // An export of bash 3.2 only another one reads.
        let text = format!("#!/usr/bin/env {}\ngreet \"$1\"\n", shell.words[0]);
        fs::write(&template, text).expect("written");
        fs::set_permissions(&template, fs::Permissions::from_mode(0o755)).expect("set");
        let script = "greet() { echo \"hello $1\"; }\nexport -f greet\nexport PROJECT_HOME=$HOME/src\n\
                      mkproject --without-pip -t greeting blog";
        let output = sandbox.run(shell, script);
        let is_greeted = output.stdout.ends_with(b"hello blog\n");
        assert!(output.status.success() && is_greeted, "{}: {}", shell.name, told(&output));
    }
}
