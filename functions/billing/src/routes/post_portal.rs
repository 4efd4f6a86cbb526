//! `POST /api/user/portal`: a page of Stripe's on which the caller sees receipts,
//! changes the card, and changes or ends a subscription. Refuses users who are
//! deactivated or erased, and those who never bought anything.

use serde_json::Value;
use shared::domain::{StripeId, managed_customer, standing_subscription};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Caller, Event, Fields, Response, json_text};
use stripe_client::PortalFlow;

use crate::app::{App, SCOPE};
use crate::bodies::PageBody;
use crate::order::return_url;
use crate::routes::post_checkout::DEADLINE;

pub(crate) const ROUTE_KEY: &str = "POST /api/user/portal";

/// What the portal opens with, by Stripe's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Home,
    PaymentMethodUpdate,
    SubscriptionCancel,
    SubscriptionUpdate,
}

impl Flow {
    /// The names of those that can be asked for.
    const NAMES: [(&'static str, Flow); 3] = [
        ("payment_method_update", Flow::PaymentMethodUpdate),
        ("subscription_cancel", Flow::SubscriptionCancel),
        ("subscription_update", Flow::SubscriptionUpdate),
    ];

    fn read(value: &Value) -> Option<Self> {
        let name = value.as_str()?;
        let mut names = Flow::NAMES.iter();
        names
            .find(|(known, _)| *known == name)
            .map(|(_, flow)| *flow)
    }

    /// The flow at Stripe; none if it needs a subscription and there is none.
    fn at_stripe(self, subscription: Option<&StripeId>) -> Option<PortalFlow<'_>> {
        match self {
            Flow::Home => Some(PortalFlow::Home),
            Flow::PaymentMethodUpdate => Some(PortalFlow::PaymentMethodUpdate),
            Flow::SubscriptionCancel => subscription.map(PortalFlow::SubscriptionCancel),
            Flow::SubscriptionUpdate => subscription.map(PortalFlow::SubscriptionUpdate),
        }
    }
}

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &[SCOPE])?;
    let deadline = Deadline::after(DEADLINE);
    let mut fields = Fields::of(event)?;
    let expected = "must be payment_method_update, subscription_cancel or subscription_update";
    let flow = match fields.contains("flow") {
        true => fields.take("flow", expected, Flow::read),
        false => Some(Flow::Home),
    };
    let url = return_url(&mut fields);

    // load
    let now = app.clock.now();
    let (buyer, allowance) = app.buyer(caller, now).await?;
    app.check_return(event, &url, &mut fields).await?;

    // decide
    let standing = standing_subscription(buyer.subscriptions(), now);
    let subscription: Option<StripeId> =
        standing.and_then(|it| it.stripe_subscription_id.as_deref()?.parse().ok());
    let flow = flow.and_then(|flow| {
        let at_stripe = flow.at_stripe(subscription.as_ref());
        if at_stripe.is_none() {
            fields.problem("flow", "needs a subscription that has not ended");
        }
        at_stripe
    });
    let (url, flow) = fields.finish(url.zip(flow))?;
    let customer = managed_customer(buyer.person.customer.as_ref(), buyer.subscriptions());
    let customer = customer.ok_or(ApiError::NothingBought)?;

    // commit: a session is made at Stripe, nothing is written
    let page = (url.expose().as_str(), flow);
    let portal = app.open_portal(&customer, page, now, deadline).await?;

    // render
    let body = json_text(&PageBody {
        url: portal.url,
        expires_at: portal.expires_at,
    })?;
    Ok(Response::json(201, body)
        .with_header("cache-control", "no-store")
        .with_allowance(allowance))
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use crate::return_url::MAX_LENGTH;
    use shared::http::openapi::{ErrorCode, Header, Route};
    let mut headers = vec![Header::CacheControl];
    headers.extend(Header::RATE_LIMIT);
    let names = Flow::NAMES.map(|(name, _)| name);
    let schema = serde_json::json!({
        "type": "object",
        "required": ["returnUrl"],
        "additionalProperties": false,
        "properties": {
            "returnUrl": {
                "type": "string", "maxLength": MAX_LENGTH,
                "description": "Where the user returns to, of the deployment's list or the \
                                client's redirect URIs.",
            },
            "flow": {
                "type": "string", "enum": names,
                "description": "What the portal opens with; without it, its first page.",
            },
        },
    });
    Route::of_user(ROUTE_KEY, "postPortal", "Manage what was bought", &[SCOPE])
        .text(
            "Makes a page of Stripe's: receipts, the card, and changing or ending a subscription.",
        )
        .body("PortalRequest", schema, true)
        .answers::<PageBody>(201, "The page to send the user to.", &headers)
        .failing(&[
            ErrorCode::ValidationFailed,
            ErrorCode::UserInactive,
            ErrorCode::NothingBought,
            ErrorCode::RateLimited,
        ])
        .finish()
}
