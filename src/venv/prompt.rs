//! Prompts that generators make of an environment's name, in activate scripts and pyvenv.cfg.

use memchr::memmem;

use super::relocate::shell_quoted;

/// An activate script with the prompt that generators make of each old name made of the new one, or none if there is
/// no such prompt; another one is the user's.
pub(super) fn renamed(text: &[u8], names: &[(&str, &str)]) -> Option<Vec<u8>> {
    let forms = names.iter().flat_map(|(old, new)| forms(old, new));
    replaced_forms(text, &forms.collect::<Vec<_>>())
}

/// The same for pyvenv.cfg, where uv writes the name.
pub(super) fn renamed_setting(text: &[u8], names: &[(&str, &str)]) -> Option<Vec<u8>> {
    let forms = names.iter().map(|(old, new)| form("\nprompt = ", old, "\n", new));
    replaced_forms(text, &forms.collect::<Vec<_>>())
}

fn double(word: &str) -> String {
    format!("\"{word}\"")
}

fn single(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

fn form(start: &str, old: &str, end: &str, new: &str) -> (Vec<u8>, Vec<u8>) {
    (format!("{start}{old}{end}").into_bytes(), format!("{start}{new}{end}").into_bytes())
}

/// The prompts that generators make of a name, and what they make of another.
fn forms(old: &str, new: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let in_single = form("", &single(&format!("({old}) ")), "", &single(&format!("({new}) ")));
    let in_condition = form("if (", &double(old), " ", &double(new));
    let mut forms = vec![form("(", old, ") ", new), in_single, in_condition];
    for start in [
        "VIRTUAL_ENV_PROMPT=",
        "VIRTUAL_ENV_PROMPT ",
        "_virtualenv_prompt_tcsh = ",
        "_virtualenv_prompt_plain = ",
        "(set_color 4B8BBE) ",
        "set env_name = ",
        "PS1=\"(\"",
        "set prompt = \"(\"",
    ] {
        forms.push(form(start, &double(old), "", &double(new)));
        forms.push(form(start, &single(old), "", &single(new)));
        let bare = String::from_utf8_lossy(&shell_quoted(old.as_bytes())).into_owned();
        let quoted = String::from_utf8_lossy(&shell_quoted(new.as_bytes())).into_owned();
        forms.extend(["\n", " ", "\")", "\""].map(|end| form(start, &bare, end, &quoted)));
    }
    forms
}

/// Each of the exact forms replaced; none if there is none.
fn replaced_forms(text: &[u8], forms: &[(Vec<u8>, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut replaced = Vec::new();
    let mut done = 0;
    while let Some((start, (old, new))) = forms
        .iter()
        .filter_map(|form| Some((done + memmem::find(&text[done..], &form.0)?, form)))
        .min_by_key(|(start, (old, _))| (*start, std::cmp::Reverse(old.len())))
    {
        replaced.extend_from_slice(&text[done..start]);
        replaced.extend_from_slice(new);
        // The end of one form may be the start of the next.
        done = start + old.len();
    }
    if done == 0 {
        return None;
    }
    replaced.extend_from_slice(&text[done..]);
    Some(replaced)
}
