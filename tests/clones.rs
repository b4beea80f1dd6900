//! Copies of environments that were used: what works in the source works in the copy, and neither knows of the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::thread;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::support::{Sandbox, Shell, is_here, shells, told};

/// A name that has to be quoted in every shell and in every kind of file.
const COPY: &str = "it's a copy";

/// What is installed into the environment that is copied.
pub(crate) struct Goods {
    /// Packages from PyPI.
    pub(crate) packages: &'static str,
    /// Projects that stay where they are, beside those that always do: name, what builds it, and how that is called.
    pub(crate) projects: &'static [(&'static str, &'static str, &'static str)],
}

/// What is quick to install and still of every kind.
const FEW: Goods = Goods {
    packages: "wheel django numpy ipython ipykernel jupyter_core nbconvert black ansible-core flask six==1.15.0",
    projects: &[],
};

/// A sandbox whose environments lie below a path with a blank.
struct Lab {
    sandbox: Sandbox,
}

impl Lab {
    fn new() -> Self {
        Self { sandbox: Sandbox::new() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.sandbox.workon_home().join(name)
    }

    /// What `script` said in bash, after the shim was sourced; it must succeed.
    ///
    /// Python writes no .pyc: a tree stays as pip left it.
    fn run(&self, script: &str) -> Output {
        let output = self.shell(script, &[]);
        assert!(output.status.success(), "{script}: {}", told(&output));
        output
    }

    fn shell(&self, script: &str, variables: &[(&str, &Path)]) -> Output {
        let bash: Shell = shells().into_iter().find(|shell| shell.name == "bash").expect("bash is here");
        let mut command = self.sandbox.shell(bash, &format!("set -e\n{script}"));
        command.env("PYTHONDONTWRITEBYTECODE", "1").envs(variables.iter().copied());
        command.output().expect("bash runs")
    }

    fn lines(&self, script: &str) -> Vec<String> {
        text(&self.run(script).stdout).lines().map(str::to_owned).collect()
    }

    /// A file of a project outside every environment.
    fn write(&self, path: &str, contents: &str) {
        let path = self.sandbox.home().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, contents).expect("written");
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every path below `root`, with all that a change would change.
fn tree(root: &Path) -> BTreeMap<PathBuf, String> {
    let entries = WalkDir::new(root).into_iter().map(|entry| entry.expect("readable"));
    let of = |entry: walkdir::DirEntry| {
        let (path, data) = (entry.path(), entry.metadata().expect("readable"));
        let contents = match data.file_type() {
            kind if kind.is_symlink() => fs::read_link(path).expect("a link").display().to_string(),
            kind if kind.is_file() => {
                format!("{} {}", data.mtime_nsec(), digest(&fs::read(path).expect("readable")))
            }
            _ => String::new(),
        };
        (path.strip_prefix(root).expect("inside").to_path_buf(), format!("{:o} {contents}", data.mode()))
    };
    entries.map(of).collect()
}

fn digest(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(bytes))
}

/// The files and links below `root` that name the place `old`, in either spelling. Compiled Python aside: what it
/// says of its source's place is mended when it is imported.
fn mentions(root: &Path, old: &Path) -> BTreeSet<PathBuf> {
    let old = old.display().to_string();
    let needles = [old.replace(' ', "%20"), old.replace('\'', "'\"'\"'"), old];
    let is_named =
        |bytes: &[u8]| needles.iter().any(|needle| memchr::memmem::find(bytes, needle.as_bytes()).is_some());
    let entries = WalkDir::new(root).into_iter().map(|entry| entry.expect("readable").into_path());
    let named = entries.filter(|path| {
        if path.is_symlink() {
            return is_named(fs::read_link(path).expect("a link").as_os_str().as_encoded_bytes());
        }
        path.is_file()
            && path.extension().is_none_or(|end| end != "pyc")
            && is_named(&fs::read(path).expect("readable"))
    });
    named.map(|path| path.strip_prefix(root).expect("inside").to_path_buf()).collect()
}

fn site_packages(root: &Path) -> PathBuf {
    let mut versions =
        fs::read_dir(root.join("lib")).expect("lib").map(|entry| entry.expect("readable").path());
    versions.next().expect("a version").join("site-packages")
}

/// The lines of every RECORD whose hash or size is not that of the file; and how many were compared.
fn wrong_records(root: &Path) -> (Vec<String>, usize) {
    let packages = site_packages(root);
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for entry in fs::read_dir(&packages).expect("readable").map(|entry| entry.expect("readable").path()) {
        for line in fs::read_to_string(entry.join("RECORD")).unwrap_or_default().lines() {
            let Some((path, rest)) = line.split_once(",sha256=") else { continue };
            let bytes = fs::read(packages.join(path.trim_matches('"')));
            let matches = bytes.is_ok_and(|bytes| rest == format!("{},{}", digest(&bytes), bytes.len()));
            compared += 1;
            if !matches {
                wrong.push(line.to_owned());
            }
        }
    }
    (wrong, compared)
}

/// Status and first line that each script in `bin` answers `--help` with, the environment's place left out.
fn answers(lab: &Lab, root: &Path) -> BTreeMap<String, (Option<i32>, String)> {
    let names =
        fs::read_dir(root.join("bin")).expect("bin").map(|entry| entry.expect("readable").file_name());
    let names = names.map(|name| name.to_string_lossy().into_owned());
    let is_script = |name: &String| {
        let start = ["python", "pre", "post", "activate", "Activate", "get_env", "binary"];
        !start.iter().any(|start| name.starts_with(start))
    };
    let open: Mutex<Vec<String>> = Mutex::new(names.filter(is_script).collect());
    let given = Mutex::new(BTreeMap::new());
    let path = std::env::join_paths([root.join("bin"), "/usr/bin".into(), "/bin".into()]).expect("a PATH");
    let ask = || {
        while let Some(name) = { open.lock().expect("whole").pop() } {
            let mut command = lab.sandbox.command("timeout");
            command.args(["60".as_ref(), root.join("bin").join(&name).as_os_str(), "--help".as_ref()]);
            command.env("PATH", &path).env("VIRTUAL_ENV", root).env("PYTHONDONTWRITEBYTECODE", "1");
            let output = command.output().expect("timeout runs");
            let said = text(if output.stdout.is_empty() { &output.stderr } else { &output.stdout });
            let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            // debugpy starts with the seconds that it took.
            let line = line.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
            let line = line.replace(&*root.to_string_lossy(), "ROOT");
            given.lock().expect("whole").insert(name, (output.status.code(), line));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(ask);
        }
    });
    given.into_inner().expect("whole")
}

const SETUPTOOLS: &str =
    "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n";

/// Projects of every kind that can be installed so that they stay where they are.
fn write_projects(lab: &Lab, goods: &Goods) {
    for (name, requirement, backend) in goods.projects {
        let built = format!("[build-system]\nrequires = ['{requirement}']\nbuild-backend = '{backend}'\n");
        let project =
            format!("[project]\nname = '{name}'\nversion = '1'\n[project.scripts]\n{name} = '{name}:main'\n");
        lab.write(&format!("my projects/{name}/pyproject.toml"), &(built + &project));
        let module = format!("def main():\n    print('usage: {name}')\n");
        lab.write(&format!("my projects/{name}/{name}/__init__.py"), &module);
    }
    let project = |name: &str| format!("{SETUPTOOLS}[project]\nname = '{name}'\nversion = '1'\n");
    let layout = |name: &str| format!("[tool.setuptools]\npackages = ['{name}']\n");
    let module = |path: &str| lab.write(path, "answer = 42\n");
    lab.write("my projects/finder/pyproject.toml", &(project("finder") + &layout("finder")));
    module("my projects/finder/finder/__init__.py");
    lab.write("my projects/path/pyproject.toml", &project("path"));
    module("my projects/path/src/path/__init__.py");
    lab.write(
        "my projects/flitted/pyproject.toml",
        "[build-system]\nrequires = ['flit_core >=3.2']\nbuild-backend = 'flit_core.buildapi'\n\
         [project]\nname = 'flitted'\nversion = '1'\ndescription = 'none'\n[project.scripts]\nflitted = 'flitted:main'\n",
    );
    lab.write("my projects/flitted/flitted.py", "def main():\n    print('usage: flitted')\n");
    for name in ["legacy", "inner_legacy"] {
        let setup = format!(
            "from setuptools import setup\nsetup(name='{name}', version='1', packages=['{name}'],\n      \
             entry_points={{'console_scripts': ['{name} = {name}:main']}}, scripts=['{name}-script'])\n"
        );
        lab.write(&format!("my projects/{name}/setup.py"), &setup);
        lab.write(
            &format!("my projects/{name}/{name}-script"),
            "#!/usr/bin/env python\nprint('usage: script')\n",
        );
        lab.write(
            &format!("my projects/{name}/{name}/__init__.py"),
            &format!("def main():\n    print('usage: {name}')\n"),
        );
    }
    for name in ["inner_finder", "inner_url"] {
        lab.write(&format!("my projects/{name}/pyproject.toml"), &(project(name) + &layout(name)));
        module(&format!("my projects/{name}/{name}/__init__.py"));
    }
}

/// The modules of the projects that stay where they are: outside, and in the environment itself.
const OUTSIDE: [&str; 4] = ["finder", "path", "flitted", "legacy"];
const INSIDE: [&str; 2] = ["inner_finder", "inner_legacy"];

/// Makes the environment `used`: what people install, and what they leave lying about.
const USE: &str = r#"
mkvirtualenv used >&2
python -c 'import setuptools' 2>/dev/null || pip install -q 'setuptools<80'
pip install -q --compile --only-binary :all: $PACKAGES
projects="$HOME/my projects"
mkdir "$VIRTUAL_ENV/src"
mv "$projects"/inner* "$VIRTUAL_ENV/src"
pip install -q -e "$projects/finder" -e "$projects/path" -e "$projects/flitted" \
    -e "$VIRTUAL_ENV/src/inner_finder" "$VIRTUAL_ENV/src/inner_url"
for project in $PROJECTS; do pip install -q -e "$projects/$project"; done
for legacy in "$projects/legacy" "$VIRTUAL_ENV/src/inner_legacy"; do
    (cd "$legacy" && python setup.py -q develop >&2)
done
python -m ipykernel install --sys-prefix --name used >&2
printf '#include <stdio.h>\nint main(void) { return puts(PLACE) < 0; }\n' >binary.c
cc -DPLACE="\"$VIRTUAL_ENV/lib\"" -o "$VIRTUAL_ENV/bin/binary" binary.c
cc -DPLACE='"nowhere"' -o "$VIRTUAL_ENV/bin/binary-of-no-place" binary.c
cp "$VIRTUAL_ENV/bin/binary" "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/_compiled.so"
chmod +x "$VIRTUAL_ENV/bin/binary"
printf '#!/bin/sh\nexec "%s/bin/python" -c "import six; print(six.__file__)"\n' "$VIRTUAL_ENV" >"$VIRTUAL_ENV/bin/serve"
chmod +x "$VIRTUAL_ENV/bin/serve"
ln -s "$VIRTUAL_ENV/src" "$VIRTUAL_ENV/link-inside"
ln -s "$projects" "$VIRTUAL_ENV/link-outside"
mkdir "$VIRTUAL_ENV/added"
echo 'answer = 42' >"$VIRTUAL_ENV/added/added.py"
add2virtualenv "$VIRTUAL_ENV/added" >&2 || echo "$VIRTUAL_ENV/added" >"$(dirname "$(python -c 'import six; print(six.__file__)')")/added.pth"
echo "$projects" >"$VIRTUAL_ENV/.project"
echo 'export HOOKED=yes' >>"$VIRTUAL_ENV/bin/postactivate"
"#;

/// Where each module comes from, what pip lists, and what it finds wrong.
fn told_by_python(lab: &Lab, goods: &Goods, name: &str) -> Vec<String> {
    let root = lab.at(name);
    let projects: Vec<&str> = goods.projects.iter().map(|(name, _, _)| *name).collect();
    let modules = [OUTSIDE.as_slice(), &INSIDE, &["inner_url", "added", "numpy"], &projects].concat();
    let script = format!(
        "cd /; VENVYARD= . \"$ROOT/bin/activate\"
         python -c 'import sys, {}\nprint(sys.prefix, *(sys.modules[name].__file__ for name in sys.argv[1:]), sep=\"\\n\")' {}
         pip list --format=freeze\n pip check\n pip freeze",
        modules.join(", "),
        modules.join(" ")
    );
    let output = lab.shell(&script, &[("ROOT", &root)]);
    assert!(output.status.success(), "{}", told(&output));
    let place = root.to_string_lossy();
    let url = place.replace(' ', "%20").replace('\'', "%27");
    text(&output.stdout).replace(&*place, "ROOT").replace(&url, "ROOT").lines().map(str::to_owned).collect()
}

/// The two files of machine code that hold the environment's path, as a warning names them.
fn binaries(root: &Path) -> BTreeSet<PathBuf> {
    let library = site_packages(root).join("_compiled.so");
    ["bin/binary".into(), library.strip_prefix(root).expect("inside").to_path_buf()].into()
}

struct Source {
    goods: &'static Goods,
    answers: BTreeMap<String, (Option<i32>, String)>,
    told: Vec<String>,
    compiled: usize,
}

fn count_compiled(root: &Path) -> usize {
    tree(root).keys().filter(|path| path.extension().is_some_and(|end| end == "pyc")).count()
}

#[expect(clippy::print_stderr, reason = "what fails in the source is named")]
fn look_at(lab: &Lab, goods: &'static Goods, name: &str) -> Source {
    let root = lab.at(name);
    let mut answers = answers(lab, &root);
    answers.retain(|script, answer| {
        let works = answer.0 == Some(0);
        if !works {
            eprintln!("not counted, it fails in the source: {script} --help: {answer:?}");
        }
        works
    });
    eprintln!("{} scripts answer", answers.len());
    assert_eq!(wrong_records(&root).0, [] as [String; 0]);
    Source { answers, told: told_by_python(lab, goods, name), goods, compiled: count_compiled(&root) }
}

/// Fails unless the environment `name` does all that the source did and knows nothing of `old`.
fn assert_like(lab: &Lab, source: &Source, name: &str, old: &Path) {
    let root = lab.at(name);
    assert_eq!(mentions(&root, old), binaries(&root));
    let (wrong, compared) = wrong_records(&root);
    assert_eq!(wrong, [] as [String; 0], "of {compared}");
    assert!(compared > 5000, "{compared}");
    let told = told_by_python(lab, source.goods, name);
    let differing: Vec<_> = told.iter().zip(&source.told).filter(|(mine, its)| mine != its).collect();
    assert!(differing.is_empty() && told.len() == source.told.len(), "{differing:?}");
    // The finders were rewritten: what was compiled of them is no longer true.
    let lost = source.compiled - count_compiled(&root);
    assert!(lost <= INSIDE.len(), "{lost} .pyc of {} are gone", source.compiled);
}

fn assert_answers(lab: &Lab, source: &Source, name: &str) {
    let mut given = answers(lab, &lab.at(name));
    // setuptools' own scripts cannot start below a path with a blank; those of a copy can.
    assert_eq!(given["legacy"], (Some(0), "usage: legacy".into()));
    assert_eq!(given["inner_legacy-script"], (Some(0), "usage: script".into()));
    given.retain(|script, _| source.answers.contains_key(script));
    assert_eq!(given, source.answers);
}

#[test]
#[ignore = "installs from PyPI"]
fn a_used_environment_is_copied_renamed_and_wiped() {
    is_copied_renamed_and_wiped(&FEW);
}

/// Fails unless an environment that holds `goods` and much else is copied, renamed and wiped as it should be.
pub(crate) fn is_copied_renamed_and_wiped(goods: &'static Goods) {
    let lab = Lab::new();
    if !is_here("timeout") {
        return;
    }
    write_projects(&lab, goods);
    let projects: Vec<&str> = goods.projects.iter().map(|(name, _, _)| *name).collect();
    lab.run(&format!("PACKAGES='{}' PROJECTS='{}'\n{USE}", goods.packages, projects.join(" ")));
    let used = lab.at("used");
    let source = look_at(&lab, goods, "used");
    let before = tree(&used);
    let outside = tree(&lab.sandbox.home().join("my projects"));

    let output = lab
        .run(&format!("cpvirtualenv used \"{COPY}\"; printf '%s\\n' \"$VIRTUAL_ENV\" \"$HOOKED\" \"$PWD\""));
    let (said, copy) = (text(&output.stderr), lab.at(COPY));
    let projects = lab.sandbox.home().join("my projects");
    assert_eq!(text(&output.stdout), format!("{}\nyes\n{}\n", copy.display(), projects.display()));
    let warned: BTreeSet<PathBuf> =
        said.lines().filter_map(|line| line.strip_prefix("  ")).map(PathBuf::from).collect();
    assert_eq!(warned, binaries(&copy), "{said}");
    assert_like(&lab, &source, COPY, &used);
    assert_answers(&lab, &source, COPY);

    // The copy lives its own life.
    lab.run(&format!(
        "workon \"{COPY}\"
         pip install -q --upgrade six
         pip uninstall -q -y flask
         packages=$(python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))')
         echo '# mine' >>\"$packages/django/__init__.py\"
         echo '# mine' >>\"$packages/easy-install.pth\"
         deactivate
         rmvirtualenv \"{COPY}\""
    ));
    assert_eq!(difference(&before, &tree(&used)), [] as [String; 0]);

    lab.run("mvvirtualenv used 'not active'");
    assert!(!used.exists());
    assert_like(&lab, &source, "not active", &used);
    let said = lab.lines(
        "PS1='$ '
         workon 'not active'
         mvvirtualenv 'not active' \"now it's active\"
         printf '%s\\n' \"$VIRTUAL_ENV\" \"${PATH%%:*}\" \"$PS1\" \"$(command -v python)\"
         deactivate
         command -v python",
    );
    let moved = lab.at("now it's active");
    let (shown, bin) = (moved.display().to_string(), moved.join("bin").display().to_string());
    assert_eq!(said[..4], [shown, bin.clone(), "(now it's active) $ ".into(), format!("{bin}/python")]);
    assert!(!said[4].starts_with(&bin), "{said:?}");
    assert_like(&lab, &source, "now it's active", &used);
    assert_eq!(mentions(&moved, &lab.at("not active")), BTreeSet::new());
    assert_answers(&lab, &source, "now it's active");

    lab.run("mkvirtualenv fresh; mkvirtualenv bystander; pip install -q six");
    let bystander = tree(&lab.at("bystander"));
    lab.run("workon \"now it's active\"; wipeenv");
    assert_wiped(&lab, &moved);
    assert_eq!(difference(&outside, &tree(&projects)), [] as [String; 0]);
    assert_eq!(difference(&bystander, &tree(&lab.at("bystander"))), [] as [String; 0]);
}

/// What differs between two trees.
fn difference(one: &BTreeMap<PathBuf, String>, other: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let paths: BTreeSet<&PathBuf> = one.keys().chain(other.keys()).collect();
    let differing = paths.into_iter().filter(|path| one.get(*path) != other.get(*path));
    differing.map(|path| format!("{}: {:?} {:?}", path.display(), one.get(path), other.get(path))).collect()
}

/// Fails unless the environment at `root` holds what a new one holds, and what is its user's own.
fn assert_wiped(lab: &Lab, root: &Path) {
    let entries = |root: &Path| -> BTreeSet<PathBuf> {
        let is_mine = |path: &Path| {
            let first = path.components().next().map(Component::as_os_str).unwrap_or_default();
            let seed = ["setuptools", "pkg_resources", "distutils", "_distutils", "wheel", "__pycache__"];
            let name = |part: Component<'_>| part.as_os_str().to_string_lossy().into_owned();
            first == "src"
                || path.components().any(|part| seed.iter().any(|seed| name(part).starts_with(seed)))
        };
        tree(root).into_keys().filter(|path| !is_mine(path)).collect()
    };
    let fresh = entries(&lab.at("fresh"));
    let wiped = entries(root);
    let missing: Vec<&PathBuf> = fresh.difference(&wiped).collect();
    assert_eq!(missing, [] as [&PathBuf; 0]);
    let own =
        ["added", "bin/binary", "bin/binary-of-no-place", "bin/serve", ".project", "share", "share/jupyter"];
    let is_own = |path: &Path| {
        let shown = path.to_string_lossy();
        own.contains(&&*shown)
            || ["added/", "link-", "share/jupyter/kernels"].iter().any(|start| shown.starts_with(start))
            || ["_compiled.so", "added.pth", "_virtualenv_path_extensions.pth"]
                .iter()
                .any(|end| shown.ends_with(end))
    };
    let added: Vec<&PathBuf> = wiped.difference(&fresh).filter(|path| !is_own(path)).collect();
    assert_eq!(added, [] as [&PathBuf; 0]);
    let name = root.file_name().expect("a name").to_string_lossy();
    let script = format!(
        "workon \"{name}\"
         pip list --format=freeze | sed 's/=.*//'
         pip install -q six && python -c 'import six; print(six.__file__)'
         echo \"$HOOKED\""
    );
    let said = lab.lines(&script);
    let (seed, rest) = said.split_at(said.len() - 2);
    assert!(seed.iter().all(|name| ["pip", "setuptools", "wheel"].contains(&&**name)), "{seed:?}");
    assert!(Path::new(&rest[0]).starts_with(root), "{rest:?}");
    assert_eq!(rest[1], "yes");
}

/// Fails unless `name` is an environment of its own: its Python, its pip and its script know no other place.
fn assert_lives(lab: &Lab, home: &Path, name: &str, old: &Path) {
    let root = home.join(name);
    let script = format!(
        "workon \"{name}\"
         printf '%s\\n' \"$VIRTUAL_ENV\"
         python -c 'import sys, six; print(sys.prefix); print(six.__file__)'
         greet; normalizer --version >/dev/null && echo normal
         pip install -q iniconfig && python -c 'import iniconfig; print(iniconfig.__file__)'"
    );
    let output = lab.shell(&script, &[("WORKON_HOME", home)]);
    assert!(output.status.success(), "{name}: {}", told(&output));
    let said = text(&output.stdout);
    let lines: Vec<&str> = said.lines().collect();
    let shown = root.display().to_string();
    assert_eq!(
        [lines[0], lines[1], lines[3], lines[4]],
        [&shown, &shown, "hello", "normal"],
        "{}",
        told(&output)
    );
    assert!(Path::new(lines[2]).starts_with(&root) && Path::new(lines[5]).starts_with(&root), "{said}");
    assert_eq!(mentions(&root, old), BTreeSet::new(), "{name}");
    assert_eq!(wrong_records(&root).0, [] as [String; 0], "{name}");
}

/// A package whose script is a file of its own, and one whose script pip makes.
const INSTALL: &str = "pip install -q six charset-normalizer ../greet";

fn write_greet(lab: &Lab) {
    let setup = "from setuptools import setup\nsetup(name='greet', version='1', scripts=['greet'])\n";
    lab.write("greet/setup.py", setup);
    lab.write("greet/greet", "#!/usr/bin/env python\nprint('hello')\n");
}

#[test]
#[ignore = "installs from PyPI"]
fn environments_of_other_makers_are_imported_into_a_linked_home() {
    let lab = Lab::new();
    write_greet(&lab);
    // Their places have no blank: scripts that are data start there, and have to start in a place with one.
    let elsewhere = tempfile::tempdir().expect("a directory");
    let outside = elsewhere.path().canonicalize().expect("it exists");
    let real = lab.sandbox.home().join("real envs");
    let linked = lab.sandbox.home().join("linked envs");
    fs::create_dir(&real).expect("made");
    symlink(&real, &linked).expect("linked");
    let made = lab.shell(
        &format!(
            "mkvirtualenv tools -i uv -i virtualenv >&2
             python=$(python -c 'import sys; print(sys._base_executable)')
             \"$python\" -m venv \"$OUTSIDE/by-venv\"
             # uv brings certificates of its own.
             [ -z \"${{PIP_CERT-}}\" ] || export SSL_CERT_FILE=\"$PIP_CERT\"
             uv venv -q --seed --python \"$python\" \"$OUTSIDE/by-uv\"
             virtualenv -q -p \"$python\" \"$OUTSIDE/by-virtualenv\"
             deactivate
             for maker in venv uv virtualenv; do
                 . \"$OUTSIDE/by-$maker/bin/activate\"
                 mkdir -p by-$maker && cd by-$maker && {INSTALL} && cd ..
                 deactivate
             done"
        ),
        &[("OUTSIDE", &outside)],
    );
    assert!(made.status.success(), "{}", told(&made));
    for maker in ["venv", "uv", "virtualenv"] {
        let source = outside.join(format!("by-{maker}"));
        let before = tree(&source);
        let name = format!("{maker}'s own");
        let script = format!(
            "PS1='$ '
             cpvirtualenv \"$SOURCE\" \"{name}\"
             printf '%s\\n' \"$VIRTUAL_ENV\" \"$PS1\""
        );
        let output = lab.shell(&script, &[("SOURCE", &source), ("WORKON_HOME", &linked)]);
        assert!(output.status.success(), "{}", told(&output));
        let shown = linked.join(&name).display().to_string();
        assert_eq!(text(&output.stdout), format!("{shown}\n({name}) $ \n"), "{}", told(&output));
        assert_lives(&lab, &linked, &name, &source);
        assert_eq!(difference(&before, &tree(&source)), [] as [String; 0]);
    }
    // A copy within the linked home: its texts name the link, the system names what it leads to.
    let copied = lab.shell("cpvirtualenv \"uv's own\" next", &[("WORKON_HOME", &linked)]);
    assert!(copied.status.success(), "{}", told(&copied));
    assert_lives(&lab, &linked, "next", &linked.join("uv's own"));
    assert_eq!(mentions(&linked.join("next"), &real), BTreeSet::new());
}

#[test]
#[ignore = "installs from PyPI"]
fn an_environment_without_a_working_python_is_copied() {
    let lab = Lab::new();
    write_greet(&lab);
    lab.run(&format!("mkvirtualenv old >&2; mkdir work; cd work; {INSTALL}"));
    let (old, python) = (lab.at("old"), lab.at("old/bin/python3"));
    let real = fs::read_link(lab.at("old/bin/python")).expect("a link");
    let broken = if real.is_absolute() { lab.at("old/bin/python") } else { python };
    let working = fs::read_link(&broken).expect("a link");
    fs::remove_file(&broken).expect("removed");
    symlink("/opt/gone/bin/python3", &broken).expect("linked");
    let output = lab.run(&format!("cpvirtualenv old \"{COPY}\"; printf '%s\\n' \"$VIRTUAL_ENV\""));
    let copy = lab.at(COPY);
    assert_eq!(text(&output.stdout), format!("{}\n", copy.display()));
    assert!(text(&output.stderr).contains("/opt/gone/bin/python3 is gone"), "{}", told(&output));
    // All that it lacks is the interpreter.
    let broken = copy.join(broken.strip_prefix(&old).expect("inside"));
    fs::remove_file(&broken).expect("removed");
    symlink(working, &broken).expect("linked");
    assert_lives(&lab, &lab.sandbox.workon_home(), COPY, &old);
}

#[test]
#[ignore = "installs from PyPI"]
fn an_environment_that_was_moved_by_hand_is_mended_by_a_copy() {
    let lab = Lab::new();
    write_greet(&lab);
    lab.run(&format!("mkvirtualenv first >&2; mkdir work; cd work; {INSTALL}"));
    let (first, moved) = (lab.at("first"), lab.at("moved by hand"));
    fs::rename(&first, &moved).expect("moved");
    let said = lab.lines("PS1='$ '; cpvirtualenv 'moved by hand' mended; echo \"$PS1\"");
    assert_eq!(said, ["(mended) $ "]);
    assert_lives(&lab, &lab.sandbox.workon_home(), "mended", &first);
    assert_eq!(mentions(&lab.at("mended"), &moved), BTreeSet::new());
}
