//! Cold starts: from process start over the first poll for an event to the
//! first answer.

use std::time::Duration;

use axum::body::Bytes;

use crate::lambda::{CpuQuota, LambdaError, Program, Sandbox};

/// One cold start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) init: Duration,
    pub(crate) first: Duration,
    /// Peak memory until then, in bytes.
    pub(crate) memory: u64,
}

impl Start {
    /// From the start to the first answer.
    pub(crate) fn total(&self) -> Duration {
        self.init + self.first
    }
}

/// Starts `program` this many times, one after the other.
pub(crate) async fn starts(
    program: &Program,
    event: &Bytes,
    times: u32,
    quota: Option<&CpuQuota>,
) -> Result<Vec<Start>, LambdaError> {
    let mut starts = Vec::new();
    for _ in 0..times {
        let mut sandbox = Sandbox::start(program, quota).await?;
        let (_, first) = sandbox.invoke(event).await?;
        starts.push(Start {
            init: sandbox.init,
            first,
            memory: sandbox.peak_memory()?,
        });
        sandbox.end().await?;
    }
    Ok(starts)
}
