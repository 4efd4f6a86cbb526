//! Instructions in user mode, counted by valgrind: reproducible for the same
//! program and input, whatever else the machine does.

use std::path::Path;

use axum::body::Bytes;

use crate::lambda::{LambdaError, Program, Sandbox};

/// The instructions of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instructions {
    /// From its start to its first answer.
    pub(crate) start: u64,
    /// For each further answer.
    pub(crate) each: u64,
}

/// Further answers that are counted.
const FURTHER: u64 = 50;

/// Counts with `valgrind --tool=callgrind`, which must be on PATH; writes its
/// files to `scratch`.
pub(crate) async fn count(
    program: &Program,
    event: &impl Fn(u32) -> Bytes,
    scratch: &Path,
) -> Result<Instructions, LambdaError> {
    let one = run(program, event, 1, scratch).await?;
    let more = run(program, event, 1 + FURTHER as u32, scratch).await?;
    Ok(Instructions {
        start: one,
        each: more.saturating_sub(one) / FURTHER,
    })
}

async fn run(
    program: &Program,
    event: &impl Fn(u32) -> Bytes,
    answers: u32,
    scratch: &Path,
) -> Result<u64, LambdaError> {
    let file = scratch.join(format!("callgrind.{answers}"));
    let place = format!("--callgrind-out-file={}", file.display());
    let wrapper = ["valgrind", "--quiet", "--tool=callgrind", &place];
    let mut sandbox = Sandbox::start(&program.under(&wrapper), None).await?;
    for number in 0..answers {
        sandbox.invoke(&event(number)).await?;
    }
    sandbox.end().await?;
    let text = std::fs::read_to_string(&file)?;
    std::fs::remove_file(&file)?;
    total(&text).ok_or_else(|| LambdaError::Function {
        program: "valgrind".into(),
        problem: "its file names no total".into(),
    })
}

/// The total of a callgrind file.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| {
        line.strip_prefix("summary:")
            .or(line.strip_prefix("totals:"))
    })?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod agreed;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_what_callgrind_writes() {
        assert_eq!(total("version: 1\nsummary: 5120\n"), Some(5120));
        assert_eq!(total("events: Ir\ntotals: 77\n"), Some(77));
        assert_eq!(total("nothing"), None);
    }
}
