//! What Linux says about a process.

use std::fs;
use std::io::{Error, Result};
use std::time::Duration;

/// CPU time of all threads of a process, in nanoseconds. Ended threads do not
/// count.
pub(super) fn cpu(pid: u32) -> Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // The first of three numbers: time on the CPU.
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let first = text.split_whitespace().next().unwrap_or_default();
        nanoseconds += first.parse::<u64>().map_err(Error::other)?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Peak resident memory of a process, in bytes.
pub(super) fn peak_memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    let kibibytes = number.and_then(|number| number.parse::<u64>().ok());
    kibibytes
        .map(|kibibytes| kibibytes * 1024)
        .ok_or_else(|| Error::other(format!("/proc/{pid}/status has no VmHWM")))
}

/// Sends a process SIGTERM.
pub(super) async fn terminate(pid: u32) -> Result<()> {
    let status = tokio::process::Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status()
        .await?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::other(format!(
            "process {pid} could not be signalled to end"
        )))
    }
}
