//! The system's package manager: the line that gives an interpreter what its distribution left out.

use super::Python;

/// What installs packages of the system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct System {
    manager: Option<Manager>,
    is_root: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Apt,
    Dnf,
    Yum,
    Zypper,
    Apk,
    Pacman,
}

impl System {
    /// The one that the text of an `os-release` describes; `is_root` tells whether the user may call its manager.
    pub(crate) fn of(os_release: &str, is_root: bool) -> Self {
        let value = |key: &str| {
            let values = os_release.lines().filter_map(|line| line.trim().split_once('='));
            let mut values = values.filter(|(name, _)| *name == key);
            values.next().map_or("", |(_, value)| value.trim_matches(['"', '\'']))
        };
        let version = value("VERSION_ID").split('.').next().unwrap_or_default();
        let id = value("ID");
        let mut names = std::iter::once(id).chain(value("ID_LIKE").split_whitespace());
        let manager = names.find_map(|name| match name {
            "debian" | "ubuntu" => Some(Manager::Apt),
            "amzn" if version == "2" => Some(Manager::Yum),
            // The seventh of Enterprise Linux was the last without dnf.
            "rhel" | "centos" | "ol" if id != "fedora" && version == "7" => Some(Manager::Yum),
            "fedora" | "rhel" | "centos" | "ol" | "amzn" => Some(Manager::Dnf),
            "suse" | "opensuse" | "sles" => Some(Manager::Zypper),
            "alpine" => Some(Manager::Apk),
            "arch" => Some(Manager::Pacman),
            _ => None,
        });
        Self { manager, is_root }
    }

    /// Whether `python` is the system's own.
    pub(crate) fn has(python: &Python) -> bool {
        ["/usr/bin", "/bin", "/usr/libexec"].iter().any(|bin| python.executable.starts_with(bin))
    }

    /// The line that installs the venv module and pip of `python`; none if it is not the system's own.
    pub(crate) fn remedy(&self, python: &Python) -> Option<String> {
        let manager = self.manager.filter(|_| Self::has(python))?;
        let name = python.executable.file_name()?.to_str()?;
        let (major, minor, _) = python.version;
        // Beside the usual python3 there may be others, called by their version.
        let is_other = name.contains('.');
        let fedora = if is_other { format!("python{major}.{minor}") } else { "python3".to_owned() };
        let suse = if is_other { format!("python{major}{minor}") } else { "python3".to_owned() };
        let line = match manager {
            Manager::Apt => format!("apt install python{major}.{minor}-venv"),
            Manager::Dnf => format!("dnf install {fedora}-libs {fedora}-pip"),
            Manager::Yum => "yum install python3-libs python3-pip".to_owned(),
            Manager::Zypper => format!("zypper install {suse}-base {suse}-pip"),
            Manager::Apk => "apk add python3 py3-pip".to_owned(),
            Manager::Pacman => "pacman -S python python-pip".to_owned(),
        };
        Some(if self.is_root { line } else { format!("sudo {line}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(os_release: &str, executable: &str) -> Option<String> {
        let python = Python { executable: executable.into(), version: (3, 11, 2), ..Python::default() };
        System::of(os_release, true).remedy(&python)
    }

    #[test]
    fn each_family_has_its_line() {
        for (os_release, line) in [
            ("NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n", "apt install python3.11-venv"),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"21.3\"\n", "apt install python3.11-venv"),
            ("ID=fedora\nVERSION_ID=41\n", "dnf install python3-libs python3-pip"),
            (
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n",
                "dnf install python3-libs python3-pip",
            ),
            (
                "ID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"7\"\n",
                "yum install python3-libs python3-pip",
            ),
            ("ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"7.9\"\n", "yum install python3-libs python3-pip"),
            (
                "ID=\"amzn\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"2\"\n",
                "yum install python3-libs python3-pip",
            ),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", "zypper install python3-base python3-pip"),
            ("ID=alpine\nVERSION_ID=3.20.1\n", "apk add python3 py3-pip"),
            ("ID=manjaro\nID_LIKE=arch\n", "pacman -S python python-pip"),
        ] {
            assert_eq!(remedy(os_release, "/usr/bin/python3").as_deref(), Some(line), "{os_release}");
        }
        assert_eq!(remedy("ID=nixos\n", "/usr/bin/python3"), None);
        assert_eq!(remedy("", "/usr/bin/python3"), None);
    }

    #[test]
    fn only_the_systems_own_interpreters_are_in_packages() {
        assert_eq!(remedy("ID=debian\n", "/usr/local/bin/python3"), None);
        assert_eq!(remedy("ID=debian\n", "/home/ann/.pyenv/versions/3.11.2/bin/python"), None);
        let other = remedy("ID=fedora\n", "/usr/bin/python3.11");
        assert_eq!(other.as_deref(), Some("dnf install python3.11-libs python3.11-pip"));
        let python =
            Python { executable: "/usr/bin/python3".into(), version: (3, 11, 2), ..Python::default() };
        let line = System::of("ID=arch", false).remedy(&python);
        assert_eq!(line.as_deref(), Some("sudo pacman -S python python-pip"));
    }
}
