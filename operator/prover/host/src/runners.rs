//! SP1's executor runs every program in a child process.
//!
//! It stops one between two pieces of a run, and only there are cycles counted. A program that never completes a piece (a
//! loop that leaves memory alone) so runs on, whatever its cycle limit, when nobody waits for it any more, and would outlive
//! the host. It is ended here.

use std::collections::HashMap;
use std::fs;
use std::time::Instant;

use rustix::process::{kill_process, Pid, Signal};

/// The child processes, and since when they are known.
#[derive(Debug, Default)]
pub struct Runners {
    seen: HashMap<Pid, Instant>,
}

impl Runners {
    /// Ends those that nobody waits for: they are older than the oldest request under way, which is asked for last.
    pub fn sweep(&mut self, oldest: impl FnOnce() -> Option<Instant>) {
        let (now, found) = (Instant::now(), children());
        self.seen.retain(|child, _| found.contains(child));
        for child in found {
            self.seen.entry(child).or_insert(now);
        }
        let oldest = oldest();
        for (child, _) in self.seen.iter().filter(|(_, seen)| oldest.is_none_or(|at| **seen < at)) {
            end(*child);
        }
    }
}

/// Ends all of them.
pub fn end_all() {
    children().into_iter().for_each(end);
}

fn end(child: Pid) {
    match kill_process(child, Signal::KILL) {
        // It may have ended by itself.
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => {
            let (child, error) = (child.as_raw_nonzero(), error.to_string());
            let line = serde_json::json!({"event": "runner.stuck", "pid": child, "error": error});
            eprintln!("{line}");
        }
    }
}

/// Of any thread of this process; none where the kernel does not say.
fn children() -> Vec<Pid> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    threads
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|line| {
            line.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()
        })
        .filter_map(Pid::from_raw)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};
    use std::time::Instant;

    use super::Runners;

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn sweep_ends_what_is_older_than_the_oldest_request() {
        let (mut runners, before) = (Runners::default(), Instant::now());
        let mut child = sleeper();
        runners.sweep(|| Some(before));
        assert!(child.try_wait().unwrap().is_none());
        runners.sweep(|| Some(Instant::now()));
        assert!(!child.wait().unwrap().success());

        let mut child = sleeper();
        runners.sweep(|| None);
        assert!(!child.wait().unwrap().success());
    }
}
