//! The results of a run: tables for people, and the samples behind them.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// One table.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
}

impl Table {
    /// A table without rows; the first column names what a row is about.
    pub(crate) fn new(title: &str, columns: &[&str]) -> Self {
        Table {
            title: title.to_string(),
            columns: columns.iter().map(ToString::to_string).collect(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a remark below the table.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The table in Markdown, its columns aligned so that it also reads well
    /// where it is printed.
    pub(crate) fn markdown(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            let all = cells.chain(self.columns.get(column));
            all.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let line = |cells: &[String]| {
            let cells = cells.iter().enumerate().map(|(column, cell)| {
                let width = width(column);
                match column {
                    0 => format!(" {cell:<width$} "),
                    _ => format!(" {cell:>width$} "),
                }
            });
            format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
        };
        let mut text = format!("\n## {}\n\n{}", self.title, line(&self.columns));
        let rules = (0..self.columns.len()).map(|column| match column {
            0 => "-".repeat(width(column) + 2),
            _ => format!("{}:", "-".repeat(width(column) + 1)),
        });
        let _ = writeln!(text, "|{}|", rules.collect::<Vec<_>>().join("|"));
        for row in &self.rows {
            text.push_str(&line(row));
        }
        for note in &self.notes {
            let _ = write!(text, "\n{note}\n");
        }
        text
    }
}

/// All tables and samples of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    text: String,
    samples: Map<String, Value>,
}

impl Report {
    /// Prints a line at once and adds it to the file.
    pub(crate) fn say(&mut self, text: &str) {
        println!("{text}");
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Prints a table and keeps it.
    pub(crate) fn table(&mut self, table: &Table) {
        self.say(table.markdown().trim_end_matches('\n'));
    }

    /// Keeps the samples behind a figure, in microseconds.
    pub(crate) fn samples(&mut self, what: &str, times: &[Duration]) {
        let micros: Vec<u128> = times.iter().map(Duration::as_micros).collect();
        self.samples.insert(what.to_string(), json!(micros));
    }

    /// The file for people and the one for machines.
    pub(crate) fn finish(self) -> (String, String) {
        (self.text, Value::Object(self.samples).to_string())
    }
}

/// A time in milliseconds, to the hundredth.
pub(crate) fn ms(time: Duration) -> String {
    let hundredths = (time.as_micros() + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A time in milliseconds, to the thousandth.
pub(crate) fn exact_ms(time: Duration) -> String {
    let micros = time.as_micros();
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

/// Bytes in millions, to the hundredth.
pub(crate) fn mb(bytes: u64) -> String {
    let hundredths = (bytes + 5_000) / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Bytes in mebibytes, to the tenth.
pub(crate) fn mib(bytes: u64) -> String {
    let tenths = (bytes * 10 + 524_288) / 1_048_576;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reads_well_as_text_and_as_markdown() {
        let mut table = Table::new("Cold", &["", "p50 ms"]);
        table.row(vec!["ours".into(), "2.40".into()]);
        table.note("Measured.");
        let expected =
            "\n## Cold\n\n|      | p50 ms |\n|------|-------:|\n| ours |   2.40 |\n\nMeasured.\n";
        assert_eq!(table.markdown(), expected);
    }

    #[test]
    fn figures_are_rounded_as_their_unit_says() {
        assert_eq!(ms(Duration::from_micros(2_404)), "2.40");
        assert_eq!(ms(Duration::from_micros(2_405)), "2.41");
        assert_eq!(exact_ms(Duration::from_micros(83)), "0.083");
        assert_eq!(mb(2_345_678), "2.35");
        assert_eq!(mib(7_025_459), "6.7");
    }
}
