//! The sign-in page in a real browser, without JavaScript: Debian's Chromium,
//! driven over WebDriver. The app is a listener on loopback; the browser finds
//! it at the seeded redirect, whatever its port.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use reqwest::Url;
use serde_json::{Value, json};
use tests::Served;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::outside;
use crate::journeys::sign_in::{REDIRECT, address_of_the_page, claims, exchange};
use crate::stripe_api::Shop;

/// How long a browser may take; only a broken one takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name that WebDriver gives to the id of an element (W3C WebDriver, 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser of the test's own; it ends with this.
struct Browser {
    driver: Child,
    http: reqwest::Client,
    session: String,
    /// What the driver prints to; closed, it would end.
    _said: BufReader<ChildStdout>,
}

/// The port that the driver says it listens at.
fn port_in(said: &mut impl BufRead) -> u16 {
    let mut lines = said.lines().map_while(Result::ok);
    let line = lines.find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    line.expect("chromedriver says its port")
}

impl Browser {
    /// Starts one as wide as a phone, which finds the app at this port; none if
    /// nobody asked for tools from outside.
    async fn start(app: u16) -> Option<Self> {
        let mut driver = outside("chromedriver")?;
        driver.arg("--port=0").stdout(Stdio::piped());
        let mut driver = driver.spawn().unwrap();
        let mut said = BufReader::new(driver.stdout.take().unwrap());
        let port = port_in(&mut said);
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
        let mut browser = Browser {
            driver,
            http: http.build().unwrap(),
            session: format!("http://127.0.0.1:{port}/session"),
            _said: said,
        };
        let options = json!({
            "args": [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server",
                "--window-size=500,800",
                format!("--host-resolver-rules=MAP localhost:8080 127.0.0.1:{app}"),
            ],
            // 2 is "block".
            "prefs": {"profile.managed_default_content_settings.javascript": 2},
        });
        let wanted = json!({"browserName": "chrome", "goog:chromeOptions": options});
        let wanted = json!({"capabilities": {"alwaysMatch": wanted}});
        let started = browser.order("", &wanted).await;
        let session = started["sessionId"].as_str().unwrap();
        browser.session = format!("{}/{session}", browser.session);
        let phone = json!({"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true});
        browser
            .devtools("Emulation.setDeviceMetricsOverride", phone)
            .await;
        Some(browser)
    }

    /// A command of WebDriver; its value.
    async fn order(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.session)).json(body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer["value"].get("error").is_none(), "{path}: {answer}");
        answer["value"].clone()
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.order("/goog/cdp/execute", &body).await
    }

    async fn open(&self, address: &str) {
        self.order("/url", &json!({"url": address})).await;
    }

    /// What an expression is in the open page. The driver may run it, the page may not.
    async fn value_of(&self, expression: &str) -> Value {
        let body = json!({"script": format!("return {expression};"), "args": []});
        self.order("/execute/sync", &body).await
    }

    /// The path of an element's commands.
    async fn element(&self, selector: &str) -> String {
        let body = json!({"using": "css selector", "value": selector});
        let found = self.order("/element", &body).await;
        format!("/element/{}", found[ELEMENT].as_str().unwrap())
    }

    async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.order(&format!("{element}/click"), &json!({})).await;
    }

    async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        let text = json!({"text": text});
        self.order(&format!("{element}/value"), &text).await;
    }

    /// Closes the browser, without waiting for other tasks.
    fn end_session(&self) -> std::io::Result<()> {
        let rest = self.session.trim_start_matches("http://");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut stream = std::net::TcpStream::connect(host)?;
        write!(
            stream,
            "DELETE /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        )?;
        // The answer comes once the browser is gone.
        let _ = stream.read(&mut [0; 64])?;
        Ok(())
    }

    /// Presses keys on whatever has the focus.
    async fn press(&self, keys: &[char]) {
        let strokes = keys.iter().flat_map(|key| {
            ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()}))
        });
        let keyboard = json!({"type": "key", "id": "keys", "actions": strokes.collect::<Vec<_>>()});
        self.order("/actions", &json!({"actions": [keyboard]}))
            .await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver closes its browser with the session; either may have ended already.
        let _ = self.end_session();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

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
    browser.click("button[value=decline]").await;
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
    browser.click("button[value=cancel]").await;
    let ends = "document.body.innerText.includes('It ends on 2025-12-01')";
    assert_eq!(browser.value_of(ends).await, true);
    browser.click("button[value=resume]").await;
    let renews = "document.body.innerText.includes('It renews on 2025-12-01')";
    assert_eq!(browser.value_of(renews).await, true);
}

/// The page fits a phone, and has its style in light and in dark.
async fn check_look(browser: &Browser) {
    let wide = browser
        .value_of("document.documentElement.scrollWidth")
        .await;
    assert_eq!(wide, 360, "it scrolls sideways");
    let mut colours = Vec::new();
    for scheme in ["light", "dark"] {
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        let media = json!({"features": [feature]});
        browser.devtools("Emulation.setEmulatedMedia", media).await;
        let style = "getComputedStyle(document.body)";
        colours.push(
            browser
                .value_of(&format!("[{style}.color, {style}.backgroundColor]"))
                .await,
        );
    }
    assert_eq!(colours[0], json!(["rgb(27, 31, 36)", "rgb(246, 248, 250)"]));
    assert_eq!(colours[1], json!(["rgb(230, 237, 243)", "rgb(13, 17, 23)"]));
    let height = "document.querySelector('button').getBoundingClientRect().height";
    assert!(
        browser.value_of(height).await.as_f64().unwrap() >= 44.0,
        "a finger hits it"
    );
}
