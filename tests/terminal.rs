//! A shell on a terminal of its own, as people have one: keys go in, and what it shows comes out.

use std::process::Stdio;

use rexpect::process::Signal;
use rexpect::session::{PtySession, spawn_command};

use crate::support::{Sandbox, Shell};

/// How long anything may take on a machine that does much else.
const MILLISECONDS: u64 = 120_000;

/// An interactive shell.
pub(crate) struct Terminal {
    session: PtySession,
    shell: Shell,
}

impl Terminal {
    /// `shell` without anybody's configuration, the shim sourced, on a terminal of 50 lines of 200 letters that can do
    /// nothing but show them.
    pub(crate) fn open(sandbox: &Sandbox, shell: Shell) -> Self {
        let mut command = sandbox.bare_shell(shell);
        command.arg("-i").stdin(Stdio::inherit()).env("TERM", "dumb").env("PS1", "# ");
        if shell.dialect == "fish" {
            command.args(["-C", "function fish_greeting; end; function fish_prompt; echo -n '# '; end"]);
            // Without it fish reads all man pages of the machine in the background, in each new home.
            let generated = sandbox.home().join(".local/share/fish/generated_completions");
            std::fs::create_dir_all(generated).expect("made");
        }
        let session = spawn_command(command, Some(MILLISECONDS)).expect("a terminal");
        let mut terminal = Self { session, shell };
        // What is typed while a shell still prepares its terminal may be lost.
        terminal.until("# ");
        // Told once after each line, and written so that it is not seen when it is typed.
        let tell = "echo \"<do\"\"ne $?>\"";
        let told = match shell.words[0] {
            "bash" => format!("PROMPT_COMMAND='{tell}'"),
            "zsh" => {
                format!("unset zle_bracketed_paste; unsetopt prompt_cr prompt_sp; precmd() {{ {tell}; }}")
            }
            "fish" => format!("function tell --on-event fish_postexec; {}; end", tell.replace('?', "status")),
            _ => "set +o emacs; PS1='<do''ne $?> # '".to_owned(),
        };
        terminal.press(&format!("stty echo rows 50 cols 200; {told}\r"));
        terminal.done();
        let (_, status) = terminal.run(". \"$SHIM\"");
        assert_eq!(status, 0, "the shim is sourced by {}", shell.name);
        terminal
    }

    /// Presses `keys`: `\r` is Return, `\t` Tab, `\x03` Ctrl-C.
    pub(crate) fn press(&mut self, keys: &str) {
        self.session.send(keys).and_then(|_| self.session.flush()).expect("the terminal is there");
    }

    /// Waits until `text` is shown, and returns what was shown before it since the last wait.
    pub(crate) fn until(&mut self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes_until(text)).replace('\r', "")
    }

    /// The same, as the terminal got it.
    fn bytes_until(&mut self, text: &str) -> Vec<u8> {
        // The driver takes each byte for a letter.
        let letters = |bytes: &[u8]| bytes.iter().map(|&byte| char::from(byte)).collect::<String>();
        let seen = self.session.exp_string(&letters(text.as_bytes()));
        let seen = seen.unwrap_or_else(|error| panic!("{}: {error:?}", self.shell.name));
        seen.chars().filter_map(|letter| u8::try_from(letter).ok()).collect()
    }

    /// Waits until the shell has done what was typed and asks for more; tells what it has shown, and the status,
    /// which in ksh93 is 256 and more after a signal.
    pub(crate) fn done(&mut self) -> (String, u16) {
        let seen = self.until("<done ");
        let status = self.until(">").parse().expect("a status");
        (seen, status)
    }

    /// Waits for a prompt that ends with `prompt`, types `line`, waits until it is done, and returns what the terminal
    /// got of all that: what is typed before the prompt would be shown before it too.
    pub(crate) fn record(&mut self, prompt: &str, line: &str) -> Vec<u8> {
        let mut seen = self.bytes_until(prompt);
        seen.extend_from_slice(prompt.as_bytes());
        self.press(&format!("{line}\r"));
        seen.extend(self.bytes_until("<done "));
        self.until(">");
        // First comes the end of the line before, which the driver added.
        seen.trim_ascii_start().to_vec()
    }

    /// Types `line`, and waits until it is done.
    pub(crate) fn run(&mut self, line: &str) -> (String, u16) {
        self.press(&format!("{line}\r"));
        self.done()
    }
}

impl Drop for Terminal {
    /// As if the window was closed.
    fn drop(&mut self) {
        let process = self.session.process_mut();
        process.set_kill_timeout(Some(1000));
        let _ = process.kill(Signal::SIGHUP);
    }
}
