//! A function as Lambda runs it: a process that polls the Runtime API for events.

mod process;
mod quota;
mod runtime_api;

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use axum::body::Bytes;
use shared::host::clock::Stopwatch;
use shared::host::environment::Variables;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

pub(crate) use quota::{CpuQuota, Period};
use runtime_api::{Call, RuntimeApi};

/// Longer than any peer takes to start, even on a small share of the CPU.
const PATIENCE: Duration = Duration::from_secs(60);

/// Variables that Lambda sets besides the API's address; runtimes need them.
const LAMBDA_SETS: [(&str, &str); 5] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
];

/// Why a function could not be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LambdaError {
    /// The machine does not permit it.
    #[error("{0}")]
    Machine(#[from] std::io::Error),
    /// The function reported a failure, or ended.
    #[error("{program}: {problem}")]
    Function { program: String, problem: String },
}

/// How a function is started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    /// Its working directory; none means the current one.
    pub(crate) folder: Option<PathBuf>,
    /// Its environment; besides it only PATH is set.
    pub(crate) variables: Vec<(String, String)>,
}

impl Program {
    fn name(&self) -> String {
        self.command.join(" ")
    }

    /// The same, run by another program.
    pub(crate) fn under(&self, wrapper: &[&str]) -> Self {
        let wrapper = wrapper.iter().map(ToString::to_string);
        Program {
            command: wrapper.chain(self.command.clone()).collect(),
            ..self.clone()
        }
    }
}

/// A running function that waits for an event.
#[derive(Debug)]
pub(crate) struct Sandbox {
    program: Program,
    api: RuntimeApi,
    child: Child,
    waiting: Option<oneshot::Sender<Bytes>>,
    /// From process start to the first poll for an event.
    pub(crate) init: Duration,
}

impl Sandbox {
    /// Starts a function and waits for its first poll.
    pub(crate) async fn start(
        program: &Program,
        quota: Option<&CpuQuota>,
    ) -> Result<Self, LambdaError> {
        let api = RuntimeApi::open().await?;
        let (file, arguments) = program.command.split_first().ok_or(LambdaError::Function {
            program: String::new(),
            problem: "no command".into(),
        })?;
        let mut command = Command::new(file);
        command
            .args(arguments)
            .env_clear()
            .envs(
                Variables::of_this_process()
                    .optional("PATH")
                    .map(|path| ("PATH", path)),
            )
            .envs(program.variables.clone())
            .envs(LAMBDA_SETS)
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if let Some(folder) = &program.folder {
            command.current_dir(folder);
        }
        let (child, stopwatch) = match quota {
            Some(quota) => quota.spawn(&command).await?,
            None => {
                let stopwatch = Stopwatch::start();
                (command.spawn()?, stopwatch)
            }
        };
        let mut sandbox = Sandbox {
            program: program.clone(),
            api,
            child,
            waiting: None,
            init: Duration::ZERO,
        };
        sandbox.wait_for_question().await?;
        sandbox.init = stopwatch.elapsed();
        Ok(sandbox)
    }

    /// Hands over an event; returns the answer and its latency.
    pub(crate) async fn invoke(&mut self, event: &Bytes) -> Result<(Bytes, Duration), LambdaError> {
        if self.waiting.is_none() {
            self.wait_for_question().await?;
        }
        let stopwatch = Stopwatch::start();
        if let Some(waiting) = self.waiting.take() {
            let _ = waiting.send(event.clone());
        }
        match self.call().await? {
            Call::Answer(answer) => Ok((answer, stopwatch.elapsed())),
            Call::Failure(problem) => Err(self.failed(problem)),
            Call::Next(_) => Err(self.failed("asked for an event without answering one".into())),
        }
    }

    async fn wait_for_question(&mut self) -> Result<(), LambdaError> {
        match self.call().await? {
            Call::Next(waiting) => {
                self.waiting = Some(waiting);
                Ok(())
            }
            Call::Failure(problem) => Err(self.failed(problem)),
            Call::Answer(_) => Err(self.failed("answered without an event".into())),
        }
    }

    async fn call(&mut self) -> Result<Call, LambdaError> {
        let outcome = tokio::select! {
            call = self.api.call() => call.ok_or("its Runtime API has closed".to_string()),
            ended = self.child.wait() => Err(match ended {
                Ok(status) => format!("ended with {status}"),
                Err(error) => error.to_string(),
            }),
            () = tokio::time::sleep(PATIENCE) => Err(format!("silent for {PATIENCE:?}")),
        };
        outcome.map_err(|problem| self.failed(problem))
    }

    fn failed(&self, problem: String) -> LambdaError {
        let program = self.program.name();
        LambdaError::Function { program, problem }
    }

    /// The CPU time of all its threads so far.
    pub(crate) fn cpu(&self) -> Result<Duration, LambdaError> {
        Ok(process::cpu(self.pid()?)?)
    }

    /// Peak memory, in bytes.
    pub(crate) fn peak_memory(&self) -> Result<u64, LambdaError> {
        Ok(process::peak_memory(self.pid()?)?)
    }

    fn pid(&self) -> Result<u32, LambdaError> {
        let pid = self.child.id();
        pid.ok_or_else(|| self.failed("has ended".into()))
    }

    /// Ends it at once, whatever it does.
    #[cfg(test)]
    pub(crate) async fn kill(mut self) -> Result<(), LambdaError> {
        Ok(self.child.kill().await?)
    }

    /// Ends it as Lambda does, with a signal that it can handle.
    pub(crate) async fn end(mut self) -> Result<(), LambdaError> {
        let pid = self.pid()?;
        process::terminate(pid).await?;
        tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .map_err(|_| self.failed("does not end".into()))??;
        Ok(())
    }
}
