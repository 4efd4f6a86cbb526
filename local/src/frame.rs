//! The frame of the pages that the local world serves: one file of HTML each, without
//! scripts and outside resources, and the headers that hold a browser to that.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("frame.css");

/// The `Content-Security-Policy` of a page with these styles. A browser holds a redirect
/// after a form against `form-action`, so the places that its forms lead to are named
/// there.
fn security_policy(styles: &[&str], targets: &[&str]) -> String {
    let hashes = styles.iter().map(|style| {
        let hash = STANDARD.encode(Sha256::digest(style));
        format!(" 'sha256-{hash}'")
    });
    let (hashes, targets): (String, String) = (
        hashes.collect(),
        targets.iter().map(|uri| source(uri)).collect(),
    );
    format!(
        "default-src 'none'; style-src{hashes}; form-action 'self'{targets}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Scheme, host and port of a URI; the scheme alone if it has no host.
fn source(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return String::new();
    };
    let host = rest
        .strip_prefix("//")
        .and_then(|rest| rest.split(['/', '?', '#']).next());
    // Anything else could become a directive of its own.
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-.:[]".contains(letter);
    match host.filter(|host| !host.is_empty()) {
        Some(host) if !host.chars().all(is_plain) => String::new(),
        Some(host) => format!(" {scheme}://{host}"),
        None => format!(" {scheme}:"),
    }
}

/// A page as an answer that nobody may store or frame. A form of it may lead to that
/// address.
pub(crate) fn html(status: StatusCode, page: String, redirect_uri: Option<&str>) -> Response {
    let targets: Vec<&str> = redirect_uri.into_iter().collect();
    answer(status, page, &[STYLE], &targets)
}

/// The same for a page with a style of its own, whose forms may lead to several places.
pub(crate) fn styled_html(page: String, style: &str, targets: &[&str]) -> Response {
    answer(StatusCode::OK, page, &[STYLE, style], targets)
}

fn answer(status: StatusCode, page: String, styles: &[&str], targets: &[&str]) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store".to_string()),
        (header::PRAGMA, "no-cache".to_string()),
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_string()),
        (
            header::CONTENT_SECURITY_POLICY,
            security_policy(styles, targets),
        ),
        // With no-referrer a browser would hide the page's origin from itself.
        (header::REFERRER_POLICY, "same-origin".to_string()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_string()),
        (header::X_FRAME_OPTIONS, "DENY".to_string()),
    ];
    (status, headers, page).into_response()
}

/// Whether a form comes from a page at that address. A browser names the page that
/// sent it, and how far that is from here; other programs do neither.
pub(crate) fn is_own_page(headers: &HeaderMap, base_url: &str) -> bool {
    let localhost = base_url.replace("//127.0.0.1", "//localhost");
    let is_own = match headers.get(header::ORIGIN) {
        Some(origin) => [base_url, &localhost].contains(&origin.to_str().unwrap_or_default()),
        None => true,
    };
    let site = headers.get("sec-fetch-site");
    is_own && site.is_none_or(|site| site == "same-origin" || site == "none")
}

/// A title and a body, both HTML already.
pub(crate) fn page(title: &str, body: &str) -> String {
    styled_page(title, body, "")
}

/// The same with a style of its own besides the common one.
pub(crate) fn styled_page(title: &str, body: &str, style: &str) -> String {
    let style = match style {
        "" => String::new(),
        style => format!("<style>{style}</style>\n"),
    };
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{STYLE}</style>
{style}</head>
<body>
<main>
{body}</main>
</body>
</html>
"#
    )
}

/// Text inside an element or a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            escaped(r#"<a b="c" d='e'>&"#),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;"
        );
    }

    #[test]
    fn the_place_of_a_redirect_is_what_the_policy_names() {
        for (uri, expected) in [
            ("http://localhost:8080/callback", " http://localhost:8080"),
            ("https://app.example?x=1", " https://app.example"),
            ("com.example.app:/callback", " com.example.app:"),
            ("com.example.app:///callback", " com.example.app:"),
            ("https://app.example#x", " https://app.example"),
            ("https://app.example;script-src/x", ""),
        ] {
            assert_eq!(source(uri), expected);
        }
    }
}
