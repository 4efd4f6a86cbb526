//! The page of a checkout.

use super::lines::{problem, whose};
use crate::frame::{escaped, page};
use crate::money::money;
use crate::stripe_api::selling::{CheckoutPage, ItemLine};

/// The page, with what the last button came to.
pub(super) fn html(shown: &CheckoutPage, said: Option<&str>) -> String {
    let title = if shown.is_subscription {
        "Subscribe"
    } else {
        "Pay"
    };
    let total = money(shown.total, &shown.currency);
    let heading = format!("{title} {}", escaped(&total));
    let said = problem(said);
    let email = whose("For", shown.email.as_deref());
    let items: String = shown
        .items
        .iter()
        .map(|it| item(it, &shown.currency))
        .collect();
    let below = match shown.status.as_str() {
        "open" if shown.waits_for_confirmation => confirmation(),
        "open" => choices(shown, &total),
        "complete" => complete(shown),
        _ => ended(),
    };
    let body = format!(
        r#"<h1>{heading}</h1>
<p class="note">This is the Stripe of the local world. No money moves; the buttons say what the bank does.</p>
{said}{email}<dl>
{items}<dt class="total">Total</dt><dd class="total">{}</dd>
</dl>
{below}"#,
        escaped(&total)
    );
    page(&format!("{heading} - local Stripe"), &body)
}

fn item(item: &ItemLine, currency: &str) -> String {
    let name = escaped(&item.name);
    let count = match item.quantity {
        1 => String::new(),
        count => format!("{count} × "),
    };
    let every = item.every.as_ref().map(|every| format!(", {every}"));
    let every = escaped(&every.unwrap_or_default());
    let amount = escaped(&money(item.amount, currency));
    format!("<dt>{count}{name}{every}</dt><dd>{amount}</dd>\n")
}

fn button(act: &str, text: &str, class: &str) -> String {
    format!("<button name=\"do\" value=\"{act}\" class=\"{class}\">{text}</button>\n")
}

/// A form of buttons; it is sent to the page's own address.
fn form(label: &str, buttons: &str) -> String {
    format!("<form method=\"post\" aria-label=\"{label}\" class=\"choices\">\n{buttons}</form>\n")
}

fn choices(shown: &CheckoutPage, total: &str) -> String {
    let mut buttons = button("pay", &format!("Pay {}", escaped(total)), "main");
    buttons += &button("decline", "Pay with a card that is declined", "");
    buttons += &button("authenticate", "Pay with a card that asks its bank", "");
    if !shown.is_subscription {
        buttons += &button("debit", "Pay later by bank debit", "");
    }
    let close = shown.cancel_url.as_ref().map(|url| {
        let url = escaped(url);
        format!("<p><a class=\"plain\" href=\"{url}\">Close without paying</a></p>\n")
    });
    format!(
        "{}{}",
        form("How to pay", &buttons),
        close.unwrap_or_default()
    )
}

fn confirmation() -> String {
    let mut buttons = button("confirm", "Confirm the payment", "main");
    buttons += &button("refuse", "Refuse it", "");
    let text = "<p>The bank asks whether it is really you who pays.</p>\n";
    format!("{text}{}", form("Confirmation", &buttons))
}

fn complete(shown: &CheckoutPage) -> String {
    let back = escaped(&shown.success_url);
    let back = format!("<p><a class=\"plain\" href=\"{back}\">Back to the app</a></p>\n");
    if shown.debit_is_due {
        let mut buttons = button("arrive", "The money arrives", "main");
        buttons += &button("fail", "The debit fails", "");
        let text = "<p>The bank debit is on its way. At a bank it takes days.</p>\n";
        return format!("{text}{}{back}", form("The bank debit", &buttons));
    }
    let text = match shown.payment_status.as_str() {
        "paid" => "This is paid. It cannot be paid again.",
        _ => "The bank debit has failed. Nothing was paid.",
    };
    format!("<p>{text}</p>\n{back}")
}

fn ended() -> String {
    "<p>This checkout has expired. Start again from the app.</p>\n".to_string()
}
