//! Aligns rows of text in columns, for people.

use std::fmt;

/// Rows with aligned cells, two spaces apart. The last cell of a row does not
/// count for the column width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// No rows yet.
    pub fn new() -> Self {
        Columns::default()
    }

    /// Adds a row below the others.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl ToString>) {
        let cells = cells.into_iter().map(|cell| cell.to_string());
        self.rows.push(cells.collect());
    }

    /// Column widths, ignoring the last cell of each row.
    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in &self.rows {
            let before_the_last = row.len().saturating_sub(1);
            for (place, cell) in row.iter().take(before_the_last).enumerate() {
                let length = cell.chars().count();
                match widths.get_mut(place) {
                    Some(width) => *width = length.max(*width),
                    None => widths.push(length),
                }
            }
        }
        widths
    }
}

/// One line per row, without trailing spaces.
impl fmt::Display for Columns {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for row in &self.rows {
            let mut line = String::new();
            for (place, cell) in row.iter().enumerate() {
                let is_last = place + 1 == row.len();
                let width = widths
                    .get(place)
                    .filter(|_| !is_last)
                    .map_or(0, |it| it + 2);
                line.push_str(&format!("{cell:width$}"));
            }
            writeln!(formatter, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_each_other_and_the_last_is_as_long_as_it_likes() {
        let mut columns = Columns::new();
        columns.row(["user", "free@example.com", "created"]);
        columns.row(["subscription", "é", ""]);
        columns.row(["one cell that is longer than any other"]);
        let expected = "\
user          free@example.com  created
subscription  é
one cell that is longer than any other
";
        assert_eq!(columns.to_string(), expected);
    }
}
