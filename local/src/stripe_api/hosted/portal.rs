//! The page of the customer portal.

use super::lines::{problem, whose};
use crate::frame::{escaped, page};
use crate::money::{day, money};
use crate::stripe_api::selling::{PortalPage, ShownPlan, ShownSubscription};

/// The page, with what the last button came to.
pub(super) fn html(shown: &PortalPage, said: Option<&str>) -> String {
    let said = problem(said);
    let email = whose("Of", shown.email.as_deref());
    let sections: String = shown.subscriptions.iter().map(subscription).collect();
    let sections = if sections.is_empty() && shown.is_whole {
        "<p>There is no subscription.</p>\n".to_string()
    } else {
        sections
    };
    let card = if shown.can_change_card {
        card(shown.card_works)
    } else {
        String::new()
    };
    let back = shown.return_url.as_ref().map(|url| {
        let url = escaped(url);
        format!("<p><a class=\"plain\" href=\"{url}\">Back to the app</a></p>\n")
    });
    let body = format!(
        r#"<h1>Your subscription</h1>
<p class="note">This is the customer portal of the local world's Stripe. No money moves.</p>
{said}{email}{sections}{card}{}"#,
        back.unwrap_or_default()
    );
    page("Customer portal - local Stripe", &body)
}

fn subscription(shown: &ShownSubscription) -> String {
    let id = escaped(&shown.id);
    let plan = escaped(&shown.plan);
    let count = match shown.quantity {
        1 => String::new(),
        count => format!("{count} × "),
    };
    let end = day(shown.period_end);
    let next = if shown.ends {
        format!("It ends on {end}.")
    } else {
        format!("It renews on {end}.")
    };
    let late = if shown.status == "past_due" {
        " <strong>The last payment failed.</strong>"
    } else {
        ""
    };
    let hidden = format!("<input type=\"hidden\" name=\"subscription\" value=\"{id}\">\n");
    let mut forms = String::new();
    if !shown.plans.is_empty() {
        forms += &plans(&hidden, &id, &shown.plans);
    }
    if shown.can_cancel {
        let (act, text) = if shown.ends {
            ("resume", "Let it renew after all")
        } else {
            ("cancel", "Cancel at the end of the period")
        };
        forms += &format!(
            "<form method=\"post\" aria-label=\"The end of {plan}\">\n{hidden}<button name=\"do\" value=\"{act}\">{text}</button>\n</form>\n"
        );
    }
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{count}{plan}</h2>\n<p>{next}{late}</p>\n{forms}</section>\n"
    )
}

fn plans(hidden: &str, id: &str, plans: &[ShownPlan]) -> String {
    let options: String = plans
        .iter()
        .map(|plan| {
            let amount = money(plan.amount, &plan.currency);
            let text = format!("{}, {amount} {}", plan.name, plan.every);
            let (price, text) = (escaped(&plan.price), escaped(&text));
            format!("<option value=\"{price}\">{text}</option>\n")
        })
        .collect();
    format!(
        r#"<form method="post" aria-label="Another plan">
{hidden}<label for="plan-{id}">Another plan</label>
<select id="plan-{id}" name="price" required>
{options}</select>
<button name="do" value="change" class="main">Change now</button>
<p class="note">What is left of the old plan is credited, the rest of the period of the new one is charged.</p>
</form>
"#
    )
}

fn card(works: bool) -> String {
    let now = if works {
        "The card works."
    } else {
        "The card is declined: the next payment will fail."
    };
    format!(
        r#"<section aria-labelledby="card">
<h2 id="card">Card</h2>
<p>{now}</p>
<form method="post" aria-label="Another card" class="choices">
<button name="do" value="good-card">Use a card that works</button>
<button name="do" value="bad-card">Use a card that will be declined</button>
</form>
</section>
"#
    )
}
