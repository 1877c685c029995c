//! The machine's memory and cores, and what the CPU prover may take of them.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::error::{Code, HostError};

const GIB: u64 = 1 << 30;
const GROUPS: &str = "/sys/fs/cgroup";
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
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let (limit, room) = limits(Path::new(GROUPS), own_group(&groups));
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
    if available >= needed_gb.saturating_mul(GIB) {
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

/// The process's own control group, version 2, relative to all groups' folder.
fn own_group(groups: &str) -> &str {
    groups.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default()
}

/// The least limit, and the least room below a limit, of a control group and all above it; none where there is none.
fn limits(groups: &Path, own: &str) -> (Option<u64>, Option<u64>) {
    let own = groups.join(own);
    let found: Vec<(u64, u64)> = own
        .ancestors()
        .take_while(|group| group.starts_with(groups))
        .filter_map(limit_of)
        .collect();
    let (limits, rooms) = (found.iter().map(|each| each.0), found.iter().map(|each| each.1));
    (limits.min(), rooms.min())
}

fn limit_of(group: &Path) -> Option<(u64, u64)> {
    let value = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let (limit, used) = (value("memory.max")?, value("memory.current")?);
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    Some((limit, limit.saturating_sub(used.saturating_sub(cached(&stat)))))
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
    use std::fs;

    use super::{cached, field, least, limits, own_group, require_memory};

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
    fn own_group_is_the_one_of_version_2() {
        assert_eq!(own_group("3:cpu:/x\n0::/system.slice/a.service\n"), "system.slice/a.service");
        assert_eq!(own_group("0::/\n"), "");
        assert_eq!(own_group(""), "");
    }

    #[test]
    fn limits_are_the_least_of_all_groups_above() {
        let root = std::env::temp_dir().join(format!("zko-groups-{}", std::process::id()));
        let own = root.join("slice/service");
        fs::create_dir_all(&own).unwrap();
        assert_eq!(limits(&root, "slice/service"), (None, None));
        for (group, limit, used) in [(&own, "max", "7"), (&root.join("slice"), "100", "60")] {
            fs::write(group.join("memory.max"), limit).unwrap();
            fs::write(group.join("memory.current"), used).unwrap();
            fs::write(group.join("memory.stat"), "anon 1\ninactive_file 10\n").unwrap();
        }
        assert_eq!(limits(&root, "slice/service"), (Some(100), Some(50)));
        fs::write(own.join("memory.max"), "40").unwrap();
        assert_eq!(limits(&root, "slice/service"), (Some(40), Some(40)));
        assert_eq!(limits(&root, ""), (None, None));
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn require_memory_of_more_than_can_be_counted_is_refused() {
        assert!(require_memory(u64::MAX).is_err());
    }

    #[test]
    fn least_without_a_limit_is_the_value() {
        assert_eq!((least(5, None), least(5, Some(3))), (5, 3));
    }
}
