//! An operator at the tables of a world: runs `creditsctl` over the wire and
//! reads what it says.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use terminal::Stop;

/// What is written here can be read while it is.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Somebody with the address of tables.
#[derive(Clone, Debug)]
pub struct Operator {
    /// The address of the tables.
    pub url: String,
    now: String,
    /// What the environment has beside.
    variables: Vec<(String, String)>,
    /// What ends a command between two commits.
    pub stop: Stop,
}

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The exit code.
    pub code: u8,
    /// The result.
    pub text: String,
}

impl Said {
    /// The result line by line, read as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        let read =
            |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.text.lines().map(read).collect()
    }
}

impl Operator {
    /// At these tables, and by this time.
    pub fn at(url: &str, now: &str) -> Self {
        Operator {
            url: url.to_string(),
            now: now.to_string(),
            variables: Vec::new(),
            stop: Stop::new(),
        }
    }

    /// The same operator, with a variable set.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_string(), value.to_string()));
        self
    }

    /// Where the tables are.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs `creditsctl` with these words.
    pub async fn run(&self, words: &[&str]) -> Said {
        let at = [
            "--endpoint-url",
            self.url.as_str(),
            "--region",
            "local",
            "--now",
            self.now.as_str(),
        ];
        let line = ["creditsctl"].iter().chain(words).chain(&at).copied();
        let paper = Paper::default();
        let variables = self.variables.iter().cloned().collect();
        let output = Box::new(paper.clone());
        let code = ops::run_with(line, output, self.stop.clone(), variables).await;
        let written = paper.0.lock().unwrap().clone();
        Said {
            code,
            text: String::from_utf8(written).unwrap(),
        }
    }
}
