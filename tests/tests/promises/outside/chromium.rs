//! A browser without JavaScript: Debian's Chromium, driven over WebDriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::outside;

/// How long a browser may take; only a broken one takes longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// The name that WebDriver gives to the id of an element (W3C WebDriver, 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser of the test's own; it ends with this.
pub(super) struct Browser {
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
    pub(super) async fn start(app: u16) -> Option<Self> {
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

    pub(super) async fn open(&self, address: &str) {
        self.order("/url", &json!({"url": address})).await;
    }

    /// What an expression is in the open page. The driver may run it, the page may not.
    pub(super) async fn value_of(&self, expression: &str) -> Value {
        let body = json!({"script": format!("return {expression};"), "args": []});
        self.order("/execute/sync", &body).await
    }

    /// The path of an element's commands.
    async fn element(&self, selector: &str) -> String {
        let body = json!({"using": "css selector", "value": selector});
        let found = self.order("/element", &body).await;
        format!("/element/{}", found[ELEMENT].as_str().unwrap())
    }

    pub(super) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.order(&format!("{element}/click"), &json!({})).await;
    }

    /// Clicks on what leads to a page, and waits until that is there.
    pub(super) async fn follow(&self, selector: &str) {
        self.arrive_by(self.click(selector)).await;
    }

    /// Does what leads to a page, and waits until that is there: the driver answers when
    /// the act is done, which may be before the browser leaves.
    pub(super) async fn arrive_by(&self, act: impl Future<Output = ()>) {
        self.value_of("window.leaving = true").await;
        act.await;
        let is_there = "window.leaving !== true && document.readyState === 'complete'";
        let arrived = async {
            while self.value_of(is_there).await != true {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let arrived = tokio::time::timeout(PATIENCE, arrived).await;
        arrived.unwrap_or_else(|_| panic!("it leads to no page"));
    }

    pub(super) async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        let text = json!({"text": text});
        self.order(&format!("{element}/value"), &text).await;
    }

    /// Whether the open page shows a text.
    pub(super) async fn shows(&self, text: &str) -> bool {
        let text = json!(text);
        let shown = format!("document.body.innerText.includes({text})");
        self.value_of(&shown).await == true
    }

    /// The tab that is driven.
    pub(super) async fn tab(&self) -> String {
        let request = self.http.get(format!("{}/window", self.session));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["value"].as_str().unwrap().to_string()
    }

    /// A new tab, which is then the one that is driven.
    pub(super) async fn new_tab(&self) -> String {
        let made = self.order("/window/new", &json!({"type": "tab"})).await;
        let tab = made["handle"].as_str().unwrap().to_string();
        self.turn_to(&tab).await;
        tab
    }

    /// Drives another tab from now on.
    pub(super) async fn turn_to(&self, tab: &str) {
        self.order("/window", &json!({"handle": tab})).await;
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
    pub(super) async fn press(&self, keys: &[char]) {
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

/// The page fits a phone, and has its style in light and in dark.
pub(super) async fn check_look(browser: &Browser) {
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
