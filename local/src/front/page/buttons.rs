//! The buttons, each a form of its own.

use super::parts::{card, form, hidden, unread};
use crate::frame::escaped;
use crate::front::figures::{amount, moment};
use crate::front::read::{Interval, Model, Offer, OpenHold, Shown};
use crate::money::money;
use crate::stripe::Scenario;

pub(super) fn html(shown: &Shown) -> String {
    let cards = [
        card("spend", "Spend", &spend(shown)),
        card("buy", "Buy", &buy(shown)),
        card("time", "Time", &time(shown)),
        card("story", "A Stripe story", &story(shown)),
        card("sign-in", "Sign in", &sign_in(shown)),
    ];
    cards.concat()
}

/// The key of the form with this number.
fn key(shown: &Shown, number: usize) -> String {
    let key = shown.keys.get(number).map(String::as_str);
    hidden("key", key.unwrap_or_default())
}

fn spend(shown: &Shown) -> String {
    let charge = match &shown.models {
        Ok(models) => charge(shown, models),
        Err(problem) => unread(problem),
    };
    let hold = format!(
        "{}<label for=\"hold\">Or hold credits for a call under way</label>\n\
         <div class=\"row\"><input id=\"hold\" name=\"amount\" inputmode=\"decimal\" required value=\"100\"> \
         <button name=\"do\" value=\"hold\">Hold</button></div>\n",
        key(shown, 1)
    );
    let hold = form(shown, "Hold credits", &hold);
    let open = shown.holds.iter().enumerate();
    let open: String = open
        .map(|(place, it)| open_hold(shown, place, it))
        .collect();
    format!("{charge}{hold}{open}")
}

fn charge(shown: &Shown, models: &[Model]) -> String {
    let options = models.iter().map(|model| {
        let (id, name) = (escaped(&model.id), escaped(&model.name));
        format!("<option value=\"{id}\">{name}</option>\n")
    });
    let options: String = options.collect();
    let inside = format!(
        r#"{}<label for="model">A call of</label>
<select id="model" name="model">
{options}</select>
<div class="row">
<p><label for="input">Tokens in</label>
<input id="input" name="input" inputmode="numeric" required value="12000"></p>
<p><label for="output">Tokens out</label>
<input id="output" name="output" inputmode="numeric" required value="3500"></p>
</div>
<button name="do" value="charge" class="main">Charge the call</button>
"#,
        key(shown, 0)
    );
    form(shown, "Charge a call", &inside)
}

fn open_hold(shown: &Shown, place: usize, hold: &OpenHold) -> String {
    let (amount, until) = (amount(hold.amount), moment(hold.expires_at));
    let exact = hold.amount;
    let inside = format!(
        r#"{}{}<p><strong>{amount}</strong> held until {until}</p>
<label for="used-{place}">Used of it</label>
<div class="row"><input id="used-{place}" name="amount" inputmode="decimal" required value="{exact}"> <button name="do" value="commit">Commit</button> <button name="do" value="release" formnovalidate>Release</button></div>
"#,
        hidden("hold", &escaped(&hold.id)),
        // A hold is closed once, whichever of its buttons does it.
        hidden("key", &format!("close-{}", escaped(&hold.id)))
    );
    form(shown, "An open hold", &inside)
}

fn buy(shown: &Shown) -> String {
    let offers = match &shown.offers {
        Ok(offers) => {
            let offers: String = offers.iter().map(offer).collect();
            let asks = hidden("do", "buy");
            let list = format!("{asks}<ul class=\"offers\">\n{offers}</ul>\n");
            form(shown, "Plans and packs", &list)
        }
        Err(problem) => unread(problem),
    };
    let portal = "<button name=\"do\" value=\"portal\">Open the customer portal</button>\n\
                  <p class=\"note\">Cancel, resume, change the plan or the card.</p>\n";
    let portal = form(shown, "What was bought", portal);
    format!("<p>At this world's Stripe: its pages do what a bank would.</p>\n{offers}{portal}")
}

fn offer(offer: &Offer) -> String {
    let (id, plan) = (escaped(&offer.price_id), escaped(&offer.plan));
    let credits = offer.credits.parse().map_or(offer.credits.clone(), amount);
    let credits = escaped(&credits);
    let parts = if offer.granted_monthly {
        ", month by month"
    } else {
        ""
    };
    let first = offer.amounts.first();
    let price = first.map(|it| money(it.amount_minor, &it.currency));
    let price = escaped(&price.unwrap_or_default());
    let (every, verb) = match &offer.interval {
        None => (String::new(), "Buy"),
        Some(Interval { unit, count: 1 }) => (format!(" a {}", escaped(unit)), "Subscribe"),
        Some(Interval { unit, count }) => {
            (format!(" every {count} {}s", escaped(unit)), "Subscribe")
        }
    };
    format!(
        "<li><span><strong>{plan}</strong><br>{price}{every}<br><span class=\"note\">{credits} credits{parts}</span></span> \
         <button name=\"price\" value=\"{id}\" aria-label=\"{verb} {plan}\">{verb}</button></li>\n"
    )
}

const STEPS: [(&str, &str); 4] = [
    ("PT1H", "An hour"),
    ("P1D", "A day"),
    ("P15D", "15 days"),
    ("P1M", "A month"),
];

fn time(shown: &Shown) -> String {
    let steps = STEPS.iter();
    let steps =
        steps.map(|(by, text)| format!("<button name=\"by\" value=\"{by}\">{text}</button>\n"));
    let steps: String = steps.collect();
    let advance = format!(
        "{}<p>Months reset, lots end and subscriptions renew by this world's clock.</p>\n<div class=\"grid\">\n{steps}</div>\n",
        hidden("do", "advance")
    );
    let (act, text) = if shown.is_frozen {
        ("run", "Let the clock run")
    } else {
        ("stop", "Stop the clock")
    };
    let stop = format!("<button name=\"do\" value=\"{act}\" class=\"plain\">{text}</button>\n");
    let (advance, stop) = (
        form(shown, "Move the clock on", &advance),
        form(shown, "Stop or start the clock", &stop),
    );
    format!("<p>It is {}.</p>\n{advance}{stop}", moment(shown.now))
}

fn story(shown: &Shown) -> String {
    let all = Scenario::ALL.iter().chain(Scenario::NEEDS_API);
    let options = all.map(|scenario| {
        let (name, effect) = (scenario.name(), escaped(scenario.effect()));
        format!("<option value=\"{name}\">{name}: {effect}</option>\n")
    });
    let options: String = options.collect();
    let inside = format!(
        r#"<label for="scenario">Something happens at Stripe, and it sends the events</label>
<select id="scenario" name="story">
{options}</select>
<button name="do" value="story">Tell it</button>
"#
    );
    form(shown, "Tell a Stripe story", &inside)
}

fn sign_in(shown: &Shown) -> String {
    let inside = r#"<label for="email">As an app does: code, PKCE, tokens</label>
<div class="row"><input id="email" name="email" type="email" required maxlength="254" autocomplete="off" placeholder="somebody@example.com"> <button name="do" value="sign-in">Sign in</button></div>
<p class="note">Who is new becomes a user.</p>
"#;
    form(shown, "Sign in", inside)
}
