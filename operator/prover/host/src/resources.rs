//! The machine's memory and cores, and what the CPU prover may take of them.

use std::fs;

use serde::Serialize;

use crate::error::{Code, HostError};

const GIB: u64 = 1 << 30;
const GROUP: &str = "/sys/fs/cgroup";
/// Below this much memory, the prover runs with one worker per stage: 10 % slower, and 15 GB in place of 24.
const ROOMY: u64 = 32 * GIB;

/// One worker per stage, and buffers of one.
const SPARING: [(&str, &str); 8] = [
    ("SP1_WORKER_NUM_CORE_WORKERS", "1"),
    ("SP1_WORKER_NUM_RECURSION_PROVER_WORKERS", "1"),
    ("SP1_WORKER_NUM_PREPARE_REDUCE_WORKERS", "1"),
    ("SP1_WORKER_NUM_RECURSION_EXECUTOR_WORKERS", "1"),
    ("SP1_WORKER_NUM_DEFERRED_WORKERS", "1"),
    ("SP1_WORKER_NUM_SPLICING_WORKERS", "1"),
    ("SP1_WORKER_CORE_BUFFER_SIZE", "1"),
    ("SP1_WORKER_RECURSION_PROVER_BUFFER_SIZE", "1"),
];

/// Sizes in bytes.
#[derive(Debug, Serialize)]
pub struct Resources {
    pub cores: usize,
    pub memory_total: u64,
    pub memory_available: u64,
    pub memory_used: u64,
    pub memory_peak: u64,
}

impl Resources {
    /// What the machine has now, within the control group's limit.
    pub fn now() -> Self {
        let machine = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let process = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let (limit, used) = (control_group("memory.max"), control_group("memory.current"));
        let stat = fs::read_to_string(format!("{GROUP}/memory.stat")).unwrap_or_default();
        let held = used.unwrap_or(0).saturating_sub(cached(&stat));
        let room = limit.map(|limit| limit.saturating_sub(held));
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_total: least(field(&machine, "MemTotal"), limit),
            memory_available: least(field(&machine, "MemAvailable"), room),
            memory_used: field(&process, "VmRSS"),
            memory_peak: field(&process, "VmHWM"),
        }
    }
}

/// Refuses where less memory is free than the CPU prover needs.
pub fn require_memory(needed_gb: u64) -> Result<(), HostError> {
    let available = Resources::now().memory_available;
    if available >= needed_gb * GIB {
        return Ok(());
    }
    let message = format!(
        "the CPU prover needs {needed_gb} GiB of free memory and finds {:.1}",
        available as f64 / GIB as f64
    );
    Err(HostError::new(Code::Memory, &message))
}

/// Sets the SDK's worker counts where memory is not plenty; what is set already stays. Call before any thread starts.
pub fn spare_memory() {
    if Resources::now().memory_total >= ROOMY {
        return;
    }
    for (name, value) in SPARING.iter().filter(|(name, _)| std::env::var_os(name).is_none()) {
        std::env::set_var(name, value);
    }
}

fn least(value: u64, limit: Option<u64>) -> u64 {
    limit.map_or(value, |limit| value.min(limit))
}

/// A value of the process's own control group, version 2; none where there is no limit.
fn control_group(name: &str) -> Option<u64> {
    fs::read_to_string(format!("{GROUP}/{name}")).ok()?.trim().parse().ok()
}

/// What a control group holds of files: counted as used, and given back when it is wanted.
fn cached(stat: &str) -> u64 {
    let files = ["active_file", "inactive_file"];
    stat.lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| files.contains(name))
        .filter_map(|(_, bytes)| bytes.parse::<u64>().ok())
        .sum()
}

/// A field in kB, as /proc writes it; 0 where it is missing.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::{cached, field, least};

    #[test]
    fn field_of_proc_text_is_in_bytes() {
        let text = "MemTotal:       1000 kB\nMemTotalOther: 7 kB\n";
        assert_eq!(field(text, "MemTotal"), 1_024_000);
        assert_eq!(field(text, "MemFree"), 0);
    }

    #[test]
    fn cached_is_what_files_take() {
        assert_eq!(cached("anon 9\nfile 7\ninactive_file 3\nactive_file 2\nshmem 2\n"), 5);
        assert_eq!(cached(""), 0);
    }

    #[test]
    fn least_without_a_limit_is_the_value() {
        assert_eq!((least(5, None), least(5, Some(3))), (5, 3));
    }
}
