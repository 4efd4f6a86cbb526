//! The pages that Stripe hosts, plain and without scripts: the checkout at a
//! session's address, and the customer portal. Whoever knows such an address may use
//! it, as at Stripe. Every form is bounded and may come from these pages alone.

mod checkout;
mod lines;
mod portal;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::live::LocalStripe;
use super::selling::{CheckoutAct, CheckoutEnd, PortalAct};
use super::webhook::Webhook;
use crate::frame::{escaped, html, is_own_page, page};
use crate::identity::oauth::Form;
use crate::sign_in::form_body::body_of;

/// What the pages stand on.
#[derive(Clone)]
pub(super) struct Hosting {
    pub(super) stripe: LocalStripe,
    pub(super) webhook: Webhook,
}

pub(super) fn routes() -> Router<Hosting> {
    Router::new()
        .route("/c/pay/{session}", get(show_checkout).post(use_checkout))
        .route("/p/session/{secret}", get(show_portal).post(use_portal))
}

/// A page that says why there is no other.
fn problem(status: StatusCode, text: &str) -> Response {
    let text = escaped(text);
    let body = format!(
        "<h1>This page cannot go on</h1>\n<p role=\"alert\">{text}</p>\n\
         <p>This is the Stripe of the local world. Close this page and start again from the app.</p>\n"
    );
    html(status, page("Local Stripe", &body), None)
}

fn no_checkout() -> Response {
    problem(StatusCode::NOT_FOUND, "There is no such checkout.")
}

fn no_portal() -> Response {
    let text = "There is no such session of the portal, or it has ended.";
    problem(StatusCode::NOT_FOUND, text)
}

/// Sends the browser on; 303 turns its POST into a GET.
fn sent(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => {
            let headers = [
                (header::LOCATION, location),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(_) => problem(StatusCode::BAD_REQUEST, "The app's address is not valid."),
    }
}

/// The form of a button on one of these pages, or why it is refused.
async fn form_of(hosting: &Hosting, request: Request) -> Result<Form, Response> {
    let headers = request.headers().clone();
    if !is_own_page(&headers, &hosting.stripe.url()) {
        let text = "Another site sent this form. Only Stripe's own page may.";
        return Err(problem(StatusCode::FORBIDDEN, text));
    }
    let body = body_of(request).await;
    let body = body.map_err(|(status, text)| problem(status, text))?;
    let form = Form::read(&body);
    form.ok_or_else(|| problem(StatusCode::BAD_REQUEST, "The form cannot be read."))
}

async fn show_checkout(State(hosting): State<Hosting>, Path(id): Path<String>) -> Response {
    let Some(shown) = hosting.stripe.checkout_page(&id) else {
        return no_checkout();
    };
    let target = Some(shown.success_url.as_str());
    html(StatusCode::OK, checkout::html(&shown, None), target)
}

fn checkout_act(form: &Form) -> Option<CheckoutAct> {
    Some(match form.get("do")? {
        "pay" => CheckoutAct::Pay,
        "decline" => CheckoutAct::Decline,
        "authenticate" => CheckoutAct::Authenticate,
        "confirm" => CheckoutAct::Confirm,
        "refuse" => CheckoutAct::Refuse,
        "debit" => CheckoutAct::Debit,
        "arrive" => CheckoutAct::Arrive,
        "fail" => CheckoutAct::Fail,
        _ => return None,
    })
}

async fn use_checkout(
    State(hosting): State<Hosting>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let form = match form_of(&hosting, request).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let Some(act) = checkout_act(&form) else {
        let text = "The form names no button of this page.";
        return problem(StatusCode::BAD_REQUEST, text);
    };
    let Some(end) = hosting.stripe.act_on_checkout(&id, act) else {
        return no_checkout();
    };
    // The app that the buyer goes back to finds the credits there.
    hosting.webhook.deliver(&hosting.stripe).await;
    let Some(shown) = hosting.stripe.checkout_page(&id) else {
        return no_checkout();
    };
    let (status, said) = match end {
        CheckoutEnd::Sent(location) => return sent(&location),
        CheckoutEnd::Again => return sent(&format!("/c/pay/{id}")),
        CheckoutEnd::Declined => {
            let text = "Your card was declined. Nothing was paid: try another.";
            (StatusCode::PAYMENT_REQUIRED, text)
        }
        CheckoutEnd::Impossible => {
            let text = "This checkout cannot do that any more.";
            (StatusCode::CONFLICT, text)
        }
    };
    let target = Some(shown.success_url.as_str());
    html(status, checkout::html(&shown, Some(said)), target)
}

async fn show_portal(State(hosting): State<Hosting>, Path(secret): Path<String>) -> Response {
    match hosting.stripe.portal_page(&secret) {
        Some(shown) => html(StatusCode::OK, portal::html(&shown, None), None),
        None => no_portal(),
    }
}

fn portal_act(form: &Form) -> Option<PortalAct> {
    let subscription = || form.get("subscription").map(str::to_string);
    Some(match form.get("do")? {
        "cancel" => PortalAct::Cancel(subscription()?),
        "resume" => PortalAct::Resume(subscription()?),
        "change" => PortalAct::Change(subscription()?, form.get("price")?.to_string()),
        "good-card" => PortalAct::Card { works: true },
        "bad-card" => PortalAct::Card { works: false },
        _ => return None,
    })
}

async fn use_portal(
    State(hosting): State<Hosting>,
    Path(secret): Path<String>,
    request: Request,
) -> Response {
    let form = match form_of(&hosting, request).await {
        Ok(form) => form,
        Err(refused) => return refused,
    };
    let Some(act) = portal_act(&form) else {
        let text = "The form names no button of this page.";
        return problem(StatusCode::BAD_REQUEST, text);
    };
    let Some(done) = hosting.stripe.act_in_portal(&secret, &act) else {
        return no_portal();
    };
    hosting.webhook.deliver(&hosting.stripe).await;
    if done {
        return sent(&format!("/p/session/{secret}"));
    }
    let said = "That cannot be done, or it was done already.";
    match hosting.stripe.portal_page(&secret) {
        Some(shown) => html(StatusCode::CONFLICT, portal::html(&shown, Some(said)), None),
        None => no_portal(),
    }
}
