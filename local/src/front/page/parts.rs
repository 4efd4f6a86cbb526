//! Pieces that the cards of the page share.

use crate::frame::escaped;
use crate::front::read::Shown;
use crate::front::wire::FRONT_PATH;

/// A card with a heading; the body is HTML already.
pub(super) fn card(id: &str, heading: &str, body: &str) -> String {
    format!(
        "<section class=\"card\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{body}</section>\n"
    )
}

/// What could not be read, and why.
pub(super) fn unread(problem: &str) -> String {
    format!("<p class=\"problem\">{}</p>\n", escaped(problem))
}

/// A form for the user of the page; fields and buttons are HTML already.
pub(super) fn form(shown: &Shown, label: &str, inside: &str) -> String {
    let user = escaped(shown.user.as_str());
    format!(
        "<form method=\"post\" action=\"{FRONT_PATH}\" aria-label=\"{label}\">\n{}{inside}</form>\n",
        hidden("user", &user)
    )
}

/// A hidden field; the value is escaped already.
pub(super) fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n")
}
