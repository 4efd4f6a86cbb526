//! The Stripe of the local world over HTTP: what a client of Stripe's API sees
//! of the stories, page by page, in four versions, and how it is refused.

mod client;
mod errors;
mod expansions;
mod keys;
mod pages;
pub(crate) mod recording;
mod selling;
mod stories;
mod versions;
mod writes;

use std::collections::BTreeMap;

use local::stripe::{ApiVersion, Cast, Scenario};
use local::stripe_api::STRIPE_API_KEY;
use serde_json::Value;
use tests::{Served, at};

/// Who is in the stories.
pub(crate) const USER: &str = "free-user";

/// A world that is served, and a client of its Stripe.
pub(crate) struct Shop {
    pub(crate) served: Served,
    http: reqwest::Client,
}

/// An answer of Stripe's.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

/// A page, or where it sends the browser.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) policy: Option<String>,
    pub(crate) text: String,
}

impl Said {
    /// The ids of a list, and whether there are more.
    #[track_caller]
    pub(crate) fn ids(&self) -> (Vec<String>, bool) {
        assert_eq!(self.status, 200, "{}", self.body);
        assert_eq!(self.body["object"], "list");
        let data = self.body["data"].as_array().unwrap().iter();
        let ids = data.map(|object| object["id"].as_str().unwrap().to_string());
        (ids.collect(), self.body["has_more"].as_bool().unwrap())
    }

    /// Status, type, code and parameter of an error, and its message.
    #[track_caller]
    pub(crate) fn refusal(&self) -> (String, String) {
        let error = &self.body["error"];
        let part = |name: &str| error[name].as_str().unwrap_or("-");
        let line = format!(
            "{} {} {} {}",
            self.status,
            part("type"),
            part("code"),
            part("param")
        );
        (line, part("message").to_string())
    }
}

/// The cast of a story that starts when the suites do.
pub(crate) fn cast(suffix: &str) -> Cast {
    Cast::new(USER, suffix, at(tests::NOW))
}

impl Shop {
    /// Where these stories happened.
    pub(crate) async fn of(stories: &[(Scenario, &str)]) -> Self {
        let served = Served::start().await;
        served.empty_stripe();
        for (scenario, suffix) in stories {
            let told = served
                .world
                .stripe
                .tell_all(*scenario, &cast(suffix), ApiVersion::Dahlia);
            told.unwrap();
        }
        Shop::at(served)
    }

    /// The Stripe of a world as it is.
    pub(crate) fn at(served: Served) -> Self {
        let http = reqwest::Client::builder().no_proxy();
        // A redirect is an answer to look at.
        let http = http.redirect(reqwest::redirect::Policy::none());
        let http = http.build().unwrap();
        Shop { served, http }
    }

    pub(crate) fn url(&self) -> &str {
        self.served.world.stripe_url.as_deref().unwrap()
    }

    /// Any request; the headers come on top of none.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        form: &str,
    ) -> Said {
        let url = format!("{}{path}", self.url());
        let mut request = self.http.request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == "POST" {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_string()))
            .collect();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        Said {
            status,
            headers,
            body,
        }
    }

    /// A request for one of Stripe's pages, as a browser sends it; a form, if it has one.
    pub(crate) async fn page(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        form: Option<&str>,
    ) -> Page {
        let mut request = match form {
            Some(form) => self
                .http
                .post(url)
                .body(form.to_string())
                .header("content-type", "application/x-www-form-urlencoded"),
            None => self.http.get(url),
        };
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let location = response.headers().get("location");
        Page {
            status: response.status().as_u16(),
            location: location.map(|it| it.to_str().unwrap().to_string()),
            policy: response
                .headers()
                .get("content-security-policy")
                .map(|it| it.to_str().unwrap().to_string()),
            text: response.text().await.unwrap(),
        }
    }

    /// A GET with the key, in the default version.
    pub(crate) async fn get(&self, path: &str) -> Said {
        let bearer = format!("Bearer {STRIPE_API_KEY}");
        self.send("GET", path, &[("authorization", &bearer)], "")
            .await
    }

    /// A GET in a version.
    pub(crate) async fn get_in(&self, version: ApiVersion, path: &str) -> Said {
        let bearer = format!("Bearer {STRIPE_API_KEY}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("stripe-version", version.api_version()),
        ];
        self.send("GET", path, &headers, "").await
    }

    /// A POST under an idempotency key.
    pub(crate) async fn post(&self, path: &str, key: &str, form: &str) -> Said {
        let bearer = format!("Bearer {STRIPE_API_KEY}");
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", key)];
        self.send("POST", path, &headers, form).await
    }
}
