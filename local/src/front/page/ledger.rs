//! The last entries of the ledger, in the words of `creditsctl explain`.

use wording::EntryLine;

use super::parts::{card, unread};
use crate::frame::escaped;
use crate::front::figures::moment;
use crate::front::read::Shown;

pub(super) fn html(shown: &Shown) -> String {
    let body = match &shown.entries {
        Ok(entries) if entries.is_empty() => "<p>Nothing has happened yet.</p>\n".to_string(),
        Ok(entries) => {
            let count = shown.credits.as_ref().map_or(0, |credits| credits.version);
            let count = match count {
                1 => "One entry, ".to_string(),
                count => format!("{count} entries, "),
            };
            let items: String = entries.iter().enumerate().map(entry).collect();
            format!(
                "<p class=\"note\">{count}the newest first. Each change of the balance is one, and none is ever changed.</p>\n<ol class=\"entries\">\n{items}</ol>\n"
            )
        }
        Err(problem) => unread(problem),
    };
    card("ledger", "Ledger", &body)
}

/// An entry; the newest is unfolded.
fn entry((place, entry): (usize, &EntryLine)) -> String {
    let at = moment(entry.at());
    let (what, balance) = (escaped(&entry.what()), escaped(&entry.balance()));
    let key = escaped(entry.key());
    let details = entry.details();
    let details = details.iter().map(|line| {
        let line = escaped(line);
        format!("<li>{line}</li>\n")
    });
    let details: String = details.collect();
    let open = if place == 0 { " open" } else { "" };
    format!(
        "<li><details{open}><summary><strong>{what}</strong> <span class=\"note\">{balance}</span></summary>\n<p class=\"note\">{at}, under the key <span class=\"id\">{key}</span></p>\n<ul>\n{details}</ul></details></li>\n"
    )
}
