//! Cursors of the history: a text that is one is the only text of its place.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::store::Cursor;

use crate::target::{Problem, Target};

/// The text of a cursor, or after a `=` what the text is made of.
pub(crate) const TARGET: Target = Target {
    name: "cursor",
    about: "cursors of the history",
    longest: 512,
    run,
    seeds,
};

fn run(input: &[u8]) -> Result<(), Problem> {
    let text = match input.split_first() {
        Some((b'=', decoded)) => URL_SAFE_NO_PAD.encode(decoded),
        _ => String::from_utf8_lossy(input).into_owned(),
    };
    let Some(cursor) = Cursor::from_text(&text) else {
        return Ok(());
    };
    let again = cursor.to_text();
    if again != text {
        return Err(format!("{text} and {again} are the same place"));
    }
    if Cursor::from_text(&again).as_ref() != Some(&cursor) {
        return Err(format!("{again} is another place"));
    }
    Ok(())
}

fn seeds() -> Vec<Vec<u8>> {
    let places = [
        "=2025-11-06T14:30:00Z#00000000000000000007\nENTRY#api#inference-service#call-1",
        "=2025-11-06T14:30:00Z#00000000000000000001\nENTRY#opening",
        "=2025-11-06T14:30:00Z#1\nENTRY#api#a#b",
    ];
    let mut all: Vec<Vec<u8>> = places.iter().map(|it| it.as_bytes().to_vec()).collect();
    let encoded = all
        .iter()
        .filter_map(|it| Some(URL_SAFE_NO_PAD.encode(it.get(1..)?).into_bytes()));
    let encoded: Vec<Vec<u8>> = encoded.collect();
    all.extend(encoded);
    all
}
