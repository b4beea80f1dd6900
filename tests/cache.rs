//! pip's cache and wheels, with an index of this machine that writes down what it is asked for.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::readme;
use crate::support::{Sandbox, Shell, VENVYARD, posix_shells, shells, told};

/// Serves the packages `blocks` and `bricks`, the first of which needs the second, and never answers of `sand`.
const INDEX: &str = r#"
import http.server, os, sys, threading, zipfile
root = sys.argv[1]
for name, needs in ("blocks", "Requires-Dist: bricks\n"), ("bricks", ""):
    page = os.path.join(root, "simple", name)
    os.makedirs(page)
    with zipfile.ZipFile(os.path.join(page, name + "-1.0-py3-none-any.whl"), "w") as wheel:
        info = name + "-1.0.dist-info/"
        wheel.writestr(name + ".py", "")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n%s" % (name, needs))
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "".join(f + ",,\n" for f in (name + ".py", info + "METADATA", info + "WHEEL", info + "RECORD")))
class Index(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def __init__(self, *args):
        super().__init__(*args, directory=root)
    def do_GET(self):
        with open(os.path.join(root, "requests"), "a") as log:
            log.write(self.path + "\n")
        if "sand" in self.path:
            threading.Event().wait()
        super().do_GET()
    def end_headers(self):
        if self.path.endswith(".whl"):
            self.send_header("Cache-Control", "max-age=365000000, immutable, public")
        super().end_headers()
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// An index that runs until it is dropped.
struct Index {
    server: Child,
    port: String,
    place: PathBuf,
}

impl Drop for Index {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Index {
    fn in_the(sandbox: &Sandbox) -> Self {
        let place = sandbox.home().join("index");
        fs::create_dir(&place).expect("made");
        let mut command = sandbox.command("python3");
        let mut server =
            command.args(["-c", INDEX]).arg(&place).stdout(Stdio::piped()).spawn().expect("python3 runs");
        let mut port = String::new();
        let stdout = server.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut port).expect("a port");
        assert!(!port.is_empty(), "the index does not start");
        Self { server, port: port.trim().to_owned(), place }
    }

    /// What it was asked for.
    fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.place.join("requests")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// How many packages it handed out.
    fn downloads(&self) -> usize {
        self.requests().iter().filter(|path| path.contains(".whl")).count()
    }

    /// Lets pip know of nothing else.
    fn alone<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        // pip caches only what comes by a way that it trusts.
        command.env("PIP_INDEX_URL", format!("http://127.0.0.1:{}/simple", self.port));
        command.env("PIP_TRUSTED_HOST", format!("127.0.0.1:{}", self.port));
        command.env("PIP_CONFIG_FILE", "/dev/null").env("PIP_FIND_LINKS", "").env("PIP_EXTRA_INDEX_URL", "")
    }
}

fn run(sandbox: &Sandbox, index: &Index, shell: Shell, script: &str) -> Output {
    index.alone(&mut sandbox.shell(shell, script)).output().expect("the shell runs")
}

/// A sandbox with an index and a requirements file.
fn furnished() -> (Sandbox, Index) {
    let sandbox = Sandbox::new();
    fs::write(sandbox.home().join("common_requirements.txt"), "blocks\n").expect("written");
    let index = Index::in_the(&sandbox);
    (sandbox, index)
}

/// What is in `$WORKON_HOME`, hidden things too.
fn names(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.workon_home()).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_was_installed_once_is_not_downloaded_again() {
    let (sandbox, index) = furnished();
    let lines =
        readme::blocks("sh").into_iter().find(|block| block.starts_with("export PIP_DOWNLOAD_CACHE="));
    fs::write(sandbox.home().join("profile"), lines.expect("README tells how")).expect("written");
    let first = "
        . ./profile
        mkvirtualenv throwaway >&2 && pip install -r common_requirements.txt >&2 && deactivate &&
        rmvirtualenv throwaway && ls .pip_download_cache";
    let output = run(&sandbox, &index, posix_shells()[0], first);
    assert!(output.status.success(), "{}", told(&output));
    let kept = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(kept.lines().any(|line| line.starts_with("http")), "{kept}");
    assert_eq!(index.downloads(), 2, "{:?}", index.requests());
    let second = "
        . ./profile
        mkvirtualenv myapp >&2 && pip install blocks >&2 && python -c 'import blocks, bricks' &&
        mkvirtualenv other -i blocks >&2 && python -c 'import blocks, bricks' && echo imported";
    let output = run(&sandbox, &index, posix_shells()[0], second);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "imported\n", "{}", told(&output));
    assert_eq!(index.downloads(), 2, "{:?}", index.requests());
}

#[test]
fn warmed_wheels_are_installed_without_a_request_and_nothing_else_is_left() {
    let (sandbox, index) = furnished();
    let block = readme::blocks("sh").into_iter().find(|block| block.starts_with("venvyard cache warm"));
    let block = block.expect("README tells how");
    let (warm, make) = block.trim_end().split_once('\n').expect("two lines");
    let bin = Path::new(VENVYARD).parent().expect("a directory").display();
    let warm = format!("PATH='{bin}':$PATH; export PIP_DOWNLOAD_CACHE=$HOME/downloads; {warm}");
    let output = run(&sandbox, &index, posix_shells()[0], &warm);
    assert!(output.status.success(), "{}", told(&output));
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("pip keeps downloads in "),
        "{}",
        told(&output)
    );
    assert!(
        sandbox.home().join("downloads/http-v2").exists() || sandbox.home().join("downloads/http").exists()
    );
    assert_eq!(names(&sandbox), [] as [&str; 0]);
    assert_eq!(index.downloads(), 2, "{:?}", index.requests());
    let asked = index.requests().len();
    let script = format!("{make} >&2 && python -c 'import blocks, bricks; print(blocks.__file__)'");
    let output = run(&sandbox, &index, posix_shells()[0], &script);
    let file = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(Path::new(&file).starts_with(sandbox.workon_home().join("blog")), "{}", told(&output));
    // The same by the configuration.
    let config = sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&config).expect("made");
    fs::write(config.join("config.toml"), "find_links = [\"~/wheels\"]\noffline = true\n").expect("written");
    let output =
        run(&sandbox, &index, posix_shells()[0], "mktmpenv -i blocks >&2 && python -c 'import bricks'");
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(index.requests().len(), asked, "{:?}", index.requests());
}

#[test]
fn what_pip_is_told_of_places_leads_it_neither_elsewhere_nor_to_a_page_without_network() {
    let (sandbox, index) = furnished();
    let elsewhere = sandbox.home().join("elsewhere");
    let page = format!("http://127.0.0.1:{}/simple/bricks/", index.port);
    let settings = [("target", &*elsewhere), ("root", &*elsewhere), ("prefix", &*elsewhere)]
        .map(|(name, value)| (name, value.display().to_string()));
    let settings = settings.into_iter().chain([("find-links", page), ("user", "1".to_owned())]);
    let file = sandbox.home().join("pip.conf");
    for (name, value) in settings {
        fs::write(&file, format!("[install]\n{name} = {value}\n")).expect("written");
        let variable = format!("PIP_{}", name.replace('-', "_").to_uppercase());
        for (name, value) in [("PIP_CONFIG_FILE", file.to_str().expect("UTF-8")), (&*variable, &*value)] {
            let script = "mkvirtualenv --find-links index/simple/bricks --offline -i bricks blog >&2 &&
                python -I -c 'import bricks; print(bricks.__file__)'; deactivate; rmvirtualenv blog >&2";
            let mut command = sandbox.shell(posix_shells()[0], script);
            let output = index.alone(&mut command).env(name, value).output().expect("the shell runs");
            let file = String::from_utf8_lossy(&output.stdout).into_owned();
            let root = sandbox.workon_home().join("blog");
            assert!(Path::new(&file).starts_with(root), "{name}={value}: {}", told(&output));
            assert!(!elsewhere.exists(), "{name}={value}");
            assert_eq!(index.requests(), [] as [&str; 0], "{name}={value}");
        }
    }
}

#[test]
fn an_interpreter_that_pip_is_told_of_installs_nothing_elsewhere() {
    let (sandbox, index) = furnished();
    let modules = sandbox.home().join("modules");
    fs::create_dir(&modules).expect("made");
    fs::write(modules.join("logging.py"), "raise SystemExit('the wrong logging')\n").expect("written");
    let script = "mkvirtualenv --without-pip other >&2 && deactivate
        printf '[global]\\npython = %s\\n' \"$WORKON_HOME/other/bin/python\" >pip.conf
        export PIP_CONFIG_FILE=$HOME/pip.conf PYTHONPATH=$HOME/modules
        \"$VENVYARD\" cache warm -i bricks --wheels w >&2 && ls w
        mkvirtualenv --find-links w --offline -i bricks blog >&2 &&
            python -I -c 'import bricks; print(bricks.__file__)'; find \"$WORKON_HOME\" -name bricks.py";
    let mut command = sandbox.shell(posix_shells()[0], script);
    let output = index.alone(&mut command).env("VENVYARD", VENVYARD).output().expect("the shell runs");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = words.lines().collect();
    let [wheel, imported, found] = lines[..] else { panic!("{}", told(&output)) };
    assert_eq!((wheel, imported), ("bricks-1.0-py3-none-any.whl", found), "{}", told(&output));
    assert!(Path::new(found).starts_with(sandbox.workon_home().join("blog")), "{}", told(&output));
}

#[test]
fn the_url_of_a_directory_is_a_directory() {
    use std::os::unix::fs::PermissionsExt;
    let (sandbox, index) = furnished();
    let wheels = sandbox.home().join("w w");
    fs::rename(sandbox.home().join("index/simple/bricks"), &wheels).expect("moved");
    let url = format!("file://{}", wheels.display().to_string().replace(' ', "%20"));
    let file = sandbox.home().join("pip.conf");
    fs::write(&file, format!("[global]\nfind-links = {url}\n")).expect("written");
    let run = |options: &str| {
        let script = format!(
            "mkvirtualenv {options} --offline -i bricks blog >&2 && python -c 'import bricks' && deactivate &&
            rmvirtualenv blog"
        );
        let mut command = sandbox.shell(posix_shells()[0], &script);
        index.alone(&mut command).env("PIP_CONFIG_FILE", &file).output().expect("the shell runs")
    };
    let output = run("");
    assert!(output.status.success(), "{}", told(&output));
    // As one that is typed.
    fs::write(&file, "").expect("written");
    let options = format!("--find-links '{url}'");
    assert!(run(&options).status.success());
    fs::set_permissions(&wheels, fs::Permissions::from_mode(0o777)).expect("set");
    let words = told(&run(&options));
    assert!(words.contains("/w w is not used: it can be written by everybody."), "{words}");
    assert_eq!(names(&sandbox), [] as [&str; 0]);
}

#[test]
fn a_dollar_in_a_typed_path_is_a_letter() {
    let (sandbox, index) = furnished();
    let script = "cp -R index/simple/bricks 'w$x'; echo bricks >'r$x.txt'; mkdir 'a$x'
        ln -s \"$(python3 -c 'import sys; print(sys.executable)')\" 'p$x'
        mkvirtualenv -p './p$x' -a 'a$x' --find-links 'w$x' --offline -r 'r$x.txt' blog >&2 &&
            python -c 'import bricks' && cd && deactivate && mv envs/blog 'e$x' && cpvirtualenv './e$x' shop >&2 &&
            python -c 'import bricks' && cd && cat envs/shop/.project && deactivate
        PIP_NO_INDEX=1 PIP_FIND_LINKS=index/simple/bricks \
            \"$VENVYARD\" cache warm -i bricks --wheels 'k$x' >&2 && ls 'k$x'";
    let mut command = sandbox.shell(posix_shells()[0], script);
    let output = index.alone(&mut command).env("VENVYARD", VENVYARD).output().expect("the shell runs");
    let expected = format!("{}/a$x\nbricks-1.0-py3-none-any.whl\n", sandbox.home().display());
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}", told(&output));
}

#[test]
fn a_relative_place_in_the_configuration_is_under_home_wherever_one_is() {
    let sandbox = Sandbox::new();
    let config = sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&config).expect("made");
    fs::write(config.join("config.toml"), "pip_cache = \"downloads\"\nfind_links = [\"wheels\"]\n")
        .expect("written");
    let ran = |words: &[&str]| {
        let mut command = sandbox.command(VENVYARD);
        told(&command.args(words).current_dir("/").env_remove("PIP_CACHE_DIR").output().expect("it runs"))
    };
    assert!(ran(&["cache"]).contains("/home/downloads  (pip_cache)"), "{}", ran(&["cache"]));
    let words = ran(&["mkvirtualenv", "-i", "blocks", "blog"]);
    assert!(words.contains("/home/wheels to find packages in."), "{words}");
}

#[test]
fn a_warming_goes_by_the_configuration_and_what_it_hints_at_can_be_typed() {
    let (sandbox, index) = furnished();
    let config = sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&config).expect("made");
    let configured = |text: &str, script: &str| {
        fs::write(config.join("config.toml"), text).expect("written");
        let script = format!("PATH=$BIN:$PATH; {script}");
        let mut command = sandbox.shell(posix_shells()[0], &script);
        command.env("BIN", Path::new(VENVYARD).parent().expect("a directory"));
        index.alone(&mut command).output().expect("the shell runs")
    };
    // Only the configured place has it, and the one that is to be filled is not there.
    let places = "find_links = [\"index/simple/bricks\", \"w\"]\n";
    let warm = "PIP_NO_INDEX=1 venvyard cache warm -i bricks --wheels w";
    let output = configured(places, warm);
    assert!(output.status.success(), "{}", told(&output));
    let told_line = String::from_utf8_lossy(&output.stdout).lines().last().expect("a line").to_owned();
    assert!(told_line.starts_with("  mkvirtualenv --find-links "), "{told_line}");
    let output =
        configured("", &format!("{} && python -c 'import bricks'", told_line.replace(" NAME", " blog")));
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(index.requests(), [] as [&str; 0]);
    let output = configured("offline = true\n", "venvyard cache warm -i bricks");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let hint = words.lines().find_map(|line| line.strip_prefix("hint: ")).expect("a hint");
    let output = configured("offline = true\n", hint);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1:offline = true\n", "{words}");
    // What is missing there is filled as the hint says.
    let offline = "offline = true\nfind_links = [\"kept\"]\n";
    let output = configured(offline, "echo bricks >requirements.txt; mkvirtualenv -r requirements.txt shop");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let hint = words.lines().find_map(|line| line.strip_prefix("hint: ")).expect("a hint");
    let script = format!("{hint} && mkvirtualenv -r requirements.txt shop && python -c 'import bricks'");
    let output = configured(offline, &script);
    assert!(output.status.success(), "{words}{}", told(&output));
    // It is not started.
    fs::create_dir(sandbox.home().join("bin")).expect("made");
    fs::copy("/bin/false", sandbox.home().join("bin/uv")).expect("copied");
    let output = configured("installer = \"uv\"\n", "PATH=$HOME/bin:$PATH; venvyard cache warm -i bricks");
    assert!(
        output.status.success() && told(&output).contains("NOTE: This is for pip alone; uv"),
        "{}",
        told(&output)
    );
}

#[test]
fn a_warming_that_fails_or_is_ended_leaves_nothing_that_stays() {
    let (sandbox, index) = furnished();
    let warm = |package: &str| {
        let mut command = sandbox.command(VENVYARD);
        command.args(["cache", "warm", "-i", package]).env("PIP_CACHE_DIR", sandbox.home().join("downloads"));
        index.alone(&mut command);
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs")
    };
    let output = warm("nowhere-to-be-found").wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("ERROR: pip failed") && words.contains("\nhint: "), "{}", told(&output));
    assert_eq!(names(&sandbox), [] as [&str; 0]);
    for signal in ["-KILL", "-INT"] {
        let asked = index.requests().len();
        let mut warming = warm("sand");
        let deadline = Instant::now() + Duration::from_secs(120);
        while index.requests().len() == asked {
            assert!(Instant::now() < deadline, "the index is not asked");
            std::thread::sleep(Duration::from_millis(20));
        }
        let group = format!("-{}", warming.id());
        let sent = sandbox.command("kill").args([signal, "--", &group]).status().expect("kill runs");
        assert!(sent.success() && !warming.wait().expect("it ends").success());
        assert!(
            names(&sandbox).iter().all(|name| name.starts_with(".warm.partial-")),
            "{:?}",
            names(&sandbox)
        );
        assert!(signal == "-INT" || names(&sandbox).len() == 1, "it was to be killed in the middle");
        // Of an interrupted one pip may end a little later than the program that waited for it.
        while !names(&sandbox).is_empty() {
            assert!(Instant::now() < deadline, "{:?}", names(&sandbox));
            let script = "mkvirtualenv --without-pip blog && deactivate && rmvirtualenv blog";
            let output = run(&sandbox, &index, posix_shells()[0], script);
            assert!(output.status.success(), "{}", told(&output));
        }
    }
}

#[test]
fn a_shell_within_leaves_no_cache_behind_and_needs_no_program_to_deactivate() {
    for shell in shells() {
        let sandbox = Sandbox::new();
        sandbox.hollow("blog");
        let is_fish = shell.dialect == "fish";
        let left = match is_fish {
            true => "(set -q PIP_CACHE_DIR; and echo $PIP_CACHE_DIR; or echo none)",
            false => "\"${PIP_CACHE_DIR-none}\"",
        };
        let inner = format!(". \"$SHIM\"\ndeactivate\necho within {left}\n");
        fs::write(sandbox.home().join("inner"), inner).expect("written");
        let line = |name: &str, value: &str| match is_fish {
            true => format!("set -g {name} {value}"),
            false => format!("{name}={value}"),
        };
        let script = format!(
            "{}; workon blog; echo \"$PIP_CACHE_DIR\"; {} ./inner\n{}; {}; deactivate; echo left {left}",
            line("PIP_DOWNLOAD_CACHE", "/srv/cache"),
            shell.words.join(" "),
            line("__venvyard_exe", "/nowhere"),
            line("PATH", "/nowhere")
        );
        let mut command = sandbox.shell(shell, &script);
        let output = command.env_remove("PIP_CACHE_DIR").output().expect("the shell runs");
        let expected = "/srv/cache\nwithin none\nleft none\n";
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{}: {}", shell.name, told(&output));
    }
}

#[test]
fn wheels_that_others_could_have_put_there_are_not_installed() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let wheels = sandbox.home().join("wheels");
    fs::create_dir(&wheels).expect("made");
    for mode in [0o777, 0o1777] {
        fs::set_permissions(&wheels, fs::Permissions::from_mode(mode)).expect("set");
        let script = "mkvirtualenv --find-links wheels -i blocks blog; echo \"status $?\"";
        let seen = told(&sandbox.run(posix_shells()[0], script));
        assert!(
            seen.contains("status 1") && seen.contains("wheels is not used: it can be written"),
            "{seen}"
        );
        assert!(seen.contains("hint: chmod o-w "), "{seen}");
        assert_eq!(names(&sandbox), [] as [&str; 0]);
    }
}

#[test]
fn a_cache_that_others_could_have_filled_is_left_alone_and_that_is_said() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let cache = sandbox.home().join("downloads");
    fs::create_dir_all(cache.join("wheels")).expect("made");
    let script = "PIP_DOWNLOAD_CACHE=$HOME/downloads; mkvirtualenv --without-pip --clear blog
        echo \"in ${PIP_CACHE_DIR-none}\"; deactivate";
    let seen = || {
        let mut command = sandbox.shell(posix_shells()[0], script);
        told(&command.env_remove("PIP_CACHE_DIR").output().expect("the shell runs"))
    };
    assert!(seen().contains("downloads\n") && !seen().contains("NOTE: /"), "{}", seen());
    for (open, mode) in [("", 0o777), ("", 0o1777), ("wheels", 0o777)] {
        let allow =
            |mode| fs::set_permissions(cache.join(open), fs::Permissions::from_mode(mode)).expect("set");
        allow(mode);
        assert!(seen().contains("in none\n"), "{open} {mode:o}: {}", seen());
        assert!(
            seen().contains("is not used: it can be written by everybody.\nhint: chmod o-w "),
            "{}",
            seen()
        );
        allow(0o755);
    }
}

#[test]
fn what_is_cleared_is_the_caches_alone() {
    let sandbox = Sandbox::new();
    let cache = sandbox.home().join("cache");
    for directory in ["http-v2/0/1", "wheels/ab", "mine"] {
        fs::create_dir_all(cache.join(directory)).expect("made");
    }
    fs::write(cache.join("mine/letter"), "").expect("written");
    let clear = || {
        let mut command = sandbox.command(VENVYARD);
        command.args(["cache", "clear", "pip"]).env("PIP_CACHE_DIR", &cache).output().expect("it runs")
    };
    let output = clear();
    assert!(output.status.success(), "{}", told(&output));
    let left: Vec<_> =
        fs::read_dir(&cache).expect("it stays").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["mine"]);
    // Somebody's own directory of that name.
    fs::create_dir_all(cache.join("wheels/car")).expect("made");
    let output = clear();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(cache.join("wheels/car").exists());
}

/// Who installed a package of the active environment, as its metadata says.
const INSTALLERS: &str = "python -c 'import importlib.metadata as m
for name in \"blocks\", \"bricks\": print(m.distribution(name).read_text(\"INSTALLER\").strip())'";

#[test]
#[ignore = "installs from PyPI"]
fn uv_installs_from_the_index_of_pip_into_the_new_environment_alone() {
    let (sandbox, index) = furnished();
    let shell = posix_shells()[0];
    let output = sandbox.run(shell, "mkvirtualenv tools -i uv");
    assert!(output.status.success(), "{}", told(&output));
    let config = sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&config).expect("made");
    fs::write(config.join("config.toml"), "installer = \"uv\"\npip_cache = \"~/downloads\"\n")
        .expect("written");
    // What a project says to uv, and what would lead it elsewhere.
    let project = "[tool.uv]\nindex-url = \"http://127.0.0.1:9/\"\n[tool.uv.pip]\ntarget = \"elsewhere\"\n";
    fs::write(sandbox.home().join("pyproject.toml"), project).expect("written");
    fs::write(sandbox.home().join("uv.toml"), "[pip]\ntarget = \"elsewhere\"\n").expect("written");
    fs::write(sandbox.home().join("constraints"), "bricks<2\n").expect("written");
    let start =
        "PATH=$WORKON_HOME/tools/bin:$PATH; export UV_SYSTEM_PYTHON=1 UV_DEFAULT_INDEX=http://127.0.0.1:9/
        export UV_CONFIG_FILE=$HOME/uv.toml UV_WORKING_DIR=/ UV_PROJECT=/nowhere
        export PIP_REQUIRE_VIRTUALENV=1 PIP_CONSTRAINT=constraints; workon tools";
    let uv = |line: &str| {
        let script = format!("{start}\n{line} >&2 && {INSTALLERS}");
        let output = run(&sandbox, &index, shell, &script);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "uv\nuv\n", "{line}: {}", told(&output));
        assert!(!told(&output).contains("NOTE: pip"), "{}", told(&output));
    };
    uv("mkvirtualenv one -r common_requirements.txt");
    // It asks for the metadata in a wheel first.
    let fetched = index.downloads();
    assert!(fetched >= 2, "{:?}", index.requests());
    assert!(sandbox.home().join("downloads/uv/CACHEDIR.TAG").exists());
    // What it keeps is used again, and it needs no pip in the environment.
    uv("mkvirtualenv two --without-pip -i blocks");
    assert_eq!(index.downloads(), fetched, "{:?}", index.requests());
    let asked = index.requests().len();
    fs::create_dir(sandbox.home().join("wheels")).expect("made");
    for name in ["blocks", "bricks"] {
        let wheel = format!("{name}-1.0-py3-none-any.whl");
        let from = index.place.join("simple").join(name).join(&wheel);
        fs::copy(from, sandbox.home().join("wheels").join(wheel)).expect("copied");
    }
    uv("export PIP_NO_INDEX=1; mkvirtualenv three --find-links wheels --offline -i blocks");
    assert_eq!(index.requests().len(), asked, "{:?}", index.requests());
    let installed = |name: &str| {
        let root = sandbox.workon_home().join(name);
        let all = walkdir::WalkDir::new(root).into_iter().flatten();
        all.filter(|entry| entry.file_name() == "blocks.py").count()
    };
    assert_eq!(["tools", "one", "two", "three"].map(installed), [0, 1, 1, 1]);
    assert!(!sandbox.home().join("elsewhere").exists());
    // What it cannot be told pip does.
    let script = format!(
        "{start}\nexport PIP_REQUIRE_HASHES=0 PIP_PROXY=''; mkvirtualenv four -i blocks >&2 && {INSTALLERS}"
    );
    let output = run(&sandbox, &index, shell, &script);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "uv\nuv\n", "{}", told(&output));
    let script = format!("{start}\nexport PIP_UPGRADE=1; mkvirtualenv five -i blocks >&2 && {INSTALLERS}");
    let output = run(&sandbox, &index, shell, &script);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "pip\npip\n", "{}", told(&output));
    let note = "NOTE: pip installs, not uv: it cannot be told upgrade, which PIP_UPGRADE sets.";
    assert!(told(&output).contains(note), "{}", told(&output));
}

#[test]
fn where_uv_is_not_at_hand_pip_installs_and_that_is_said() {
    let (sandbox, index) = furnished();
    let config = sandbox.home().join(".config/venvyard");
    fs::create_dir_all(&config).expect("made");
    fs::write(config.join("config.toml"), "installer = \"uv\"\n").expect("written");
    // A relative entry of PATH counts for nothing.
    fs::create_dir(sandbox.home().join("bin")).expect("made");
    fs::copy("/bin/false", sandbox.home().join("bin/uv")).expect("copied");
    // uv may lie beside python3, and among the system's programs.
    let script = format!(
        "python=$(python3 -c 'import sys; print(sys.executable)'); mkdir links
        ln -s /usr/bin/* /bin/* links 2>/dev/null; rm -f links/uv; PATH=bin:$HOME/links
        mkvirtualenv -p \"$python\" blog -i blocks >&2 && {INSTALLERS}"
    );
    let output = run(&sandbox, &index, posix_shells()[0], &script);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "pip\npip\n", "{}", told(&output));
    assert!(told(&output).contains("NOTE: pip installs, not uv: it is not on PATH.\n"), "{}", told(&output));
}
