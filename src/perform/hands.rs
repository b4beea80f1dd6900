//! Many hands: what one thread gives out is done by all of them.

use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Calls `work` for everything that `give_out` sends, in this thread and in up to `others` more, which begin while
/// it is still giving out. The first of them is there before: started by a busy thread, it could wait on its processor
/// for a tick, 4 ms, while another one has nothing to do.
///
/// # Errors
/// The first error of this thread, else of another; what was sent may then be left undone.
pub(super) fn share_out<T: Send, E: Send>(
    others: usize,
    give_out: impl FnOnce(Sender<T>) -> Result<(), E>,
    work: impl Fn(T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let (sender, receiver) = mpsc::channel();
    let receiver = Mutex::new(receiver);
    let (arrival, arrived) = mpsc::sync_channel(others);
    let work_all = || {
        loop {
            let task = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(task) = task else { return Ok(()) };
            work(task)?;
        }
    };
    thread::scope(|scope| {
        // Where no thread can be had, one does it all.
        let arrive = || {
            let _ = arrival.send(());
            work_all()
        };
        let start = |_| thread::Builder::new().spawn_scoped(scope, arrive).ok();
        let others: Vec<_> = (0..others).map_while(start).collect();
        if !others.is_empty() {
            let _ = arrived.recv();
        }
        let mine = give_out(sender).and_then(|()| work_all());
        others.into_iter().map(|other| other.join().expect("it does not panic")).fold(mine, Result::and)
    })
}
