//! Charges and holds, as the inference service makes them.

use serde_json::{Map, Value, json};
use shared::domain::UserId;

use super::call::{Answered, Body, Call, Caller};
use super::notice::Notice;
use super::{figures, wire};
use crate::identity::oauth::Form;
use crate::world::World;

/// Charges a call of a model by what it used.
pub(super) async fn charge(world: &World, user: &UserId, form: &Form) -> Notice {
    let mut usage = Map::new();
    for name in ["input", "output"] {
        let text = form.get(name).unwrap_or("0");
        let Ok(count) = text.trim().parse::<u64>() else {
            let line = format!("{name} must be a whole number of tokens.");
            return Notice::problem("Nothing was charged", line);
        };
        if count > 0 {
            usage.insert(name.to_string(), json!(count));
        }
    }
    let body = json!({"modelId": form.get("model").unwrap_or_default(), "usage": usage});
    let path = wire::path(&["api", "users", user.as_str(), "charges"]);
    let notice = ask(world, form, &path, Some(body), |answered| {
        let (amount, left) = figures(answered);
        format!("Charged {amount} credits; {left} left")
    });
    notice.await
}

/// Holds an amount.
pub(super) async fn hold(world: &World, user: &UserId, form: &Form) -> Notice {
    let path = wire::path(&["api", "users", user.as_str(), "holds"]);
    let notice = ask(world, form, &path, Some(amount(form)), |answered| {
        let (amount, left) = figures(answered);
        format!("{amount} credits are held; {left} left to spend")
    });
    notice.await
}

/// Charges an amount of a hold.
pub(super) async fn commit(world: &World, user: &UserId, form: &Form) -> Notice {
    let path = of_hold(user, form, "commit");
    let notice = ask(world, form, &path, Some(amount(form)), |answered| {
        let (amount, left) = figures(answered);
        format!("Charged {amount} credits of the hold, released the rest; {left} left")
    });
    notice.await
}

/// Releases a hold.
pub(super) async fn release(world: &World, user: &UserId, form: &Form) -> Notice {
    let path = of_hold(user, form, "release");
    let notice = ask(world, form, &path, None, |answered| {
        let (_, left) = figures(answered);
        format!("Released the hold; {left} left")
    });
    notice.await
}

fn of_hold(user: &UserId, form: &Form, act: &str) -> String {
    let hold = form.get("hold").unwrap_or_default();
    wire::path(&["api", "users", user.as_str(), "holds", hold, act])
}

fn amount(form: &Form) -> Value {
    json!({"amount": form.get("amount").unwrap_or_default().trim()})
}

/// The amount of an answer, and what may be spent after it.
fn figures(answered: &Answered) -> (String, String) {
    let left = answered.body.get("totalAvailable").and_then(Value::as_i64);
    let amount = answered.text("amount");
    let shown = amount.parse().map_or(amount.to_string(), figures::amount);
    (shown, figures::thousands(left.unwrap_or_default()))
}

/// Asks under the key that stands in the form, so that a form that is sent twice is the
/// same request.
async fn ask(
    world: &World,
    form: &Form,
    path: &str,
    body: Option<Value>,
    title: impl FnOnce(&Answered) -> String,
) -> Notice {
    let body = body.map_or(Body::None, Body::Json);
    let call = Call {
        key: form.get("key"),
        ..Call::post(Caller::Service, path, body)
    };
    let answered = call.make(world).await;
    let replayed = answered.replayed;
    let mut notice = Notice::of(answered, title);
    if replayed {
        notice.title = "The recorded answer again: nothing was taken twice".to_string();
    } else if notice.done {
        notice.again = form.fields();
    }
    notice
}
