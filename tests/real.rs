//! What people really install, copied, renamed and wiped: `make real` alone runs it, since it takes minutes.

use crate::clones::{Goods, is_copied_renamed_and_wiped};

/// Jupyter is a hundred packages; the script of jmespath is a file of its own.
const MANY: Goods = Goods {
    packages: "wheel django numpy ipython jupyter black ansible-core flask jmespath six==1.15.0",
    projects: &[
        ("hatched", "hatchling", "hatchling.build"),
        ("poetic", "poetry-core>=2", "poetry.core.masonry.api"),
    ],
};

#[test]
#[ignore = "installs a hundred packages from PyPI"]
fn what_people_really_install_is_copied_renamed_and_wiped() {
    is_copied_renamed_and_wiped(&MANY);
}
