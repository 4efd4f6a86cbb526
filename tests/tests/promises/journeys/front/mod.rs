//! The front door of the local world over HTTP: what its page shows, and what its forms
//! do. `outside::front_door` presses the buttons in a browser.

mod buttons;
mod guarded;
mod shown;

use tests::{Answer, Served};

pub(crate) const USER: &str = "free-user";

/// The page of a user.
pub(super) async fn page(served: &Served, user: &str) -> String {
    let answer = served.get(&format!("/?user={user}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

/// Sends a form with these headers.
pub(super) async fn send(served: &Served, headers: &[(&str, &str)], form: &str) -> Answer {
    let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
    all.extend(headers);
    served.send("POST", "/_local/front", &all, Some(form)).await
}

/// Presses a button as the browser does; the page after it.
pub(super) async fn press(served: &Served, user: &str, form: &str) -> String {
    let base = served.world.base_url.clone();
    let headers = [("origin", base.as_str()), ("sec-fetch-site", "same-origin")];
    let answer = send(served, &headers, &format!("user={user}&{form}")).await;
    assert_eq!(answer.status, 303, "{form}: {}", answer.text);
    let page = served.get(answer.header("location")).await;
    assert_eq!(page.status, 200, "{form}: {}", page.text);
    page.text
}

/// What the last button came to, by its heading.
#[track_caller]
pub(super) fn said(page: &str) -> &str {
    let (_, rest) = page.split_once("<h2 id=\"said\">").expect(page);
    rest.split('<').next().unwrap()
}
