//! The requests under way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::{json, Value};
use tokio::task::AbortHandle;

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
    /// Notes a request.
    pub fn add(&self, key: Key, job: Job, abort: AbortHandle) {
        self.lock().insert(key, (job, abort));
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

    /// Drops a request.
    pub fn cancel(&self, key: Key) -> Cancelled {
        let Some((job, abort)) = self.lock().remove(&key) else {
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
