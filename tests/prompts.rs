//! What stands before the prompt while an environment is active, and what is there when it is left.

use std::fs;

use crate::support::{Sandbox, Shell, posix_shells, shells, told};
use crate::terminal::Terminal;

fn furnished() -> Sandbox {
    let sandbox = Sandbox::new();
    let bash = shells().into_iter().find(|shell| shell.name == "bash").expect("bash");
    let made = "mkvirtualenv --without-pip one && mkvirtualenv --without-pip two && \
                mkvirtualenv --without-pip --prompt 'my blog' three && mkvirtualenv --without-pip 'a%n!b'";
    let made = sandbox.run(bash, made);
    assert!(made.status.success(), "{}", told(&made));
    sandbox
}

fn assert_prints(sandbox: &Sandbox, shell: Shell, script: &str, expected: &str) {
    let output = sandbox.run(shell, script);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        expected,
        "{}: {script}{}",
        shell.name,
        told(&output)
    );
    assert!(output.stderr.is_empty(), "{}: {}", shell.name, told(&output));
}

#[test]
fn what_was_typed_into_the_prompt_stays() {
    let sandbox = furnished();
    let cases = [
        ("PS1='> '; workon one; PS1=\"${PS1}more \"; deactivate", "> more "),
        ("PS1='> '; workon one; PS1='(one) mine: '; workon two", "(two) mine: "),
        ("PS1='> '; workon one; PS1='(one) mine: '; workon two; deactivate", "mine: "),
        ("PS1='> '; workon one; PS1='$ '; deactivate", "$ "),
        ("PS1='> '; workon one; PS1='\\[new\\] (one) > '; deactivate", "\\[new\\] > "),
        ("PS1=; workon one; deactivate", ""),
        ("PS1='a*[b]? %# $(:) '; workon one; deactivate", "a*[b]? %# $(:) "),
        ("VIRTUAL_ENV_DISABLE_PROMPT=1; PS1='> '; workon one; PS1='$ '; deactivate", "$ "),
        ("VIRTUAL_ENV_DISABLE_PROMPT=1; PS1='> '; workon one", "> "),
        ("PS1='> '; workon three", "(my blog) > "),
        ("PS1='> '; workon three; workon one", "(one) > "),
        ("PS1='> '; workon 'a%n!b'", "(a_n_b) > "),
        ("PS1='> '; workon 'a%n!b'; deactivate", "> "),
    ];
    for shell in posix_shells() {
        for (script, prompt) in cases {
            assert_prints(
                &sandbox,
                shell,
                &format!("{script}\nprintf '[%s]\\n' \"$PS1\""),
                &format!("[{prompt}]\n"),
            );
        }
        assert_prints(&sandbox, shell, "unset PS1; workon one; deactivate; echo \"${PS1-unset}\"", "unset\n");
    }
}

#[test]
fn a_prompt_of_a_hook_goes_with_it() {
    let sandbox = furnished();
    let cases = [
        // As the documentation of virtualenvwrapper has it; and one that is told nowhere.
        ("PS1=\"[one] $_OLD_VIRTUAL_PS1\"", "[one] > ", "> "),
        ("PS1=\"${PS1}[one] \"", "(one) > [one] ", "> "),
    ];
    for (hook, active, left) in cases {
        fs::write(sandbox.workon_home().join("one/bin/postactivate"), format!("{hook}\n")).expect("written");
        for shell in posix_shells() {
            let tell = "printf '[%s]\\n' \"$PS1\"";
            let script = format!("PS1='> '; workon one; {tell}; deactivate; {tell}");
            assert_prints(&sandbox, shell, &script, &format!("[{active}]\n[{left}]\n"));
        }
    }
}

#[test]
fn what_prompts_ask_for_is_of_the_active_environment() {
    let sandbox = furnished();
    // As Python before 3.10 made it.
    let activate = sandbox.workon_home().join("two/bin/activate");
    let text = fs::read_to_string(&activate).expect("read").replace("VIRTUAL_ENV_PROMPT", "NOTHING");
    fs::write(activate, text).expect("written");
    for shell in posix_shells() {
        let tell = "echo \"${VIRTUAL_ENV_PROMPT-none}\"";
        let script = format!("workon three; {tell}; workon two; {tell}; workon three; deactivate; {tell}");
        let output = sandbox.run(shell, &script);
        let seen = String::from_utf8_lossy(&output.stdout).replace("(my blog) ", "my blog");
        assert_eq!(seen, "my blog\nnone\nnone\n", "{}: {}", shell.name, told(&output));
    }
}

#[test]
fn a_prompt_that_was_defined_in_fish_stays() {
    let sandbox = furnished();
    for shell in shells().into_iter().filter(|shell| shell.dialect == "fish") {
        let define = |text: &str| format!("function fish_prompt; echo '{text}'; end");
        let script = [
            &define("old"),
            "workon one",
            "fish_prompt",
            &define("new"),
            "workon two",
            "fish_prompt",
            "deactivate",
            "fish_prompt",
            "workon one",
            "deactivate",
            "fish_prompt",
            "functions -q _old_fish_prompt __venvyard_prompt; or echo clean",
        ];
        let output = sandbox.run(shell, &script.join("\n"));
        let seen = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<&str> = seen.lines().collect();
        assert_eq!(lines.len(), 5, "{}", told(&output));
        assert!(lines[0].contains("(one)") && lines[0].ends_with("old"), "{seen}");
        assert!(lines[1].contains("(two)") && lines[1].ends_with("new"), "{seen}");
        assert_eq!(lines[2..], ["new", "new", "clean"]);
    }
}

#[test]
fn a_terminal_shows_the_name_and_nothing_that_it_would_mean() {
    let sandbox = furnished();
    for shell in shells().into_iter().filter(|shell| ["bash", "zsh"].contains(&shell.name)) {
        let mut terminal = Terminal::open(&sandbox, shell);
        // Written so that it is not seen when it is typed.
        terminal.run("PS1='<us''er>'");
        terminal.until("<user>");
        for (line, shown) in [
            ("workon 'a%n!b'", "(a_n_b) "),
            ("PS1=\"${PS1%<*}more <us\"'er>'", "(a_n_b) more "),
            ("workon three", "(my blog) more "),
            ("deactivate", "more "),
        ] {
            terminal.run(line);
            assert_eq!(terminal.until("<user>").trim_start(), shown, "{}: {line}", shell.name);
        }
    }
}
