//! Everything that the tables hold of one user, page by page, as JSON.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::domain::UserId;
use crate::store::client::pages::{Page, Partition, Segment, Wanted};
use crate::store::schema::item::key_of;
use crate::store::schema::items::Item;
use crate::store::schema::keys::{self, KeyKind, Table};
use crate::store::{Store, StoreError};

/// How many items one page reads.
const PAGE: i32 = 100;

/// Where an export looks for a user's items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportPart {
    /// Profile, preferences and subscriptions.
    Person,
    /// The claims of an e-mail address and of Stripe's ids; they are searched for in
    /// the whole users table.
    Claims,
    /// The account, its ledger and its past credits.
    Credits,
    /// Stripe's events, payments, invoices, books and trials.
    Billing,
    /// What became of the user's notices, and whether mail to their address is held back.
    Notices,
}

impl ExportPart {
    /// All of them, in the order of an export.
    pub const ALL: [ExportPart; 5] = [
        ExportPart::Person,
        ExportPart::Claims,
        ExportPart::Credits,
        ExportPart::Billing,
        ExportPart::Notices,
    ];

    /// Its name in an export.
    pub fn as_str(self) -> &'static str {
        match self {
            ExportPart::Person => "person",
            ExportPart::Claims => "claims",
            ExportPart::Credits => "credits",
            ExportPart::Billing => "billing",
            ExportPart::Notices => "notices",
        }
    }
}

impl Store {
    /// A page of a user's items, as JSON, and where the next page begins.
    pub async fn export_page(
        &self,
        user_id: &UserId,
        part: ExportPart,
        start: Option<Item>,
    ) -> Result<(Vec<Value>, Option<Item>), StoreError> {
        let page = match part {
            ExportPart::Person => {
                let pk = keys::profile(user_id).pk;
                self.partition_page(&all_of(Table::Users, &pk), start)
                    .await?
            }
            ExportPart::Claims => self.claims_page(user_id, start).await?,
            ExportPart::Credits => {
                let pk = keys::account(user_id).pk;
                self.partition_page(&all_of(Table::Credits, &pk), start)
                    .await?
            }
            ExportPart::Billing => self.billing_page(user_id, PAGE, start).await?,
            ExportPart::Notices => self.notices_page(user_id, start).await?,
        };
        let items = page.items.into_iter().map(json_of_item);
        Ok((items.collect(), page.next))
    }

    /// The user's items of the notices table; on the last page also the one that holds
    /// mail to their address back.
    async fn notices_page(
        &self,
        user_id: &UserId,
        start: Option<Item>,
    ) -> Result<Page, StoreError> {
        let pk = keys::user_partition(user_id);
        let mut page = self
            .partition_page(&all_of(Table::Notices, &pk), start)
            .await?;
        if page.next.is_none() {
            let user = self.load_person_alone(user_id).await?.user;
            if let Some(address) = user.as_ref().and_then(|user| user.address()) {
                page.items.extend(self.suppression_of(address).await?);
            }
        }
        Ok(page)
    }

    /// The claims of a user on a page of the whole users table; no index has them.
    async fn claims_page(&self, user_id: &UserId, start: Option<Item>) -> Result<Page, StoreError> {
        let whole = Segment { number: 0, of: 1 };
        let mut page = self
            .scan_page(Table::Users, whole, Wanted::Items, PAGE, start)
            .await?;
        page.items.retain(|item| {
            let owner = item.get("user_id").and_then(|value| value.as_s().ok());
            let is_claim = matches!(
                key_of(Table::Users, item).kind(),
                Some(KeyKind::EmailClaim | KeyKind::CustomerClaim | KeyKind::SubscriptionClaim)
            );
            is_claim && owner.map(String::as_str) == Some(user_id.as_str())
        });
        Ok(page)
    }
}

fn all_of(table: Table, pk: &str) -> Partition<'_> {
    Partition {
        table,
        pk,
        prefix: "",
        keys_only: false,
        seqs: None,
        limit: PAGE,
    }
}

/// An item as JSON, its attributes in order.
pub(super) fn json_of_item(item: Item) -> Value {
    let fields = item.into_iter().map(|(name, value)| (name, json_of(value)));
    let mut fields: Vec<_> = fields.collect();
    fields.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(fields.into_iter().collect::<Map<_, _>>())
}

/// A value as JSON: numbers as numbers if they are whole and fit, else as text; binary
/// as base64.
fn json_of(value: AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::N(number) => match number.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::String(number),
        },
        AttributeValue::Bool(flag) => Value::Bool(flag),
        AttributeValue::B(bytes) => Value::String(BASE64_STANDARD.encode(bytes)),
        AttributeValue::L(values) => values.into_iter().map(json_of).collect(),
        AttributeValue::M(map) => json_of_item(map),
        AttributeValue::Ss(texts) => texts.into_iter().map(Value::String).collect(),
        AttributeValue::Ns(numbers) => numbers
            .into_iter()
            .map(|number| json_of(AttributeValue::N(number)))
            .collect(),
        // Sets of binaries are never written, nor are types that DynamoDB does not have yet.
        _ => Value::Null,
    }
}
