//! Results: text for people, one JSON object per line for machines.
//!
//! Each result is written at once and not kept, so output may have any length.
//! Only results go here; messages go to standard error.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Destination and format of a command's results.
pub struct Output {
    json: bool,
    to: Mutex<Box<dyn Write + Send>>,
}

impl Output {
    /// Writes results as text or JSON to this writer, usually standard output.
    pub fn new(json: bool, to: Box<dyn Write + Send>) -> Self {
        Output {
            json,
            to: Mutex::new(to),
        }
    }

    /// Reports one result on its own lines. Returns the writer's errors; a
    /// closed pipe is [`io::ErrorKind::BrokenPipe`].
    pub fn report(&self, result: &(impl Display + Serialize)) -> io::Result<()> {
        let text = if self.json {
            serde_json::to_string(result)?
        } else {
            result.to_string()
        };
        self.write(&text)
    }

    /// Writes a line for people only, as a heading or a verdict; JSON omits it.
    pub fn say(&self, text: impl Display) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        self.write(&text.to_string())
    }

    /// Writes a line for machines only, whose content people are told otherwise.
    pub fn data(&self, result: &impl Serialize) -> io::Result<()> {
        if !self.json {
            return Ok(());
        }
        self.write(&serde_json::to_string(result)?)
    }

    /// Writes a part of a document as it is, without a line end.
    pub fn raw(&self, text: &str) -> io::Result<()> {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        to.write_all(text.as_bytes())
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        to.write_all(text.trim_end_matches('\n').as_bytes())?;
        to.write_all(b"\n")?;
        to.flush()
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Output")
            .field("json", &self.json)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// The written bytes, readable meanwhile.
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

    #[derive(Serialize)]
    struct Pear {
        weight_grams: u32,
    }

    impl Display for Pear {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            writeln!(formatter, "a pear of {} g", self.weight_grams)
        }
    }

    #[track_caller]
    fn check(json: bool, expected: &str) {
        let paper = Paper::default();
        let output = Output::new(json, Box::new(paper.clone()));
        output.say("Pears:").unwrap();
        output.report(&Pear { weight_grams: 178 }).unwrap();
        let written = String::from_utf8(paper.0.lock().unwrap().clone());
        assert_eq!(written.unwrap(), expected);
    }

    #[test]
    fn people_get_words_and_machines_json_without_them() {
        check(false, "Pears:\na pear of 178 g\n");
        check(true, "{\"weight_grams\":178}\n");
    }
}
