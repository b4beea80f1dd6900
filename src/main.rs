//! The front door: what the process was given goes in, its exit status comes out.

#[expect(clippy::disallowed_methods, reason = "the one place that reads the process's environment")]
fn main() -> std::process::ExitCode {
    let surroundings = venvyard::Surroundings {
        variables: std::env::vars_os().collect(),
        directory: std::env::current_dir().ok(),
        executable: std::env::current_exe().unwrap_or_default(),
    };
    venvyard::run(std::env::args_os(), surroundings, &mut std::io::stdout().lock()).into()
}
