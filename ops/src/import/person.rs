//! Imports a user's profile, preferences and subscriptions: in one transaction
//! if all of them are new, else one by one, reporting what exists already.

use std::collections::HashMap;

use shared::domain::{Preferences, Subscription, User, UserId};
use shared::store::{
    Created, ExpectedRecord, FoundRecord, Key, NewRecords, Record, StoreError, TooLarge,
};

use super::context::{Context, deadline};
use super::error::ImportError;
use super::file::Row;
use super::outcome::{About, Outcome};
use super::people::{
    is_paid, may_spend, own_name, preferences as preferences_of, stand_in_address, subscription,
    user as user_of,
};
use super::remark::{Remark, Verdict};

/// A user's rows in the old tables, other than credits and usage.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub(crate) user: Option<Row>,
    pub(crate) preferences: Option<Row>,
    pub(crate) subscriptions: Vec<Row>,
    /// Whether a row of `users` belongs to this user but could not be used.
    pub(crate) has_lost_user: bool,
    /// Duplicate rows of `users` or `user_preferences`.
    pub(crate) again: Vec<Row>,
}

impl Head {
    /// The unique values that its rows claim, verbatim.
    pub(crate) fn claims(&self) -> Vec<String> {
        let email = self.user.as_ref().and_then(|row| row.get("email"));
        let email = email.map(|email| email.trim().to_lowercase());
        let columns = ["stripe_customer_id", "stripe_subscription_id"];
        let rows = self.subscriptions.iter();
        let stripe = rows.flat_map(|row| columns.iter().filter_map(|column| row.get(column)));
        email
            .into_iter()
            .chain(stripe.map(|id| id.trim().to_string()))
            .collect()
    }
}

/// The outcome of a user's records.
#[derive(Debug, Default)]
pub(crate) struct Person {
    /// Whether the user may spend; none if that is unreadable.
    pub(crate) may_spend: Option<bool>,
    /// With their source rows.
    pub(crate) subscriptions: Vec<(Row, Subscription)>,
    /// Whether a subscription is paid, by its old id; includes refused ones.
    pub(crate) is_paid: HashMap<String, bool>,
}

/// A record that can drop a unique value that another user owns.
trait Yielding: Record + Clone + PartialEq {
    fn without(&self, taken: &[Key], row: &Row) -> Self;
    /// The replacement, in words.
    fn instead(&self) -> String;
}

impl Yielding for User {
    fn without(&self, _: &[Key], _: &Row) -> Self {
        User {
            email: Some(stand_in_address(&self.user_id, "duplicate").into()),
            ..self.clone()
        }
    }
    fn instead(&self) -> String {
        format!("the address {}", self.address().unwrap_or("none"))
    }
}

impl Yielding for Preferences {
    fn without(&self, _: &[Key], _: &Row) -> Self {
        self.clone()
    }
    fn instead(&self) -> String {
        "unchanged values".to_string()
    }
}

impl Yielding for Subscription {
    fn without(&self, taken: &[Key], row: &Row) -> Self {
        let is_taken = |kind: &str| taken.iter().any(|key| key.pk.starts_with(kind));
        let mut kept = self.clone();
        if is_taken("STRIPE_CUSTOMER#") {
            kept.stripe_customer_id = None;
        }
        if is_taken("STRIPE_SUBSCRIPTION#") {
            kept.stripe_subscription_id = Some(own_name(row));
        }
        kept
    }
    fn instead(&self) -> String {
        let name = self.stripe_subscription_id.as_deref();
        let customer = self.stripe_customer_id.as_deref();
        format!(
            "the name {} and {} customer",
            name.unwrap_or("free"),
            customer.unwrap_or("no")
        )
    }
}

/// A user's records if no claim is taken.
pub(crate) struct Records {
    user: Option<(User, Row)>,
    preferences: Option<(Preferences, Row)>,
    pub(crate) person: Person,
    pub(crate) new: NewRecords,
    pub(crate) expected: Vec<(ExpectedRecord, About)>,
}

/// Reads a user's rows.
pub(crate) fn read(
    context: &Context,
    user_id: &UserId,
    head: &Head,
    outcome: &mut Outcome,
) -> Result<Records, ImportError> {
    for row in &head.again {
        let why = format!("user {user_id} already has a row in this table");
        outcome.refuse(row, why);
    }
    let store = |error| ImportError::store(format!("user {user_id}"), error);
    let mut user = None;
    if let Some(row) = &head.user {
        let read = user_of(user_id, row, &mut outcome.remarks);
        user = fitting(read, row, outcome).map_err(store)?;
    }
    let mut preferences = None;
    if let Some(row) = &head.preferences {
        let read = preferences_of(user_id, &context.models, row, &mut outcome.remarks);
        preferences = fitting(read, row, outcome).map_err(store)?;
    }
    let person = Person {
        may_spend: match &head.user {
            Some(row) => may_spend(row),
            None => (!head.has_lost_user).then_some(true),
        },
        subscriptions: subscriptions(user_id, head, outcome).map_err(store)?,
        is_paid: head
            .subscriptions
            .iter()
            .map(|row| (row.id().trim().to_string(), is_paid(row)))
            .collect(),
    };
    let mut records = Records {
        user,
        preferences,
        person,
        new: NewRecords::default(),
        expected: Vec::new(),
    };
    records.note_all().map_err(store)?;
    Ok(records)
}

/// A user's imported subscriptions, with their rows.
fn subscriptions(
    user_id: &UserId,
    head: &Head,
    outcome: &mut Outcome,
) -> Result<Vec<(Row, Subscription)>, StoreError> {
    let mut kept: Vec<(Row, Subscription)> = Vec::new();
    for row in &head.subscriptions {
        if row.id().is_empty() {
            outcome.refuse(row, "it has no id");
            continue;
        }
        if kept.iter().any(|(other, _)| other.id() == row.id()) {
            outcome.refuse(row, "an earlier row has the same id");
            continue;
        }
        let others: Vec<&Subscription> = kept.iter().map(|(_, record)| record).collect();
        let read = subscription(user_id, &others, row, &mut outcome.remarks);
        let Some((record, row)) = fitting(read, row, outcome)? else {
            continue;
        };
        if let Some((other, _)) = kept.iter().find(|(_, other)| other.key() == record.key()) {
            let why = format!("earlier row {} has the same subscription name", other.id());
            outcome.refuse(&row, why);
            continue;
        }
        kept.push((row, record));
    }
    Ok(kept)
}

/// A record that fits into a DynamoDB item, with its row.
fn fitting<T: Record>(
    record: Option<T>,
    row: &Row,
    outcome: &mut Outcome,
) -> Result<Option<(T, Row)>, StoreError> {
    let Some(record) = record else {
        outcome.tally.count_refused(row);
        return Ok(None);
    };
    if let Some(too_large) = TooLarge::record(&record)? {
        outcome.refuse(row, too_large.to_string());
        return Ok(None);
    }
    Ok(Some((record, row.clone())))
}

impl Records {
    fn note_all(&mut self) -> Result<(), StoreError> {
        let (new, expected) = (&mut self.new, &mut self.expected);
        if let Some((record, row)) = &self.user {
            note(new, expected, record, row)?;
        }
        if let Some((record, row)) = &self.preferences {
            note(new, expected, record, row)?;
        }
        for (row, record) in &self.person.subscriptions {
            note(new, expected, record, row)?;
        }
        Ok(())
    }
}

fn note<T: Record>(
    new: &mut NewRecords,
    expected: &mut Vec<(ExpectedRecord, About)>,
    record: &T,
    row: &Row,
) -> Result<(), StoreError> {
    new.add(record)?;
    expected.push((ExpectedRecord::of(record)?, About::of(row)));
    Ok(())
}

/// Imports a user's rows and returns the stored records.
pub(crate) async fn settle(
    context: &Context,
    user_id: &UserId,
    records: Records,
    outcome: &mut Outcome,
) -> Result<Person, ImportError> {
    let Records {
        user,
        preferences,
        mut person,
        new,
        expected,
    } = records;
    let is_settled = settle_together(context, &new, expected, outcome)
        .await
        .map_err(|error| ImportError::store(format!("user {user_id}"), error))?;
    if is_settled {
        return Ok(person);
    }
    if let Some((record, row)) = user {
        settle_one(context, &record, &row, outcome).await?;
    }
    if let Some((record, row)) = preferences {
        settle_one(context, &record, &row, outcome).await?;
    }
    for (row, record) in &mut person.subscriptions {
        *record = settle_one(context, record, row, outcome).await?;
    }
    Ok(person)
}

/// Whether every record was new or existed with the same values.
async fn settle_together(
    context: &Context,
    new: &NewRecords,
    expected: Vec<(ExpectedRecord, About)>,
    outcome: &mut Outcome,
) -> Result<bool, StoreError> {
    let is_new = !context.dry_run && context.store.create_all(new, deadline()).await?;
    if !is_new {
        let records: Vec<_> = expected.iter().map(|(record, _)| record.clone()).collect();
        let found = context.store.compare_records(&records).await?;
        if found.iter().any(|found| *found != FoundRecord::AsExpected) {
            return Ok(false);
        }
    }
    conclude(expected, is_new, outcome);
    Ok(true)
}

/// Reading back expects every record that was created or existed with the same
/// values.
pub(crate) fn conclude(
    expected: Vec<(ExpectedRecord, About)>,
    is_new: bool,
    outcome: &mut Outcome,
) {
    for (record, about) in expected {
        outcome.tally.rows(about.table).written += u64::from(is_new);
        outcome.expect_record(record, about);
    }
}

/// Imports one record without the unique values that another user owns. Returns
/// the stored record.
async fn settle_one<T: Yielding>(
    context: &Context,
    record: &T,
    row: &Row,
    outcome: &mut Outcome,
) -> Result<T, ImportError> {
    let what = |error| ImportError::store(record.key(), error);
    let mut kept = record.clone();
    if let Some((owner, claims)) = record.claims() {
        let mut taken = Vec::new();
        for claim in claims {
            let other = context.owner_of(&claim).await?;
            taken.extend(
                other
                    .filter(|other| other != owner)
                    .map(|other| (claim, other)),
            );
        }
        if !taken.is_empty() {
            let claims: Vec<Key> = taken.iter().map(|(claim, _)| claim.clone()).collect();
            kept = record.without(&claims, row);
        }
        for (claim, other) in taken {
            let (thing, instead) = (claim.pk, kept.instead());
            let why = format!(
                "users {other} and {owner} both have {thing}: the first keeps it, \
                 and this row gets {instead}"
            );
            outcome.remark(Remark::of(row, Verdict::Mended, why));
        }
        if let Some((owner, claims)) = kept.claims().filter(|_| context.dry_run) {
            context.would_claim(&claims, owner);
        }
    }
    let created = if context.dry_run {
        let found = context.store.load(&kept.key()).await.map_err(what)?;
        found.map_or(Created::New, |found| Created::Existing(Box::new(found)))
    } else {
        let created = context.store.create(&kept, deadline()).await;
        created.map_err(what)?
    };
    let differs = match created {
        Created::New => {
            let table = row.source;
            outcome.tally.rows(table).written += u64::from(!context.dry_run);
            None
        }
        Created::Existing(existing) if *existing == kept => None,
        Created::Existing(_) => {
            Some("already in the tables with other values: left unchanged".to_string())
        }
        Created::Erased => Some("the user was erased".to_string()),
        Created::Taken { claim, owner } => Some(format!("{claim} belongs to user {owner}")),
    };
    match differs {
        Some(why) => outcome.remark(Remark::of(row, Verdict::Differs, why)),
        None => {
            let expected = ExpectedRecord::of(&kept).map_err(what)?;
            outcome.expect_record(expected, About::of(row));
        }
    }
    Ok(kept)
}
