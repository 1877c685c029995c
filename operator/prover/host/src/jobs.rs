//! The requests under way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::{json, Value};
use tokio::task::{AbortHandle, JoinHandle};

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// For its turn.
    Waiting,
    /// Computing the program's key.
    SettingUp,
    /// Running the program.
    Executing,
    /// Making the proof; this cannot be interrupted.
    Proving,
    /// Checking a proof.
    Verifying,
}

const NAMES: [&str; 5] = ["waiting", "setting_up", "executing", "proving", "verifying"];

/// One request under way.
#[derive(Clone, Debug)]
pub struct Job {
    stage: Arc<AtomicU8>,
    started: Instant,
}

impl Job {
    /// A request that waits for its turn.
    pub fn new() -> Self {
        Self { stage: Arc::new(AtomicU8::new(Stage::Waiting as u8)), started: Instant::now() }
    }

    /// Notes the next stage.
    pub fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    fn is_proving(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == Stage::Proving as u8
    }

    fn describe(&self, (connection, id): Key) -> Value {
        let stage = NAMES[usize::from(self.stage.load(Ordering::Relaxed))];
        let seconds = self.started.elapsed().as_secs_f64();
        json!({"connection": connection, "job": id, "stage": stage, "seconds": seconds})
    }
}

/// A connection, and the id of a request on it.
pub type Key = (u64, u64);

/// The host's requests.
#[derive(Debug, Default)]
pub struct Jobs {
    running: Mutex<HashMap<Key, (Job, AbortHandle)>>,
}

/// What cancelling did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// There is no such request (any more).
    Unknown,
    /// It is dropped.
    Dropped,
    /// It is dropped, but the prover goes on computing: only the end of the process stops it.
    WhileProving,
}

impl Jobs {
    /// Notes a request and begins with it: whatever it starts, it is found here.
    pub fn begin<T>(
        &self,
        key: Key,
        job: Job,
        work: impl FnOnce() -> JoinHandle<T>,
    ) -> JoinHandle<T> {
        let mut running = self.lock();
        let work = work();
        running.insert(key, (job, work.abort_handle()));
        work
    }

    /// Forgets a request that has its answer.
    pub fn remove(&self, key: Key) {
        self.lock().remove(&key);
    }

    /// Whether the id is taken.
    pub fn contains(&self, key: Key) -> bool {
        self.lock().contains_key(&key)
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// How many are under way on a connection.
    pub fn count(&self, connection: u64) -> usize {
        self.lock().keys().filter(|(found, _)| *found == connection).count()
    }

    /// When the oldest request under way came.
    pub fn oldest(&self) -> Option<Instant> {
        self.lock().values().map(|(job, _)| job.started).min()
    }

    /// Drops a request. Its id is free again when it has its answer.
    pub fn cancel(&self, key: Key) -> Cancelled {
        let running = self.lock();
        let Some((job, abort)) = running.get(&key) else {
            return Cancelled::Unknown;
        };
        abort.abort();
        if job.is_proving() {
            Cancelled::WhileProving
        } else {
            Cancelled::Dropped
        }
    }

    /// Drops every request of a connection; whether one of them was proving.
    pub fn cancel_all(&self, connection: u64) -> bool {
        let keys: Vec<Key> =
            self.lock().keys().filter(|key| key.0 == connection).copied().collect();
        // Counted, not searched: every one is to be cancelled, those after the first that was proving too.
        let proving =
            keys.into_iter().filter(|key| self.cancel(*key) == Cancelled::WhileProving).count();
        proving > 0
    }

    /// All of them, for `progress`.
    pub fn describe(&self) -> Vec<Value> {
        self.lock().iter().map(|(key, (job, _))| job.describe(*key)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, (Job, AbortHandle)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    #[tokio::test]
    async fn cancel_all_drops_every_request_of_the_connection_and_no_other() {
        let jobs = Jobs::default();
        let begin = |key, stage| {
            let job = Job::new();
            job.enter(stage);
            jobs.begin(key, job, || tokio::spawn(pending::<()>()))
        };
        let dropped = [begin((1, 1), Stage::Proving), begin((1, 2), Stage::Executing)];
        let kept = begin((2, 1), Stage::Proving);
        assert!(jobs.cancel_all(1));
        for work in dropped {
            assert!(work.await.unwrap_err().is_cancelled());
        }
        assert!(!kept.is_finished());
        assert!(!jobs.cancel_all(3));
    }

    #[tokio::test]
    async fn cancel_leaves_the_id_taken_until_the_request_is_removed() {
        let jobs = Jobs::default();
        let job = Job::new();
        let _work = jobs.begin((1, 1), job, || tokio::spawn(pending::<()>()));
        assert!(jobs.oldest().is_some());
        assert_eq!(jobs.cancel((1, 1)), Cancelled::Dropped);
        assert!(jobs.contains((1, 1)));
        jobs.remove((1, 1));
        assert_eq!(jobs.cancel((1, 1)), Cancelled::Unknown);
        assert!(jobs.oldest().is_none());
    }
}
