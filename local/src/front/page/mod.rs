//! The page as HTML: one file without scripts and outside resources. Everything that is
//! not a constant is escaped.

mod balance;
mod buttons;
mod chart;
mod ledger;
mod parts;
mod said;

use super::notice::Notice;
use super::read::{Listed, Shown};
use super::wire;
use crate::frame::{escaped, styled_page};
use crate::front::figures::{moment, thousands};

/// The style of the page, besides that of all pages.
pub(super) const STYLE: &str = include_str!("front.css");

/// The page, with what the last button came to.
pub(super) fn html(shown: &Shown, said: Option<&Notice>) -> String {
    let head = head(shown);
    let said = said.map(said::html).unwrap_or_default();
    let people = people(shown);
    let balance = balance::html(shown);
    let buttons = buttons::html(shown);
    let (lots, days, ledger) = (
        balance::lots(shown),
        chart::html(shown),
        ledger::html(shown),
    );
    let body = format!(
        "{head}{said}{people}<div class=\"desk\">\n<div class=\"now\">\n{balance}</div>\n\
         <div class=\"acts\">\n{buttons}</div>\n<div class=\"past\">\n{lots}{days}{ledger}</div>\n</div>\n"
    );
    let title = format!("{} - Dedicated API, local world", escaped(shown.name()));
    styled_page(&title, &body, STYLE)
}

const LINKS: [(&str, &str); 5] = [
    ("/docs", "API document"),
    ("/_local/docs", "This world's own routes"),
    ("/_local/mail", "Mail"),
    ("/_local/meter", "Metered requests"),
    ("/.well-known/openid-configuration", "Issuer"),
];

fn head(shown: &Shown) -> String {
    let links = LINKS.iter();
    let links = links.map(|(path, text)| format!("<li><a href=\"{path}\">{text}</a></li>\n"));
    let links: String = links.collect();
    let now = moment(shown.now);
    let state = if shown.is_frozen { ", stopped" } else { "" };
    format!(
        r#"<header>
<h1>Dedicated API <span class="tag">local world</span></h1>
<p>Credits and billing for an AI app: it meters what users spend, grants what they pay for, and claws back what is refunded. All of it runs on this machine. No money moves.</p>
<ul class="links">
{links}<li class="clock">Clock: {now}{state}</li>
</ul>
</header>
"#
    )
}

fn people(shown: &Shown) -> String {
    let people: String = shown.people.iter().map(|it| person(shown, it)).collect();
    let more = if shown.has_more_people {
        "<li class=\"note\">There are more: <code>creditsctl user list</code>.</li>\n"
    } else {
        ""
    };
    format!("<nav aria-label=\"Users\">\n<ul class=\"people\">\n{people}{more}</ul>\n</nav>\n")
}

fn person(shown: &Shown, person: &Listed) -> String {
    let href = escaped(&wire::home(&person.user_id, None));
    let current = if person.user_id == shown.user {
        " aria-current=\"page\""
    } else {
        ""
    };
    let id = person.user_id.as_str();
    let name = escaped(person.name.as_deref().unwrap_or(id));
    let below = escaped(person.email.as_deref().unwrap_or(id));
    let credits = match person.available {
        Some(credits) => format!("{} credits", thousands(credits)),
        None => "balance unknown".to_string(),
    };
    format!(
        "<li><a href=\"{href}\"{current}><strong>{name}</strong> <span>{below}</span> <span class=\"figure\">{credits}</span></a></li>\n"
    )
}
