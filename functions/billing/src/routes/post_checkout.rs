//! `POST /api/user/checkout`: the page of Stripe's on which the caller pays a price of
//! the catalogue. Who asks again for the same gets the same page while it can be paid.
//! Refuses users who are deactivated or erased, and a second subscription.

use std::time::Duration;

use shared::domain::{Order, PriceKind, StripeId, Timestamp, standing_subscription};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Caller, Event, Response, json_text};
use stripe_client::PortalFlow;

use crate::app::{App, SCOPE};
use crate::bodies::PageBody;
use crate::buyer::Buyer;
use crate::checkout::{Buying, Refused};
use crate::order::Asked;

pub(crate) const ROUTE_KEY: &str = "POST /api/user/checkout";

/// All reads, writes and calls of Stripe; below the function's own timeout.
pub(crate) const DEADLINE: Duration = Duration::from_secs(16);

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &[SCOPE])?;
    let deadline = Deadline::after(DEADLINE);
    let asked = Asked::of(event)?;

    // load
    let now = app.clock.now();
    let (buyer, allowance) = app.buyer(caller, now).await?;
    let order = asked.order(app, event, now).await?;

    // decide
    if buyer.email().is_none() {
        let problem = "is not known of this user; sign in with the scope email first";
        let problems = [("email".to_string(), problem.to_string())];
        return Err(ApiError::ValidationFailed(problems.into()));
    }
    let standing = standing_subscription(buyer.subscriptions(), now);
    if order.kind == PriceKind::Subscription && standing.is_some() {
        return Err(subscribed(app, &buyer, &order, now, deadline).await);
    }

    // commit
    let buying = Buying {
        app,
        stripe: app.stripe()?,
        buyer: &buyer,
        order: &order,
        deadline,
    };
    let open = match Box::pin(buying.session()).await {
        Ok(open) => open,
        Err(Refused::Subscribed) => {
            return Err(subscribed(app, &buyer, &order, now, deadline).await);
        }
        Err(Refused::Error(error)) => return Err(error),
    };

    // render
    let body = json_text(&PageBody {
        url: open.url,
        expires_at: open.ends_at,
    })?;
    Ok(Response::json(201, body)
        .with_header("cache-control", "no-store")
        .with_allowance(allowance))
}

/// The refusal of a second subscription, with a page on which the first can be changed.
async fn subscribed(
    app: &App,
    buyer: &Buyer,
    order: &Order,
    now: Timestamp,
    deadline: Deadline,
) -> ApiError {
    let customer: Option<StripeId> = match standing_subscription(buyer.subscriptions(), now) {
        Some(standing) => {
            let customer = standing.stripe_customer_id.as_deref();
            customer.and_then(|id| id.parse().ok())
        }
        // Paid a moment ago, and no event has come yet.
        None => buyer.customer_now(app).await,
    };
    let Some(customer) = customer else {
        return ApiError::AlreadySubscribed { portal: None };
    };
    let page = (order.return_url.expose().as_str(), PortalFlow::Home);
    match app.open_portal(&customer, page, now, deadline).await {
        Ok(portal) => ApiError::AlreadySubscribed {
            portal: Some(portal),
        },
        Err(error) => error,
    }
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use crate::order::MAX_QUANTITY;
    use crate::return_url::MAX_LENGTH;
    use shared::http::openapi::{ErrorCode, Header, Route};
    let mut headers = vec![Header::CacheControl];
    headers.extend(Header::RATE_LIMIT);
    let schema = serde_json::json!({
        "type": "object",
        "required": ["priceId", "returnUrl"],
        "additionalProperties": false,
        "properties": {
            "priceId": {
                "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,100}$",
                "description": "A price on sale, see `GET /v1/prices`.",
            },
            "quantity": {
                "type": "integer", "minimum": 1, "maximum": MAX_QUANTITY, "default": 1,
                "description": "How many units: seats of a subscription, or packs.",
            },
            "currency": {
                "type": "string", "pattern": "^[a-z]{3}$",
                "description": "A currency of the price; without one, its first.",
            },
            "returnUrl": {
                "type": "string", "maxLength": MAX_LENGTH,
                "description": "Where the buyer returns to, of the deployment's list or the \
                                client's redirect URIs. `checkout=completed` or \
                                `checkout=cancelled` is added to its query.",
            },
        },
    });
    Route::of_user(ROUTE_KEY, "postCheckout", "Buy a plan or a pack", &[SCOPE])
        .text(
            "Makes a page of Stripe's on which the user pays. Who asks again for the same gets \
             the same page while it can be paid. Asking for another plan ends the page of the \
             first. The credits come with Stripe's events, usually within seconds of paying.",
        )
        .body("CheckoutRequest", schema, true)
        .answers::<PageBody>(201, "The page to send the user to.", &headers)
        .failing(&[
            ErrorCode::ValidationFailed,
            ErrorCode::UserInactive,
            ErrorCode::AlreadySubscribed,
            ErrorCode::RateLimited,
        ])
        .finish()
}
