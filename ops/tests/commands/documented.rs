//! What `docs/operate.md` shows is what the program prints: its examples are run one
//! after the other in one world, and compared letter by letter.

use std::fmt::Write;

use crate::shop::Shop;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operate.md");

/// The blocks of a document that show a terminal.
fn shown(document: &str) -> Vec<&str> {
    let blocks = document.split("\n```console\n").skip(1);
    blocks
        .map(|block| block.split("\n```").next().unwrap())
        .collect()
}

#[tokio::test]
async fn the_examples_of_the_operators_page_print_what_it_shows() {
    let shop = Shop::rich().await;
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let blocks = shown(&document);
    assert!(blocks.len() > 5, "{} blocks", blocks.len());
    let (mut expected, mut found) = (String::new(), String::new());
    for block in blocks {
        writeln!(expected, "{block}\n").unwrap();
        for line in block.lines() {
            let Some(line) = line.strip_prefix("$ ") else {
                continue;
            };
            writeln!(found, "$ {line}").unwrap();
            let words = line.strip_prefix("creditsctl ").unwrap();
            let output = shop.plain(words).output().await.unwrap();
            found.push_str(&String::from_utf8(output.stdout).unwrap());
            found.push_str(&String::from_utf8(output.stderr).unwrap());
        }
        found.push('\n');
    }
    assert!(
        found == expected,
        "the page shows\n{expected}\nand the program prints\n{found}"
    );
}
