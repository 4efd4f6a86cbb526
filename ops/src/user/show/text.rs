//! The overview of a user, for people.

use std::fmt::{self, Formatter};

use shared::domain::{Subscription, Timestamp};
use terminal::Columns;

use super::Line;
use super::lines::{ClaimLine, EntryLine, EventLine, LotLine, Overview};

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let user = &self.user;
        profile(user, formatter)?;
        plan(user, formatter)?;
        balance(user, formatter)?;
        section(
            "Lots, in the order they are spent",
            &lots(&user.lots),
            formatter,
        )?;
        list("Open holds", &user.holds, formatter)?;
        let claims: Vec<String> = user.claims.iter().map(claim).collect();
        list("Claims", &claims, formatter)?;
        let entries: Vec<String> = user.entries.iter().map(entry).collect();
        list("Last entries", &entries, formatter)?;
        let events: Vec<String> = user.open_events.iter().map(event).collect();
        if events.is_empty() {
            return Ok(());
        }
        list("Stripe's events that are not settled", &events, formatter)
    }
}

fn heading(name: &str, formatter: &mut Formatter<'_>) -> fmt::Result {
    writeln!(formatter, "\n{name}")
}

/// A heading and text below it.
fn section(name: &str, text: &str, formatter: &mut Formatter<'_>) -> fmt::Result {
    heading(name, formatter)?;
    for line in text.lines() {
        writeln!(formatter, "  {line}")?;
    }
    Ok(())
}

/// A heading and a line for each item, or `none`.
fn list(name: &str, items: &[impl fmt::Display], formatter: &mut Formatter<'_>) -> fmt::Result {
    heading(name, formatter)?;
    if items.is_empty() {
        return writeln!(formatter, "  none");
    }
    for item in items {
        writeln!(formatter, "  {item}")?;
    }
    Ok(())
}

fn status(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

fn profile(user: &Overview, formatter: &mut Formatter<'_>) -> fmt::Result {
    write!(formatter, "{}", user.user_id)?;
    for text in [&user.display_name, &user.email].into_iter().flatten() {
        write!(formatter, "  {text}")?;
    }
    write!(formatter, "\n  {}", status(user.active))?;
    match user.active_in_profile {
        None => write!(formatter, ", without a profile")?,
        Some(active) if active != user.active => {
            write!(formatter, "; the profile says {}", status(active))?;
        }
        Some(_) => {}
    }
    if let Some(at) = user.created_at {
        write!(formatter, ", created {at}")?;
    }
    if let Some(at) = user.last_login_at {
        write!(formatter, ", last signed in {at}")?;
    }
    writeln!(formatter)
}

fn until(end: Option<Timestamp>) -> String {
    match end {
        Some(at) => format!("until {at}"),
        None => "without end".to_string(),
    }
}

fn plan(user: &Overview, formatter: &mut Formatter<'_>) -> fmt::Result {
    let plan = &user.plan;
    heading("Plan", formatter)?;
    write!(formatter, "  {} ({})", plan.tier, plan.status)?;
    if let Some(at) = plan.current_period_end {
        write!(formatter, " until {at}")?;
    }
    match (plan.cancel_at_period_end, plan.cancel_at) {
        (true, _) => write!(formatter, ", ends with its period")?,
        (false, Some(at)) => write!(formatter, ", ends at {at}")?,
        (false, None) => {}
    }
    writeln!(
        formatter,
        "; {} free credits a month, on day {}",
        user.monthly_allocation, user.reset_day_of_month
    )?;
    for one in &user.subscriptions {
        writeln!(formatter, "  {}", subscription(one))?;
    }
    Ok(())
}

fn subscription(subscription: &Subscription) -> String {
    let id = subscription.stripe_subscription_id.as_deref();
    let status = serde_json::to_value(subscription.status).unwrap_or_default();
    let mut text = format!(
        "{}: {}, {}, {}",
        id.unwrap_or("the free one"),
        subscription.tier.as_str(),
        status.as_str().unwrap_or_default(),
        until(subscription.current_period_end)
    );
    if let Some(at) = subscription.lapses_at {
        text.push_str(&format!(", lapses {at}"));
    }
    if let Some(price) = &subscription.stripe_price_id {
        text.push_str(&format!(", {price}"));
    }
    text
}

fn balance(user: &Overview, formatter: &mut Formatter<'_>) -> fmt::Result {
    let (shown, mut columns) = (&user.shown, Columns::new());
    let (free, pro) = (&shown.free, &shown.pro);
    columns.row(["", "left", "held", "used", "in all", ""]);
    let row = |name: &str, figures: [i64; 4], more: String| {
        let figures = figures.map(|figure| figure.to_string());
        let mut row = vec![name.to_string()];
        row.extend(figures);
        row.push(more);
        row
    };
    columns.row(row(
        "free",
        [
            free.remaining,
            free.held,
            free.used,
            free.monthly_allocation,
        ],
        format!("new on {}", free.reset_at),
    ));
    columns.row(row(
        "pro",
        [
            pro.remaining,
            pro.held,
            pro.lifetime_used,
            pro.purchased_total,
        ],
        String::new(),
    ));
    let total = [shown.total_available, shown.held, shown.debt];
    let [available, held, owed] = total;
    let name = format!(
        "Balance at {}: {available} available, {held} held, {owed} owed",
        user.now
    );
    section(&name, &columns.to_string(), formatter)
}

fn lots(lots: &[LotLine]) -> String {
    let mut columns = Columns::new();
    columns.row([
        "", "kind", "left", "held", "used", "granted", "back", "lapsed", "",
    ]);
    for lot in lots {
        columns.row([
            lot.id.to_string(),
            lot.kind.to_string(),
            lot.left.to_string(),
            lot.held.to_string(),
            lot.used.to_string(),
            lot.granted.to_string(),
            lot.clawed_back.to_string(),
            lot.lapsed.to_string(),
            until(lot.expires_at),
        ]);
    }
    columns.to_string()
}

fn claim(claim: &ClaimLine) -> String {
    let ClaimLine {
        kind,
        value,
        owner,
        is_theirs,
        deleted_at,
        assigned_by,
    } = claim;
    let mut text = format!("{kind} {value}");
    match owner {
        None => text.push_str("  ! claimed for nobody"),
        Some(owner) if !is_theirs => text.push_str(&format!("  ! claimed for {owner}")),
        Some(_) => {}
    }
    if let Some(at) = deleted_at {
        text.push_str(&format!(", deleted at Stripe at {at}"));
    }
    if let Some(actor) = assigned_by {
        text.push_str(&format!(", assigned by {actor}"));
    }
    text
}

fn entry(entry: &EntryLine) -> String {
    let EntryLine {
        seq,
        at,
        kind,
        amount,
        key,
        actor,
        label,
    } = entry;
    let kind = kind.as_str().replace('_', "-");
    let actor = actor.as_deref().unwrap_or("somebody erased");
    let label = label.as_ref().map(|label| format!(": {label}"));
    let label = label.unwrap_or_default();
    format!("{at}  {seq}. {kind} of {amount} by {actor}{label} ({key})")
}

fn event(event: &EventLine) -> String {
    let EventLine {
        event,
        event_type,
        outcome,
        since,
        waits_for,
    } = event;
    let mut text = format!("{since}  {event}  {event_type}  {}", outcome.as_str());
    if let Some(waits_for) = waits_for {
        text.push_str(&format!(", waits for {waits_for}"));
    }
    text
}
