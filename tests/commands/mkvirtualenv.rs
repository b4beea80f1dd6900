//! `mkvirtualenv` as a black box, with real interpreters and without pip.

use super::{asked, assert_refused, text, tree};
use crate::support::{Sandbox, told};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn an_environment_is_whole_and_names_its_own_place() {
    let sandbox = Sandbox::new();
    let output = asked(&sandbox, &["mkvirtualenv", "my env", "--without-pip", "--prompt", "hello"], &[]);
    assert!(output.status.success(), "{}", told(&output));
    let root = sandbox.workon_home().join("my env");
    for entry in fs::read_dir(root.join("bin")).unwrap().flatten() {
        let shown = entry.path();
        if !shown.is_symlink() && shown.is_file() {
            let text = text(&fs::read(&shown).unwrap());
            assert!(!text.contains(".partial-"), "{} names the nest", shown.display());
        }
    }
    let config = fs::read_to_string(root.join("pyvenv.cfg")).unwrap();
    assert!(!config.contains(".partial-") && config.contains("hello"), "{config}");
    let python = sandbox
        .command(root.join("bin/python"))
        .args(["-c", "import sys; print(sys.prefix)"])
        .output()
        .unwrap();
    assert_eq!(text(&python.stdout).trim_end(), root.to_str().unwrap());
    let names: Vec<_> =
        fs::read_dir(sandbox.workon_home()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["my env"]);
}

#[test]
fn local_hooks_wait_to_be_filled_in() {
    let sandbox = Sandbox::new();
    asked(&sandbox, &["mkvirtualenv", "blog", "--without-pip"], &[]);
    let mode = |file: &str| {
        fs::metadata(sandbox.workon_home().join("blog/bin").join(file)).unwrap().permissions().mode() & 0o777
    };
    for (file, expected) in [
        ("preactivate", 0o755),
        ("postactivate", 0o644),
        ("predeactivate", 0o644),
        ("postdeactivate", 0o644),
        ("get_env_details", 0o755),
    ] {
        assert_eq!(mode(file), expected, "{file}");
    }
}

#[test]
fn bad_input_is_one_error_and_nothing_changes() {
    let sandbox = Sandbox::new();
    sandbox.hollow("old");
    fs::create_dir(sandbox.workon_home().join("papers")).unwrap();
    std::os::unix::fs::symlink("old", sandbox.workon_home().join("link")).unwrap();
    let before = tree(&sandbox);
    for (line, says) in [
        (vec!["old"], "exists already"),
        (vec!["papers"], "is not an environment"),
        (vec!["link", "--clear"], "is a link"),
        (vec!["$(id)"], "cannot hold '$'"),
        (vec!["a:b"], "cannot hold ':'"),
        (vec!["a\nb"], "cannot hold '\\n'"),
        (vec!["--", "-x"], "cannot start with '-'"),
        (vec!["../x"], "is not a name"),
        (vec![""], "is not a name"),
        (vec!["postactivate"], "is the name of a hook"),
        (vec!["new", "-p", "python9.9"], "There is no interpreter 'python9.9'"),
        (vec!["new", "-p", "/nowhere/python"], "There is no interpreter '/nowhere/python'"),
        (vec!["new", "-p", "/bin/true"], "is not a Python interpreter"),
        (vec!["new", "-a", "nowhere"], "Cannot associate project with nowhere, it is not a directory"),
        (vec!["new", "-a", ""], "The word after -a is empty"),
        (vec!["my", "new"], "'my' is not understood"),
        (vec!["new", "-r", "nowhere.txt"], "There is no requirements file"),
        (vec!["new", "--without-pip", "-i", "six"], "-i and -r need pip"),
    ] {
        let output = asked(&sandbox, &[&["mkvirtualenv"], line.as_slice()].concat(), &[]);
        assert_refused(&output, says);
        assert_eq!(tree(&sandbox), before, "{line:?}");
    }
}

#[test]
fn what_the_creator_does_not_understand_leaves_nothing() {
    let sandbox = Sandbox::new();
    let output = asked(&sandbox, &["mkvirtualenv", "blog", "--without-pip", "--frobnicate"], &[]);
    assert_refused(&output, "does not take these options: --without-pip --frobnicate");
    assert!(text(&output.stderr).contains("unrecognized arguments: --frobnicate"), "{}", told(&output));
    assert_eq!(fs::read_dir(sandbox.workon_home()).unwrap().count(), 0);
}

#[test]
fn clear_replaces_the_whole_environment() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    fs::write(root.join("mine"), "").unwrap();
    let output = asked(&sandbox, &["mkvirtualenv", "--clear", "blog", "--without-pip"], &[]);
    assert!(output.status.success(), "{}", told(&output));
    assert!(!root.join("mine").exists() && root.join("bin/python3").exists());
    assert_eq!(fs::read_dir(sandbox.workon_home()).unwrap().count(), 1);
}

#[test]
fn the_active_environment_is_not_replaced() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    let before = tree(&sandbox);
    let variables = [("VIRTUAL_ENV", root.to_str().unwrap())];
    let output = asked(&sandbox, &["mkvirtualenv", "--clear", "blog", "--without-pip"], &variables);
    assert_refused(&output, "Environment 'blog' is active.\nhint: deactivate");
    assert_eq!(tree(&sandbox), before);
}

#[test]
fn another_creator_is_run_as_it_is_and_its_output_reaches_the_user() {
    let sandbox = Sandbox::new();
    let creator = sandbox.home().join("creator");
    fs::write(
        &creator,
        "#!/bin/sh\necho \"options: $*\"\nfor name; do :; done\nmkdir -p \"$name/bin\"\n\
         echo \"VIRTUAL_ENV='$(pwd)/$name'\" >\"$name/bin/activate\"\n",
    )
    .unwrap();
    fs::set_permissions(&creator, fs::Permissions::from_mode(0o755)).unwrap();
    let variables = [
        ("VIRTUALENVWRAPPER_VIRTUALENV", creator.to_str().unwrap()),
        ("VIRTUALENVWRAPPER_VIRTUALENV_ARGS", "--no-download  -q"),
    ];
    let line = ["mkvirtualenv", "--distribute", "blog", "-p", "3.9", "--system-site-packages"];
    let output = asked(&sandbox, &line, &variables);
    assert!(output.status.success(), "{}", told(&output));
    let said = "options: --no-download -q --python=3.9 --system-site-packages --distribute blog\n";
    assert!(text(&output.stderr).contains(said), "{}", told(&output));
    let activate = fs::read_to_string(sandbox.workon_home().join("blog/bin/activate")).unwrap();
    assert_eq!(activate, format!("VIRTUAL_ENV='{}'\n", sandbox.workon_home().join("blog").display()));
}

#[test]
fn a_missing_creator_is_named() {
    let variables = [("VIRTUALENVWRAPPER_VIRTUALENV", "no-such-virtualenv")];
    let output = asked(&Sandbox::new(), &["mkvirtualenv", "blog"], &variables);
    assert_refused(&output, "virtualenvwrapper could not find no-such-virtualenv in your path");
}

#[test]
fn nonsense_as_the_preferred_interpreter_is_ignored() {
    let variables = [("VIRTUALENVWRAPPER_PYTHON", ":")];
    let sandbox = Sandbox::new();
    let output = asked(&sandbox, &["mkvirtualenv", "blog", "--without-pip"], &variables);
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn options_in_the_environment_count_for_the_interpreters_own_venv_too() {
    let sandbox = Sandbox::new();
    let variables = [("VIRTUALENVWRAPPER_VIRTUALENV_ARGS", "--system-site-packages --without-pip")];
    let output = asked(&sandbox, &["mkvirtualenv", "blog"], &variables);
    assert!(output.status.success(), "{}", told(&output));
    let config = fs::read_to_string(sandbox.workon_home().join("blog/pyvenv.cfg")).unwrap();
    assert!(config.contains("include-system-site-packages = true"), "{config}");
    assert!(!sandbox.workon_home().join("blog/bin/pip").exists());
}

#[test]
fn what_the_caller_says_of_python_leads_no_helper_astray() {
    let sandbox = Sandbox::new();
    let trap = sandbox.home().join("trap");
    fs::create_dir(&trap).unwrap();
    for module in ["logging.py", "os.py", "venv.py"] {
        fs::write(trap.join(module), "raise SystemExit('trapped')\n").unwrap();
        fs::write(sandbox.home().join(module), "raise SystemExit('trapped')\n").unwrap();
    }
    let variables = [("PYTHONPATH", trap.to_str().unwrap()), ("PYTHONHOME", "/nowhere"), ("PIP_USER", "1")];
    let output = asked(&sandbox, &["mkvirtualenv", "blog", "--without-pip"], &variables);
    assert!(output.status.success(), "{}", told(&output));
}

#[test]
fn a_home_behind_a_link_is_as_good_as_any() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.workon_home()).unwrap();
    let link = sandbox.home().join("link");
    std::os::unix::fs::symlink(sandbox.workon_home(), &link).unwrap();
    // By template, by the interpreter's own venv, and with a way back in the path.
    for (name, option, home) in [
        ("cloned", "--without-pip", link.display().to_string()),
        ("made", "--symlinks", link.display().to_string()),
        ("around", "--symlinks", format!("{}/../link", sandbox.workon_home().display())),
    ] {
        let words = ["mkvirtualenv", name, "--without-pip", option];
        let output = asked(&sandbox, &words, &[("WORKON_HOME", &home)]);
        assert!(output.status.success(), "{}", told(&output));
        let activate = text(&fs::read(sandbox.workon_home().join(name).join("bin/activate")).unwrap());
        assert!(activate.contains(&format!("{}/{name}", link.display())), "{home}: {activate}");
        for file in ["bin/activate", "bin/activate.fish", "pyvenv.cfg"] {
            let text = text(&fs::read(sandbox.workon_home().join(name).join(file)).unwrap());
            assert!(!text.contains("partial"), "{file}: {text}");
        }
    }
}
