//! The expected records of each seeded user.

use shared::domain::{
    Action, Cause, Command, Credits, Digest, Digester, EntryKey, Erasable, LotKind, OpeningBalance,
    OpeningFree, OpeningLot, Period, Preferences, ResetDay, Subscription, Tier, Timestamp, User,
};
use shared::host::entropy::Entropy;

use crate::data::{SeedDataError, SeedUser, bad_data, whole};

/// The ledger key under which an account's seeded balance is opened once.
const OPENING_CAUSE: &str = "seed:opening";

pub(crate) fn opening_key() -> Result<EntryKey, SeedDataError> {
    let cause: Result<Cause, _> = OPENING_CAUSE.parse();
    cause.map(EntryKey::Cause).map_err(bad_data)
}

/// Hashes the figures in the file, not dates that depend on today, so that a
/// seed is recognised in every month.
pub(crate) fn figures_hash(user: &SeedUser) -> Digest {
    let figures = serde_json::json!([user.free_credits, user.pro_credits]).to_string();
    let mut digester = Digester::new("seed/1");
    digester.text("figures", &figures);
    digester.finish()
}

pub(crate) fn user_record(user: &SeedUser, now: Timestamp) -> User {
    User {
        user_id: user.user_id.clone(),
        email: Some(user.email.clone().into()),
        display_name: Some(user.display_name.clone().into()),
        created_at: now,
        last_login_at: None,
        active: user.active,
    }
}

/// Three days, as in the catalogue.
const GRACE_SECONDS: i64 = 3 * 86_400;

pub(crate) fn subscription_record(user: &SeedUser, now: Timestamp) -> Subscription {
    let subscription = user.subscription.clone();
    // The free plan has no period; a paid one is in its current month.
    let period =
        (subscription.tier != Tier::Free).then(|| Period::containing(now, ResetDay::FIRST));
    Subscription {
        user_id: user.user_id.clone(),
        tier: subscription.tier,
        rank: subscription.rank,
        status: subscription.status,
        current_period_start: period.map(|period| period.starts_at),
        current_period_end: period.map(|period| period.ends_at),
        lapses_at: period.map(|period| period.ends_at.plus_seconds(GRACE_SECONDS)),
        stripe_customer_id: subscription.stripe_customer_id,
        stripe_subscription_id: subscription.stripe_subscription_id,
        stripe_price_id: subscription.stripe_price_id,
        cancel_at_period_end: subscription.cancel_at_period_end,
        cancel_at: None,
    }
}

pub(crate) fn preferences_record(user: &SeedUser) -> Preferences {
    Preferences {
        user_id: user.user_id.clone(),
        default_model: Some(user.preferences.default_model.clone()),
        email_notifications: user.preferences.email_notifications,
        email_notifications_since: None,
        usage_alerts_since: None,
        usage_alerts: user.preferences.usage_alerts,
        enable_streaming: true,
        max_tokens: 4096,
        temperature_hundredths: 70,
        metadata: None,
    }
}

/// The command that opens a user's account with its seeded balance.
pub(crate) fn opening_command(
    user: &SeedUser,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Command, SeedDataError> {
    Ok(Command {
        key: opening_key()?,
        request_hash: figures_hash(user),
        actor: Erasable::new("seeds", entropy.bytes()),
        label: None,
        action: Action::Open(opening_balance(user, now)?),
    })
}

fn opening_balance(user: &SeedUser, now: Timestamp) -> Result<OpeningBalance, SeedDataError> {
    let lots: Result<Vec<OpeningLot>, SeedDataError> = user
        .pro_credits
        .iter()
        .map(|lot| {
            Ok(OpeningLot {
                id: lot.id.clone(),
                kind: LotKind::Purchase,
                starts_at: now,
                expires_at: None,
                granted: whole(lot.granted)?,
                used: whole(lot.used)?,
            })
        })
        .collect();
    let allocation: Credits = whole(user.free_credits.monthly_allocation)?;
    Ok(OpeningBalance {
        as_of: now,
        free: OpeningFree {
            monthly_allocation: allocation,
            reset_day_of_month: user.free_credits.reset_day_of_month,
            granted: None,
            used: whole(user.free_credits.used)?,
        },
        lots: lots?,
    })
}
