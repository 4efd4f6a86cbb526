//! The list of error codes in the documents is that of the code.

use std::collections::BTreeSet;

use shared::http::ErrorCode;

use super::root;

#[test]
fn every_error_code_is_documented_once_with_its_status() {
    let text = std::fs::read_to_string(root().join("docs/errors.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let documented: Vec<(String, String)> = rows
        .filter_map(|row| {
            let mut cells = row.trim_matches('|').split('|').map(str::trim);
            let code = cells.next()?.trim_matches('`').to_string();
            let status = cells.next()?;
            status.parse::<u16>().ok()?;
            Some((code, status.to_string()))
        })
        .collect();
    let codes = ErrorCode::ALL.iter();
    let known: Vec<(String, String)> = codes
        .map(|code| (code.to_string(), code.status().to_string()))
        .collect();
    assert_eq!(documented, known, "docs/errors.md and ErrorCode differ");
}

#[test]
fn no_two_error_codes_read_alike() {
    let texts: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), ErrorCode::ALL.len());
}
