//! Limits the CPU to Lambda's share for 128 MB.

use std::fs;
use std::io::Result;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use shared::host::clock::Stopwatch;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// Lambda gives one whole virtual CPU at 1,769 MB and shares in proportion.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>.
const WHOLE_CPU_MB: u32 = 1769;
const MEMORY_MB: u32 = 128;
/// Several periods, after which a waiting shell has its full share again.
const SETTLED: Duration = Duration::from_millis(300);

/// How often a process gets its share again; one that has used it up waits for
/// the rest of the period. Lambda's own figure is not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Period {
    /// Linux's default: 7.2 ms of CPU per period.
    Ms100,
    /// As measured on Lambda by others: 1.4 ms of CPU per period.
    Ms20,
}

impl Period {
    fn us(self) -> u32 {
        match self {
            Period::Ms100 => 100_000,
            Period::Ms20 => 20_000,
        }
    }
}

/// A control group with a CPU quota; it is removed with this value.
#[derive(Debug)]
pub(crate) struct CpuQuota {
    folder: PathBuf,
    processes: &'static str,
}

impl CpuQuota {
    /// A group with the share of a function of 128 MB. Needs cgroups, version 1
    /// or 2, and write permission there.
    pub(crate) fn of_128_mb(period: Period) -> Result<Self> {
        let period_us = period.us();
        let quota_us = period_us * MEMORY_MB / WHOLE_CPU_MB;
        let name = format!("bench-{}-{period_us}", std::process::id());
        let first = Path::new("/sys/fs/cgroup/cpu");
        let (folder, processes) = if first.is_dir() {
            (first.join(name), "tasks")
        } else {
            (Path::new("/sys/fs/cgroup").join(name), "cgroup.procs")
        };
        fs::create_dir(&folder)?;
        let group = CpuQuota { folder, processes };
        if processes == "tasks" {
            group.write("cpu.cfs_period_us", &period_us.to_string())?;
            group.write("cpu.cfs_quota_us", &quota_us.to_string())?;
        } else {
            group.write("cpu.max", &format!("{quota_us} {period_us}"))?;
        }
        Ok(group)
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        fs::write(self.folder.join(file), text)
    }

    /// Starts a command in the group, and the stopwatch: a shell joins the
    /// group, waits for a word while its share refills, and then executes the
    /// command.
    pub(super) async fn spawn(&self, command: &Command) -> Result<(Child, Stopwatch)> {
        let inner = command.as_std();
        let mut outer = Command::new("/bin/sh");
        outer
            .args([
                "-c",
                "echo $$ > \"$0\" && read -r go && exec \"$@\" < /dev/null",
            ])
            .arg(self.folder.join(self.processes))
            .arg(inner.get_program())
            .args(inner.get_args())
            .env_clear()
            .envs(
                inner
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some(folder) = inner.get_current_dir() {
            outer.current_dir(folder);
        }
        let mut child = outer.spawn()?;
        tokio::time::sleep(SETTLED).await;
        let stopwatch = Stopwatch::start();
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(b"go\n").await?;
        }
        Ok((child, stopwatch))
    }
}

impl Drop for CpuQuota {
    fn drop(&mut self) {
        // A group with a process cannot be removed; the next run creates its own.
        let _ = fs::remove_dir(&self.folder);
    }
}
