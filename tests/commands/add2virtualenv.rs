//! `add2virtualenv` as a black box: what many do at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use super::{asked, text};
use crate::support::{Sandbox, told};

#[test]
fn of_twenty_at_once_no_line_is_lost() {
    let sandbox = Sandbox::new();
    let root = sandbox.hollow("blog");
    let packages = root.join("lib/python3.11/site-packages");
    fs::create_dir_all(&packages).unwrap();
    let file = packages.join("_virtualenv_path_extensions.pth");
    let variables = [("VIRTUAL_ENV", root.to_str().unwrap())];
    let at_once = |words: fn(usize) -> Vec<String>| {
        thread::scope(|scope| {
            for number in 0..20 {
                let (sandbox, variables) = (&sandbox, &variables);
                scope.spawn(move || {
                    let words = words(number);
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    let output = asked(sandbox, &words, variables);
                    assert_eq!(text(&output.stdout), "__venvyard_status '0'\n", "{}", told(&output));
                });
            }
        });
    };
    let paths = || {
        let lines = fs::read_to_string(&file).unwrap();
        let mut paths: Vec<String> =
            lines.lines().filter(|line| line.starts_with('/')).map(str::to_owned).collect();
        paths.sort();
        (lines.lines().count(), paths)
    };

    at_once(|number| vec!["add2virtualenv".into(), format!("/src/{number:02}"), "/src".into()]);
    let mut expected: Vec<String> = (0..20).map(|number| format!("/src/{number:02}")).collect();
    expected.insert(0, "/src".into());
    assert_eq!(paths(), (23, expected));

    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    at_once(|number| vec!["add2virtualenv".into(), "-d".into(), format!("/src/{number:02}")]);
    assert_eq!(paths(), (3, vec!["/src".into()]));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(&packages).unwrap().count(), 1, "nothing is left beside it");
}
