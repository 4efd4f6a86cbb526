//! The issuer's and Stripe's pages in a real browser. The app is a listener on
//! loopback; the browser finds it at the seeded redirect, whatever its port.

use reqwest::Url;
use tests::Served;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::chromium::{Browser, PATIENCE, check_look};
use crate::journeys::sign_in::{REDIRECT, address_of_the_page, claims, exchange};
use crate::stripe_api::Shop;

/// The app: what the browser brings to its redirect.
struct App(UnboundedReceiver<Url>);

impl App {
    /// Listens at a port. A browser opens connections that it does not use, so each
    /// has a task of its own.
    async fn start() -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (visits, visited) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let visits = visits.clone();
                tokio::spawn(async move {
                    if let Some(visit) = visit_over(stream).await {
                        // The test may have ended.
                        let _ = visits.send(visit);
                    }
                });
            }
        });
        (App(visited), port)
    }

    /// The next visit of the redirect.
    async fn visit(&mut self) -> Url {
        let visit = tokio::time::timeout(PATIENCE, self.0.recv()).await;
        visit.expect("the browser comes back").unwrap()
    }
}

/// The address of a visit of the redirect. Whatever else a browser asks for is not found.
async fn visit_over(mut stream: TcpStream) -> Option<Url> {
    let mut lines = tokio::io::BufReader::new(&mut stream).lines();
    let first = lines.next_line().await.ok()??;
    while !lines.next_line().await.ok()??.is_empty() {}
    let path = first.split(' ').nth(1)?;
    let address = Url::parse(REDIRECT).unwrap().join(path).ok()?;
    let is_visit = address.path() == "/callback";
    let status = if is_visit { "200 OK" } else { "404 Not Found" };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: 5\r\nconnection: close\r\n\r\nDone."
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    is_visit.then_some(address)
}

/// A parameter of an address.
fn parameter(address: &Url, name: &str) -> Option<String> {
    let mut pairs = address.query_pairs();
    let found = pairs.find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

/// Who signed in, once the browser is back at the app.
async fn subject(served: &Served, visit: &Url) -> String {
    assert!(visit.as_str().starts_with(REDIRECT), "{visit}");
    assert_eq!(parameter(visit, "state").as_deref(), Some("a state & more"));
    let code = parameter(visit, "code").unwrap_or_else(|| panic!("no code in {visit}"));
    let tokens = exchange(served, &code, &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let tokens = tokens.json();
    let id_token = claims(served, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(id_token["nonce"], "a nonce");
    id_token["sub"].as_str().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_javascript_signs_in_by_mouse_keyboard_and_address() {
    let (mut app, port) = App::start().await;
    let Some(browser) = Browser::start(port).await else {
        return;
    };
    let served = Served::start().await;
    let page = address_of_the_page(&served);

    browser.open(&page).await;
    assert_eq!(
        browser.value_of("document.title").await,
        "Sign in to Text Assistant Desktop"
    );
    check_look(&browser).await;
    let (_, visit) = tokio::join!(browser.click("button[value=pro-user]"), app.visit());
    assert_eq!(subject(&served, &visit).await, "pro-user");

    browser.open(&page).await;
    // Tab, Tab, Enter: the second user, without a mouse.
    let (_, visit) = tokio::join!(
        browser.press(&['\u{e004}', '\u{e004}', '\u{e007}']),
        app.visit()
    );
    assert_eq!(subject(&served, &visit).await, "pro-user");

    browser.open(&page).await;
    // The browser itself knows that this is no address: nothing is sent.
    browser.type_into("#email", "nobody").await;
    browser.click(".main").await;
    assert_eq!(browser.value_of("location.href").await, page);
    let (_, visit) = tokio::join!(
        browser.type_into("#email", "@example.org\u{e007}"),
        app.visit()
    );
    let new = subject(&served, &visit).await;
    assert!(!["pro-user", "free-user"].contains(&new.as_str()), "{new}");

    browser.open(&page).await;
    let (_, visit) = tokio::join!(browser.click("[name=cancel]"), app.visit());
    assert_eq!(parameter(&visit, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&visit, "code"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_javascript_buys_a_pack_and_cancels_a_subscription() {
    let (mut app, port) = App::start().await;
    let Some(browser) = Browser::start(port).await else {
        return;
    };
    let shop = Shop::at(Served::start().await);
    let form = format!(
        "mode=payment&line_items[0][price]=price_test_pack_1000&line_items[0][quantity]=1\
         &client_reference_id=free-user&metadata[price_id]=price_test_pack_1000\
         &success_url={REDIRECT}?session={{CHECKOUT_SESSION_ID}}"
    );
    let session = shop.post("/v1/checkout/sessions", "buy", &form).await.body;
    let page = session["url"].as_str().unwrap();
    browser.open(page).await;
    check_look(&browser).await;
    browser.follow("button[value=decline]").await;
    let refused = "document.querySelector('[role=alert]').innerText";
    let refused = browser.value_of(refused).await;
    assert!(refused.as_str().unwrap().contains("declined"), "{refused}");

    browser.open(page).await;
    // Tab, Enter: paid without a mouse.
    let (_, visit) = tokio::join!(browser.press(&['\u{e004}', '\u{e007}']), app.visit());
    let id = session["id"].as_str();
    assert_eq!(parameter(&visit, "session").as_deref(), id);
    let credits = shop.served.credits("free-user").await.json();
    assert_eq!(credits["proCredits"]["remaining"], 1000);

    let form = "customer=cus_test_pro_user";
    let path = "/v1/billing_portal/sessions";
    let portal = shop.post(path, "change", form).await.body;
    browser.open(portal["url"].as_str().unwrap()).await;
    check_look(&browser).await;
    browser.follow("button[value=cancel]").await;
    let ends = "document.body.innerText.includes('It ends on 2025-12-01')";
    assert_eq!(browser.value_of(ends).await, true);
    browser.follow("button[value=resume]").await;
    let renews = "document.body.innerText.includes('It renews on 2025-12-01')";
    assert_eq!(browser.value_of(renews).await, true);
}
