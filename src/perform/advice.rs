//! What to type when the disk stands in the way.

use std::io;
use std::path::Path;

use anyhow::{Error, anyhow};

use crate::plan::Effect;
use crate::venv::typed;

/// `error` of `effect`, with a hint if it has none and the system refused something.
pub(super) fn hinted(error: Error, effect: &Effect) -> Error {
    let text = format!("{error:#}");
    let kind = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    let (Some(kind), Some(place)) = (kind, effect.place()) else { return error };
    if text.contains("\nhint: ") {
        return error;
    }
    // Of a place that is not there yet, the nearest above tells.
    let place = place.ancestors().find(|place| place.exists()).unwrap_or(Path::new("/"));
    let place = typed(place.as_os_str());
    let hint = match kind {
        io::ErrorKind::StorageFull => format!("df -h {place}"),
        io::ErrorKind::QuotaExceeded => "quota -s".to_owned(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!("ls -ld {place}; df {place}")
        }
        // Too many open files are of no kind.
        _ if text.contains("(os error 24)") => "ulimit -n 1024".to_owned(),
        _ => return error,
    };
    anyhow!("{text}\nhint: {hint}")
}
