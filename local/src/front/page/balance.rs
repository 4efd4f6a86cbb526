//! What the user may spend, of which plan, and the lots it comes from.

use super::parts::{card, unread};
use crate::frame::escaped;
use crate::front::figures::{day, thousands};
use crate::front::read::{Credits, Lot, Profile, Shown};

pub(super) fn html(shown: &Shown) -> String {
    let figures = match &shown.credits {
        Ok(credits) => figures(credits),
        Err(problem) => unread(problem),
    };
    let plan = match &shown.profile {
        Ok(profile) => plan(profile),
        Err(problem) => unread(problem),
    };
    let heading = format!("Balance of {}", escaped(shown.name()));
    card("balance", &heading, &format!("{figures}{plan}"))
}

fn figures(credits: &Credits) -> String {
    let free = &credits.free_credits;
    let total = thousands(credits.total_available);
    let (remaining, monthly) = (free.remaining, free.monthly_allocation);
    let row = |name: &str, figure: i64, more: &str| {
        let figure = thousands(figure);
        format!("<dt>{name}{more}</dt><dd>{figure}</dd>\n")
    };
    let days = match free.days_until_reset {
        1 => "1 day".to_string(),
        days => format!("{days} days"),
    };
    let (of, reset) = (thousands(monthly), day(free.reset_date));
    let of = format!(" <span class=\"note\">of {of} a month, anew on {reset}, in {days}</span>");
    let mut rows = row("Free", remaining, &of);
    rows += &row("Paid for", credits.pro_credits.remaining, "");
    if credits.held > 0 {
        rows += &row("Held for calls under way", credits.held, "");
    }
    if credits.debt > 0 {
        rows += &row("Owed after a refund", credits.debt, "");
    }
    format!(
        "<p class=\"big\"><strong>{total}</strong> credits to spend</p>\n\
         <progress aria-label=\"Free credits left this month\" max=\"{monthly}\" value=\"{remaining}\"></progress>\n\
         <dl>\n{rows}</dl>\n"
    )
}

fn plan(profile: &Profile) -> String {
    let plan = &profile.subscription;
    let (tier, status) = (escaped(&plan.tier), escaped(&plan.status));
    let then = plan.current_period_end.map(|end| {
        let end = day(end);
        if plan.cancel_at_period_end {
            format!(", ends on {end}")
        } else {
            format!(", renews on {end}")
        }
    });
    format!(
        "<p>Plan: <strong>{tier}</strong>, {status}{}.</p>\n",
        then.unwrap_or_default()
    )
}

/// The lots, in the order in which they are spent.
pub(super) fn lots(shown: &Shown) -> String {
    let body = match &shown.credits {
        Ok(credits) if credits.lots.is_empty() => {
            "<p>There are none: the free credits of the month begin with the first change.</p>\n"
                .to_string()
        }
        Ok(credits) => {
            let rows: String = credits.lots.iter().map(lot).collect();
            format!(
                "<p class=\"note\">The first is spent first.</p>\n<table>\n<thead><tr><th scope=\"col\">Lot</th><th scope=\"col\">Ends</th><th scope=\"col\" class=\"number\">Left</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
            )
        }
        Err(problem) => unread(problem),
    };
    card("lots", "Lots", &body)
}

fn lot(lot: &Lot) -> String {
    let (id, kind) = (escaped(&lot.id), escaped(&lot.kind));
    let end = lot.expires_at.map_or_else(|| "never".to_string(), day);
    let left = thousands(lot.remaining);
    format!(
        "<tr><td><strong>{kind}</strong> <span class=\"id\">{id}</span></td><td>{end}</td><td class=\"number\">{left}</td></tr>\n"
    )
}
