//! Whose files are run and obeyed: those that only the user and root can change.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{Hook, Venv, shown, typed};
use crate::shell::Shell;

/// The user, and the directories that the user shares with others on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trust {
    /// The effective user.
    pub user: u32,
    /// The effective group.
    pub group: u32,
    /// What lies in one of these may be another's. For root none counts.
    pub shared: Vec<PathBuf>,
}

/// What of a file's data counts.
#[derive(Clone, Copy)]
struct Facts {
    owner: u32,
    group: u32,
    mode: u32,
    is_directory: bool,
}

impl Facts {
    fn of(path: &Path) -> Option<Self> {
        let data = fs::metadata(path).ok()?;
        Some(Self { owner: data.uid(), group: data.gid(), mode: data.mode(), is_directory: data.is_dir() })
    }

    /// The same of the link at `path`, if there is one. Nobody can write to a link; whose it is counts, since in a sticky
    /// directory everybody can make one that leads to a file of the user's.
    fn of_link(path: &Path) -> Option<Self> {
        let data = path.symlink_metadata().ok().filter(fs::Metadata::is_symlink)?;
        Some(Self { owner: data.uid(), group: data.gid(), mode: 0, is_directory: false })
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

impl Trust {
    /// Why what lies at `path` is neither run nor obeyed, a sentence and a hint; none if it may be.
    ///
    /// The file counts, also at the end of its links, and the directory it is in: who can write there can put another in
    /// its place. Where nothing is yet, the nearest directory above counts.
    pub(crate) fn doubt(&self, path: &Path) -> Option<String> {
        let mut all: Vec<PathBuf> =
            path.ancestors().skip_while(|one| !exists(one)).take(2).map(Into::into).collect();
        let link = Facts::of_link(path);
        if link.is_some()
            && let Ok(real) = path.canonicalize()
        {
            all.extend(real.ancestors().take(2).map(PathBuf::from));
        }
        if all.first().is_some_and(|first| first != path) {
            all.truncate(1);
        }
        let link = link.map(|facts| (path.to_path_buf(), facts));
        let all = all.into_iter().filter_map(|one| Facts::of(&one).map(|facts| (one, facts)));
        let (one, (why, hint)) = link.into_iter().chain(all).find_map(|(one, facts)| {
            let objection = self.objection(facts, self.is_shared(path))?;
            Some((one, objection))
        })?;
        let which = if one == path { "it".to_owned() } else { shown(&one) };
        Some(format!("{} is not used: {which} {why}.\nhint: {hint} {}", shown(path), typed(one.as_os_str())))
    }

    /// Why what lies in `directory`, whose `parts` fill by themselves, is not to be installed from. Of a sticky one
    /// nobody can take anything, but everybody can put something there.
    pub(crate) fn doubt_store(&self, directory: &Path, parts: &[&str]) -> Option<String> {
        let parts = parts.iter().map(|part| directory.join(part)).filter(|part| exists(part));
        let doubt = std::iter::once(directory.to_path_buf()).chain(parts).find_map(|path| self.doubt(&path));
        doubt.or_else(|| {
            let mode = Facts::of(directory)?.mode;
            (mode & 0o002 != 0 && !self.is_shared(directory)).then(|| {
                let (shown, typed) = (shown(directory), typed(directory.as_os_str()));
                format!("{shown} is not used: it can be written by everybody.\nhint: chmod o-w {typed}")
            })
        })
    }

    /// Why `venv` is not to be entered by `shell`: its activate script, its root and the home count, and the hooks that
    /// are sourced on the way out, when no program looks.
    pub(crate) fn doubt_to_enter(&self, venv: &Venv, shell: Shell) -> Option<String> {
        let left = [Hook::Predeactivate, Hook::Postdeactivate].map(|hook| hook.source(&venv.bin(), shell));
        let entered = [venv.activate_for(shell), venv.root().to_path_buf()].into_iter().chain(left);
        entered.filter(|path| exists(path)).find_map(|path| self.doubt(&path))
    }

    /// Whether `path`, about to be made, is not to be written to by the user's group, since it would be refused then.
    pub(crate) fn is_to_be_closed(&self, path: &Path) -> bool {
        !self.is_private(self.group) && !self.is_shared(path)
    }

    /// Whether the user shares `path` on purpose.
    fn is_shared(&self, path: &Path) -> bool {
        self.user != 0 && self.shared.iter().any(|shared| path.starts_with(shared))
    }

    /// What speaks against `facts`, and the command that ends or explains it.
    fn objection(&self, facts: Facts, is_shared: bool) -> Option<(String, &'static str)> {
        if is_shared {
            return None;
        }
        // In a sticky directory nobody replaces what is another's.
        let is_sticky = facts.is_directory && facts.mode & 0o1000 != 0;
        if facts.mode & 0o002 != 0 && !is_sticky {
            return Some(("can be written by everybody".into(), "chmod o-w"));
        }
        if facts.owner != self.user && facts.owner != 0 {
            return Some((format!("belongs to somebody else, user {}", facts.owner), "ls -ld"));
        }
        if facts.mode & 0o020 != 0 && !is_sticky && !self.is_private(facts.group) {
            return Some((format!("can be written by group {}", facts.group), "chmod g-w"));
        }
        None
    }

    /// Whether a group is the user's alone: by the custom of giving everybody one of the same number; or root's.
    fn is_private(&self, group: u32) -> bool {
        group == 0 || group == self.group && self.group == self.user
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn objection(trust: &Trust, owner: u32, group: u32, mode: u32) -> Option<String> {
        let facts = Facts { owner, group, mode, is_directory: mode & 0o040_000 != 0 };
        trust.objection(facts, false).map(|(why, _)| why)
    }

    #[test]
    fn the_users_and_roots_own_may_run() {
        let ann = Trust { user: 1000, group: 1000, shared: Vec::new() };
        assert_eq!(objection(&ann, 1000, 1000, 0o755), None);
        assert_eq!(objection(&ann, 0, 0, 0o644), None);
        assert_eq!(objection(&ann, 1000, 1000, 0o775), None, "her private group");
        assert_eq!(objection(&ann, 0, 0, 0o041_777), None, "sticky");
        assert!(objection(&ann, 1001, 1000, 0o755).is_some());
        assert!(objection(&ann, 1000, 100, 0o775).is_some());
        assert!(objection(&ann, 1000, 1000, 0o757).is_some());
    }

    #[test]
    fn what_a_group_of_many_would_write_to_is_closed_unless_it_is_shared() {
        let trust = |group| Trust { user: 1000, group, shared: vec!["/srv/envs".into()] };
        assert!(trust(100).is_to_be_closed(Path::new("/home/ann/blog")));
        assert!(!trust(100).is_to_be_closed(Path::new("/srv/envs/blog")));
        assert!(!trust(1000).is_to_be_closed(Path::new("/home/ann/blog")), "hers alone");
    }

    #[test]
    fn root_trusts_root_alone() {
        let root = Trust { user: 0, group: 0, shared: vec!["/".into()] };
        assert_eq!(objection(&root, 0, 0, 0o775), None);
        assert!(objection(&root, 1000, 1000, 0o755).is_some());
        assert!(objection(&root, 0, 100, 0o775).is_some());
    }

    #[test]
    fn the_directory_counts_too() {
        let directory = tempfile::tempdir().unwrap();
        let data = fs::metadata(directory.path()).unwrap();
        let trust = Trust { user: data.uid(), group: data.gid(), shared: Vec::new() };
        let hook = directory.path().join("postactivate");
        assert_eq!(trust.doubt(&hook), None);
        fs::write(&hook, "").unwrap();
        assert_eq!(trust.doubt(&hook), None);
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(trust.doubt(&hook).unwrap().contains("everybody"));
        fs::remove_file(&hook).unwrap();
        assert!(trust.doubt(&hook).unwrap().contains("chmod o-w"));
    }

    #[test]
    fn what_is_shared_on_purpose_may_run_but_for_root() {
        let shared = vec![PathBuf::from("/srv/envs")];
        let ann = Trust { user: 1000, group: 1000, shared: shared.clone() };
        let root = Trust { user: 0, group: 0, shared };
        let hook = Path::new("/srv/envs/postactivate");
        assert!(ann.is_shared(hook) && !ann.is_shared(Path::new("/srv/envs2/x")) && !root.is_shared(hook));
        let facts = Facts { owner: 1001, group: 100, mode: 0o775, is_directory: false };
        assert_eq!(ann.objection(facts, true), None);
    }

    #[test]
    fn a_link_is_as_good_as_what_it_leads_to() {
        let directory = tempfile::tempdir().unwrap();
        let data = fs::metadata(directory.path()).unwrap();
        let trust = Trust { user: data.uid(), group: data.gid(), shared: Vec::new() };
        let (link, open) = (directory.path().join("link"), directory.path().join("open"));
        fs::create_dir(&open).unwrap();
        fs::write(open.join("hook"), "").unwrap();
        std::os::unix::fs::symlink(open.join("hook"), &link).unwrap();
        assert_eq!(trust.doubt(&link), None);
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(trust.doubt(&link).is_some());
    }
}
