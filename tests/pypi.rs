//! What people do all day, with packages from PyPI.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Sandbox, Shell, VENVYARD, shells, told};

/// A shell, and whatever it started: none of it outlives the value.
struct Group(Child);

impl Drop for Group {
    #[expect(clippy::disallowed_methods, reason = "tests start programs")]
    fn drop(&mut self) {
        // A process's negative number means its group, whose leader the shell is.
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// Runs `command` to its end, or kills it and all that it started.
///
/// What it says goes to a file: a pipe would stay open as long as a server holds it.
fn outcome(sandbox: &Sandbox, mut command: Command) -> Output {
    let [stdout, stderr] = ["stdout", "stderr"].map(|name| sandbox.home().join(format!(".said-on-{name}")));
    let file = |path: &Path| File::create(path).expect("a file");
    command.process_group(0).stdout(file(&stdout)).stderr(file(&stderr));
    let mut group = Group(command.spawn().expect("the shell starts"));
    let deadline = Instant::now() + Duration::from_secs(5 * 60);
    let status = loop {
        match group.0.try_wait().expect("it was started") {
            Some(status) => break Some(status),
            None if Instant::now() > deadline => break None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    drop(group);
    let read = |path: &Path| fs::read(path).expect("it was written");
    let (stdout, stderr) = (read(&stdout), read(&stderr));
    let Some(status) = status else {
        panic!("no end after five minutes: {}", String::from_utf8_lossy(&stderr))
    };
    Output { status, stdout, stderr }
}

/// The lines that `script` printed in `shell`, after the shim was sourced; it must succeed.
fn lines(sandbox: &Sandbox, shell: Shell, script: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let mut command = sandbox.shell(shell, script);
    command.envs(variables.iter().copied());
    let output = outcome(sandbox, command);
    assert!(output.status.success(), "{}: {}", shell.name, told(&output));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn shell(name: &str) -> Shell {
    shells().into_iter().find(|shell| shell.name == name).expect("the shell is here")
}

/// The names in `$WORKON_HOME`, hidden ones too.
fn left(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.workon_home()).expect("it was made");
    entries.map(|entry| entry.expect("readable").path()).collect()
}

/// From nothing to a page in the browser and back. pip talks to stderr, so that stdout tells the story.
pub(crate) const WALK: &str = r#"
set -e
mkvirtualenv myapp
pip install --quiet django >&2
django-admin startproject mysite
cd mysite
python manage.py migrate >&2
python manage.py runserver "127.0.0.1:$PORT" --noreload >&2 &
server=$!
trap 'kill "$server" 2>/dev/null || :' EXIT
python -c "$BROWSER" "http://127.0.0.1:$PORT/"
kill "$server"
wait "$server" || :
trap - EXIT
echo "in ${VIRTUAL_ENV##*/}"
deactivate
echo "in ${VIRTUAL_ENV-nothing}"
workon myapp
echo "in ${VIRTUAL_ENV##*/}: $(django-admin version >/dev/null && echo django)"
workon || echo "status $?"
lsvirtualenv -b
deactivate
cd ..
rmvirtualenv myapp
lsvirtualenv -b
"#;

/// Asks for a page until the server is up, half a minute at most.
const BROWSER: &str = r#"
import sys, time, urllib.request
for attempt in range(150):
    try:
        page = urllib.request.urlopen(sys.argv[1])
        print(page.status, "The install worked successfully" in page.read().decode())
        break
    except OSError:
        time.sleep(0.2)
else:
    sys.exit("no page")
"#;

fn walk(shell: Shell) {
    let sandbox = Sandbox::new();
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let variables = [("PORT", &*port.to_string()), ("BROWSER", BROWSER)];
    let told = lines(&sandbox, shell, WALK, &variables);
    let expected = ["200 True", "in myapp", "in nothing", "in myapp: django", "myapp", "status 1", "myapp"];
    assert_eq!(told, expected, "{}", shell.name);
    assert_eq!(left(&sandbox), [] as [PathBuf; 0], "{}", shell.name);
    assert!(sandbox.home().join("mysite/db.sqlite3").is_file());
}

#[test]
#[ignore = "installs from PyPI"]
fn a_django_site_is_started_in_bash() {
    walk(shell("bash"));
}

#[test]
#[ignore = "installs from PyPI"]
fn a_django_site_is_started_in_zsh() {
    walk(shell("zsh"));
}

#[test]
#[ignore = "installs from PyPI"]
fn requirements_and_packages_are_installed_and_the_environment_stays_active() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.home().join("requirements.txt"), "idna\n").expect("written");
    let script = "
        mkvirtualenv blog -r requirements.txt -i six >&2; echo \"status $?\"
        python -c 'import idna, six, sys; print(sys.prefix)'";
    let root = sandbox.workon_home().join("blog").display().to_string();
    assert_eq!(lines(&sandbox, shell("bash"), script, &[]), ["status 0", &root]);
}

#[test]
#[ignore = "installs from PyPI"]
fn a_failing_install_leaves_the_environment_active() {
    let sandbox = Sandbox::new();
    let script = "
        mkvirtualenv blog -i no-such-package-anywhere-venvyard >&2; echo \"status $?\"
        python -c 'import sys; print(sys.prefix)'; type deactivate >/dev/null && echo active";
    let root = sandbox.workon_home().join("blog").display().to_string();
    assert_eq!(lines(&sandbox, shell("zsh"), script, &[]), ["status 1", &root, "active"]);
}

/// A file of the user's that shadows a module which pip needs.
const BROKEN: &str = "raise SystemExit('the wrong logging')\n";

#[test]
#[ignore = "installs from PyPI"]
fn the_callers_settings_do_not_lead_pip_astray() {
    let sandbox = Sandbox::new();
    let modules = sandbox.home().join("modules");
    fs::create_dir(&modules).expect("made");
    for directory in [&modules, &sandbox.home()] {
        fs::write(directory.join("logging.py"), BROKEN).expect("written");
    }
    let target = sandbox.home().join("target");
    let [modules, target] = [&modules, &target].map(|path| path.display().to_string());
    let variables = [
        ("PYTHONPATH", modules.as_str()),
        ("PIP_USER", "1"),
        ("PIP_REQUIRE_VIRTUALENV", "1"),
        ("PIP_TARGET", &target),
    ];
    let script = "mkvirtualenv blog -i six >&2 && python -I -c 'import six; print(six.__file__)'";
    let told = lines(&sandbox, shell("bash"), script, &variables);
    assert!(Path::new(&told[0]).starts_with(sandbox.workon_home().join("blog")), "{told:?}");
    assert!(!Path::new(&target).exists());
}

#[test]
#[ignore = "installs from PyPI"]
fn pip_is_brought_up_to_date_on_request() {
    let sandbox = Sandbox::new();
    let version = "python -c 'import pip; print(pip.__version__)'";
    let script = format!(
        "mkvirtualenv old >&2 && {version} && mkvirtualenv new --upgrade-deps >&2 && {version} && pip --version"
    );
    let told = lines(&sandbox, shell("bash"), &script, &[]);
    let number =
        |version: &str| -> Vec<u32> { version.split('.').map_while(|part| part.parse().ok()).collect() };
    assert!(number(&told[1]) >= number(&told[0]), "{told:?}");
    assert!(told[2].contains(&*sandbox.workon_home().join("new").to_string_lossy()), "{told:?}");
    assert_names_no_nest(&sandbox.workon_home().join("new"));
}

/// Of the scripts and settings of the environment at `root`, none names the hidden place of its making.
fn assert_names_no_nest(root: &Path) {
    let bin = fs::read_dir(root.join("bin")).expect("bin").map(|entry| entry.expect("readable").path());
    for path in bin.chain([root.join("pyvenv.cfg")]).filter(|path| !path.is_symlink() && path.is_file()) {
        let text = fs::read(&path).expect("readable");
        assert!(!text.windows(9).any(|word| word == b".partial-"), "{}", path.display());
    }
}

#[test]
#[ignore = "installs from PyPI"]
fn virtualenv_makes_environments_where_it_is_named() {
    let sandbox = Sandbox::new();
    let script = r#"
        mkvirtualenv tools -i virtualenv >&2 && deactivate || exit 1
        export VIRTUALENVWRAPPER_VIRTUALENV="$WORKON_HOME/tools/bin/virtualenv"
        export VIRTUALENVWRAPPER_VIRTUALENV_ARGS="--no-download --prompt args"
        mkvirtualenv "it's" --no-setuptools >&2 || exit 1
        python -c 'import sys; print(sys.prefix)'
        pip --version
        echo "$VIRTUAL_ENV_PROMPT"
        echo "$VIRTUAL_ENV"
        pip install --quiet six >&2 && python -c 'import six; print(six.__name__)'
        sed -n 's/^virtualenv = .*/by virtualenv/p' "$VIRTUAL_ENV/pyvenv.cfg""#;
    let told = lines(&sandbox, shell("bash"), script, &[]);
    let root = sandbox.workon_home().join("it's");
    let shown = root.display().to_string();
    assert!(told[1].contains(&shown), "{told:?}");
    assert_eq!([&*told[0], &*told[2], &*told[3]], [&*shown, "args", &*shown]);
    assert_eq!(told[4..], ["six", "by virtualenv"]);
    assert_names_no_nest(&root);
}

#[test]
#[ignore = "installs from PyPI"]
fn warmed_wheels_serve_where_there_is_no_network() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.home().join("common_requirements.txt"), "django\n").expect("written");
    let bin = Path::new(VENVYARD).parent().expect("a directory").display();
    let script = format!(
        "PATH='{bin}':$PATH venvyard cache warm -r common_requirements.txt --wheels wheels >&2 || exit 1
        export PIP_INDEX_URL=http://127.0.0.1:9/simple PIP_FIND_LINKS=http://127.0.0.1:9/
        mkvirtualenv --find-links wheels --offline -i django myapp >&2 && django-admin version >/dev/null && echo works"
    );
    assert_eq!(lines(&sandbox, shell("bash"), &script, &[]), ["works"]);
    assert_eq!(left(&sandbox), [sandbox.workon_home().join("myapp")]);
}
