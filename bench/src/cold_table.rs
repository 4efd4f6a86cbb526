//! The table of cold starts: our functions and the peers that could be built.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;

use crate::cold::{Start, starts};
use crate::instructions::{self, Instructions};
use crate::lambda::{CpuQuota, LambdaError, Period, Program};
use crate::report::{Report, Table, mb, mib, ms};
use crate::warm::percentile;

/// A program to start, and its first event.
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) program: Program,
    pub(crate) event: Bytes,
    /// Size of the uploaded archive in bytes; none if unknown.
    pub(crate) archive: Option<u64>,
    /// Whether to count its instructions: programs on a virtual machine take
    /// minutes under valgrind.
    pub(crate) count: bool,
}

/// Median total time of a cold start at full CPU, by name.
pub(crate) type Totals = BTreeMap<String, Duration>;

/// Starts every subject this many times at full CPU and on the CPU share of 128 MB.
pub(crate) async fn run(report: &mut Report, subjects: &[Subject], times: u32) -> Totals {
    let columns = [
        "cold start",
        "zip MB",
        "init ms",
        "first ms",
        "total p50 ms",
        "total p90 ms",
        "128 MB p50 ms",
        "128 MB p90 ms",
        "in 20 ms periods p50 ms",
        "memory MiB",
        "M instructions",
        "M per warm call",
    ];
    let mut table = Table::new("Cold starts", &columns);
    let quotas = match quotas() {
        Ok(quotas) => Some(quotas),
        Err(error) => {
            table.note(format!(
                "The share of 128 MB is not measured: this machine lets us make no control group ({error})."
            ));
            None
        }
    };
    let mut totals = Totals::new();
    for (subject, full) in subjects.iter().zip(rounds(subjects, times).await) {
        let cells = match full {
            Ok(full) => row(report, subject, &full, times, quotas.as_ref(), &mut table).await,
            Err(error) => Err(error),
        };
        match cells {
            Ok((cells, total)) => {
                table.row(cells);
                totals.insert(subject.name.clone(), total);
            }
            Err(error) => table.note(format!("{} is not measured: {error}.", subject.name)),
        }
    }
    table.note(format!(
        "{times} starts each, and {} on the share. At full CPU they take turns, so that what else the machine does meets all alike. Medians of exec to the first question for an event, and of that event to \
         its answer; total is both. 128 MB is 7.2 % of a CPU by a cgroup quota, in periods of 100 ms or of 20. Memory is the peak resident set. \
         Instructions are those of user mode under valgrind, up to the first answer.",
        on_share(times)
    ));
    report.table(&table);
    totals
}

/// Starts on a CPU share, where some take seconds.
fn on_share(times: u32) -> u32 {
    times.div_ceil(5)
}

/// Starts each in turn at full CPU, this many times. One that fails is dropped
/// from then on.
async fn rounds(subjects: &[Subject], times: u32) -> Vec<Result<Vec<Start>, LambdaError>> {
    let mut all: Vec<_> = subjects.iter().map(|_| Ok(Vec::new())).collect();
    for _ in 0..times {
        for (subject, so_far) in subjects.iter().zip(&mut all) {
            let Ok(starts_so_far) = so_far else { continue };
            match starts(&subject.program, &subject.event, 1, None).await {
                Ok(one) => starts_so_far.extend(one),
                Err(error) => *so_far = Err(error),
            }
        }
    }
    all
}

/// The share of 128 MB in long periods and in short ones.
fn quotas() -> std::io::Result<[CpuQuota; 2]> {
    Ok([
        CpuQuota::of_128_mb(Period::Ms100)?,
        CpuQuota::of_128_mb(Period::Ms20)?,
    ])
}

async fn row(
    report: &mut Report,
    subject: &Subject,
    full: &[Start],
    times: u32,
    quotas: Option<&[CpuQuota; 2]>,
    table: &mut Table,
) -> Result<(Vec<String>, Duration), LambdaError> {
    let Subject {
        name,
        program,
        event,
        archive,
        count,
    } = subject;
    let pick = |starts: &[Start], what: fn(&Start) -> Duration| -> Vec<Duration> {
        starts.iter().map(what).collect()
    };
    let (init, first) = (
        pick(full, |start| start.init),
        pick(full, |start| start.first),
    );
    let total = pick(full, Start::total);
    report.samples(&format!("cold, {name}, init"), &init);
    report.samples(&format!("cold, {name}, first"), &first);
    let mut shared = Vec::new();
    for (quota, period) in quotas.into_iter().flatten().zip(["100", "20"]) {
        let started = starts(program, event, on_share(times), Some(quota)).await?;
        let totals = pick(&started, Start::total);
        report.samples(
            &format!("cold, {name}, 128 MB in {period} ms, total"),
            &totals,
        );
        shared.push(totals);
    }
    let memory = full.iter().map(|start| start.memory).max();
    let memory = memory.unwrap_or_default();
    let counted = if *count {
        counted(name, program, event, table).await
    } else {
        None
    };
    let millions =
        |number: u64| format!("{}.{:02}", number / 1_000_000, number % 1_000_000 / 10_000);
    let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_string());
    let of_share = |period: usize, percent| Some(ms(percentile(shared.get(period)?, percent)));
    let cells = vec![
        name.clone(),
        or_dash(archive.map(mb)),
        ms(percentile(&init, 50)),
        ms(percentile(&first, 50)),
        ms(percentile(&total, 50)),
        ms(percentile(&total, 90)),
        or_dash(of_share(0, 50)),
        or_dash(of_share(0, 90)),
        or_dash(of_share(1, 50)),
        mib(memory),
        or_dash(counted.map(|counted| millions(counted.start))),
        or_dash(counted.map(|counted| millions(counted.each))),
    ];
    Ok((cells, percentile(&total, 50)))
}

/// Its instructions; a note says why if they cannot be counted.
async fn counted(
    name: &str,
    program: &Program,
    event: &Bytes,
    table: &mut Table,
) -> Option<Instructions> {
    let again = |_| event.clone();
    match instructions::count(program, &again, &std::env::temp_dir()).await {
        Ok(counted) => Some(counted),
        Err(error) => {
            table.note(format!(
                "The instructions of {name} are not counted: {error}."
            ));
            None
        }
    }
}
