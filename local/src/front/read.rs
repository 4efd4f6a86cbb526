//! What the page shows of the world, read anew each time. Balances, plan, use and models
//! come through the gateway; people, holds and entries from the tables.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::domain::{CreditAccount, Timestamp, UserId};
use shared::host::clock::Clock;
use shared::store::{Consistency, PersonRow, Segment, StoreError};
use wording::{EntryLine, PostingLine};

use super::call::{Call, Caller, SERVICE};
use super::wire;
use crate::world::World;

/// How many users are listed.
const MAX_PEOPLE: usize = 12;
/// How many entries are shown.
const MAX_ENTRIES: usize = 8;
const DAYS: i64 = 30;
const SECONDS_PER_DAY: i64 = 86_400;

/// Everything on the page. What could not be read says why.
pub(super) struct Shown {
    pub(super) now: Timestamp,
    pub(super) is_frozen: bool,
    /// The seeded users first.
    pub(super) people: Vec<Listed>,
    /// Whether there are more people than are listed.
    pub(super) has_more_people: bool,
    /// Whose page it is.
    pub(super) user: UserId,
    pub(super) credits: Result<Credits, String>,
    pub(super) profile: Result<Profile, String>,
    /// The days of the last thirty, the oldest first.
    pub(super) days: Result<Vec<Day>, String>,
    pub(super) models: Result<Vec<Model>, String>,
    /// What is on sale, subscriptions first.
    pub(super) offers: Result<Vec<Offer>, String>,
    /// The last entries, the newest first.
    pub(super) entries: Result<Vec<EntryLine>, String>,
    pub(super) holds: Vec<OpenHold>,
    /// A new idempotency key for each form.
    pub(super) keys: Vec<String>,
}

/// A user in the list.
pub(super) struct Listed {
    pub(super) user_id: UserId,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    /// What they may spend, in whole credits.
    pub(super) available: Option<i64>,
}

/// The part of `GET /api/users/{userId}/credits` that is shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credits {
    pub(super) free_credits: FreeCredits,
    pub(super) pro_credits: ProCredits,
    pub(super) total_available: i64,
    pub(super) held: i64,
    pub(super) debt: i64,
    pub(super) version: u64,
    pub(super) lots: Vec<Lot>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FreeCredits {
    pub(super) remaining: i64,
    pub(super) monthly_allocation: i64,
    pub(super) reset_date: Timestamp,
    pub(super) days_until_reset: i64,
}

#[derive(Deserialize)]
pub(super) struct ProCredits {
    pub(super) remaining: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lot {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) remaining: i64,
    pub(super) expires_at: Option<Timestamp>,
}

/// The part of `GET /api/user/profile` that is shown.
#[derive(Deserialize)]
pub(super) struct Profile {
    pub(super) subscription: Subscription,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscription {
    pub(super) tier: String,
    pub(super) status: String,
    pub(super) current_period_end: Option<Timestamp>,
    pub(super) cancel_at_period_end: bool,
}

#[derive(Deserialize)]
struct Usage {
    rows: Vec<UsageRow>,
}

#[derive(Deserialize)]
struct UsageRow {
    key: String,
    credits: String,
    requests: u64,
}

/// What was used on a day.
pub(super) struct Day {
    pub(super) date: String,
    pub(super) credits: shared::domain::Credits,
    pub(super) requests: u64,
}

#[derive(Deserialize)]
struct Prices {
    prices: Vec<Offer>,
}

/// A price on sale, as far as it is shown.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offer {
    pub(super) price_id: String,
    pub(super) plan: String,
    pub(super) credits: String,
    /// None of a pack.
    pub(super) interval: Option<Interval>,
    pub(super) granted_monthly: bool,
    pub(super) amounts: Vec<Money>,
}

#[derive(Deserialize)]
pub(super) struct Interval {
    pub(super) unit: String,
    pub(super) count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Money {
    pub(super) currency: String,
    pub(super) amount_minor: i64,
}

#[derive(Deserialize)]
struct Models {
    models: Vec<Model>,
}

/// A model whose calls can be charged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Model {
    pub(super) id: String,
    pub(super) name: String,
    rate_card: Option<String>,
}

/// Credits that are kept aside.
pub(super) struct OpenHold {
    /// The key of the request that opened it; its id for the service.
    pub(super) id: String,
    pub(super) amount: shared::domain::Credits,
    pub(super) expires_at: Timestamp,
}

impl Shown {
    /// Reads everything for a user.
    pub(super) async fn read(world: &World, user: UserId) -> Self {
        let (people, has_more_people) = people(world, &user).await;
        let strong = Consistency::Strong;
        let account = world.store.load_account(&user, strong).await;
        let now = world.clock.now();
        let holds = account.map_or_else(|_| Vec::new(), |account| open_holds(&account, now));
        let entries = entries(world, &user).await;
        let keys = (0..2).map(|_| hex::encode(world.entropy.bytes()));
        Shown {
            now,
            is_frozen: world.clock.is_frozen(),
            people,
            has_more_people,
            credits: credits(world, &user).await,
            profile: answer(world, &user, "user.info", "/api/user/profile").await,
            days: days(world, &user).await,
            models: models(world, &user).await,
            offers: offers(world, &user).await,
            entries: entries.map_err(|error| error.to_string()),
            holds,
            keys: keys.collect(),
            user,
        }
    }

    /// How the user is called on the page.
    pub(super) fn name(&self) -> &str {
        let mut people = self.people.iter();
        let person = people.find(|person| person.user_id == self.user);
        let name = person.and_then(|person| person.name.as_deref().or(person.email.as_deref()));
        name.unwrap_or(self.user.as_str())
    }
}

/// A body as far as it is shown, or what came instead.
async fn made<T: DeserializeOwned>(world: &World, call: Call<'_>) -> Result<T, String> {
    let answered = call.make(world).await;
    let asked = &answered.asked;
    if !answered.is_done() {
        let (status, problem) = (answered.status, answered.problem());
        return Err(format!("{asked} answered {status}: {problem}"));
    }
    let read = serde_json::from_value(answered.body);
    read.map_err(|error| format!("{asked}: {error}"))
}

async fn answer<T: DeserializeOwned>(
    world: &World,
    user: &UserId,
    scope: &'static str,
    path: &str,
) -> Result<T, String> {
    made(world, Call::get(Caller::User(user, scope), path)).await
}

/// As the service sees them, strongly consistent.
async fn credits(world: &World, user: &UserId) -> Result<Credits, String> {
    let path = wire::path(&["api", "users", user.as_str(), "credits"]);
    made(world, Call::get(Caller::Service, &path)).await
}

/// Seeded users, the user of the page, then others, and whether there are more.
async fn people(world: &World, user: &UserId) -> (Vec<Listed>, bool) {
    let mut people: Vec<Listed> = Vec::new();
    for seeded in &world.seeds.users {
        people.push(Listed {
            user_id: seeded.user_id.clone(),
            name: Some(seeded.display_name.clone()),
            email: Some(seeded.email.clone()),
            available: None,
        });
    }
    let mut others: BTreeMap<UserId, Listed> = BTreeMap::new();
    let whole = Segment { number: 0, of: 1 };
    // Whoever cannot be read is left to `creditsctl verify`.
    let page = world.store.people_page(whole, None).await;
    let page = page.unwrap_or_default();
    for row in page.rows {
        let PersonRow::Profile(found) = row else {
            continue;
        };
        let listed = Listed {
            name: found.name().map(str::to_string),
            email: found.address().map(str::to_string),
            user_id: found.user_id,
            available: None,
        };
        others.insert(listed.user_id.clone(), listed);
    }
    for seeded in &people {
        others.remove(&seeded.user_id);
    }
    let is_seeded = people.iter().any(|person| person.user_id == *user);
    let own = others.remove(user);
    if !is_seeded {
        people.push(own.unwrap_or_else(|| Listed {
            user_id: user.clone(),
            name: None,
            email: None,
            available: None,
        }));
    }
    people.extend(others.into_values());
    let has_more = page.next.is_some() || people.len() > MAX_PEOPLE;
    people.truncate(MAX_PEOPLE);
    for person in &mut people {
        let credits = credits(world, &person.user_id).await;
        person.available = credits.ok().map(|credits| credits.total_available);
    }
    (people, has_more)
}

async fn days(world: &World, user: &UserId) -> Result<Vec<Day>, String> {
    let now = world.clock.now();
    let first = now.plus_seconds(-(DAYS - 1).saturating_mul(SECONDS_PER_DAY));
    let mut call = Call::get(Caller::User(user, "credits.read"), "/api/user/usage");
    call.query = wire::form(&[
        ("groupBy", "day"),
        ("from", &first.date()),
        ("to", &now.date()),
    ]);
    let usage: Usage = made(world, call).await?;
    let rows = usage.rows.into_iter();
    let mut used: BTreeMap<String, UsageRow> = rows.map(|row| (row.key.clone(), row)).collect();
    let days = (0..DAYS).map(|number| {
        let seconds = number.saturating_mul(SECONDS_PER_DAY);
        let date = first.plus_seconds(seconds).date();
        let row = used.remove(&date);
        Day {
            credits: row
                .as_ref()
                .and_then(|row| row.credits.parse().ok())
                .unwrap_or_default(),
            requests: row.map_or(0, |row| row.requests),
            date,
        }
    });
    Ok(days.collect())
}

async fn models(world: &World, user: &UserId) -> Result<Vec<Model>, String> {
    let all: Models = answer(world, user, "models.read", "/v1/models").await?;
    let models = all.models.into_iter();
    let rated = models.filter(|model| model.rate_card.is_some());
    Ok(rated.collect())
}

async fn offers(world: &World, user: &UserId) -> Result<Vec<Offer>, String> {
    let all: Prices = answer(world, user, "billing.manage", "/v1/prices").await?;
    Ok(all.prices)
}

/// The last entries, each in the words of `creditsctl explain`.
async fn entries(world: &World, user: &UserId) -> Result<Vec<EntryLine>, StoreError> {
    let page = world
        .store
        .load_history(user, MAX_ENTRIES, None, None)
        .await?;
    let mut lines = Vec::new();
    for line in page.lines {
        let Some(entry) = world.store.load_entry(user, &line.key).await? else {
            continue;
        };
        let postings = entry.postings.iter();
        let postings = postings.map(|posting| PostingLine::of(posting, None));
        lines.push(EntryLine::of(&entry, postings.collect()));
    }
    Ok(lines)
}

/// Those of the page's own client that have not ended. A hold whose end has passed is
/// closed when the account is next written.
fn open_holds(account: &CreditAccount, now: Timestamp) -> Vec<OpenHold> {
    let open = account.holds.iter().filter(|hold| {
        let is_ours = hold.id.client.as_str() == SERVICE;
        is_ours && hold.is_open() && hold.expires_at > now
    });
    let holds = open.map(|hold| OpenHold {
        id: hold.id.key.to_string(),
        amount: hold.amount,
        expires_at: hold.expires_at,
    });
    holds.collect()
}
