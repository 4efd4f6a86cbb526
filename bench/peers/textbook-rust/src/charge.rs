//! `POST /api/users/{userId}/charges`: an entry is put and the balance lowered
//! in one transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Error, Request, Response};
use serde_json::{Value, json};

use crate::answer;
use crate::balance::{Balance, now};
use crate::table::{Item, Table, number, text};

const TRIES: u32 = 5;

/// What a charge takes, free credits first.
struct Charge {
    amount: i64,
    free: i64,
    pro: i64,
}

pub async fn post_charge(
    table: &Table,
    user: &str,
    request: &Request,
) -> Result<Response<Body>, Error> {
    let key = request.headers().get("idempotency-key");
    let Some(key) = key.and_then(|key| key.to_str().ok()) else {
        return answer(
            StatusCode::BAD_REQUEST,
            json!({ "error": "invalid_request" }),
        );
    };
    let Some(amount) = milli_credits(request.body()) else {
        return answer(
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({ "error": "validation_failed" }),
        );
    };
    let entry_key = format!("ENTRY#{key}");

    for _ in 0..TRIES {
        let item = table.read(user, "BALANCE", true).await?;
        let balance = item.as_ref().map(Balance::from_item).transpose()?;
        let split = balance.and_then(|balance| Some((split(&balance, amount)?, balance)));
        let Some((charge, balance)) = split else {
            // A repeat of the charge that used the credits up is no refusal.
            return match table.read(user, &entry_key, true).await? {
                Some(entry) => answer(StatusCode::OK, body(&entry)?),
                None => answer(
                    StatusCode::PAYMENT_REQUIRED,
                    json!({ "error": "insufficient_credits" }),
                ),
            };
        };
        let entry = entry_of(user, key, &charge, &balance);
        match commit(table, &entry, &charge, balance.version).await {
            Ok(()) => return answer(StatusCode::CREATED, body(&entry)?),
            Err(error) => match cancelled_by_entry(&error) {
                None => return Err(error.into()),
                Some(true) => {
                    let entry = table.read(user, &entry_key, true).await?;
                    return answer(StatusCode::OK, body(&entry.unwrap_or_default())?);
                }
                // Somebody else changed the balance: look at it again.
                Some(false) => {}
            },
        }
    }
    answer(
        StatusCode::SERVICE_UNAVAILABLE,
        json!({ "error": "try_again" }),
    )
}

fn milli_credits(body: &Body) -> Option<i64> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let amount: f64 = body.get("amount")?.as_str()?.parse().ok()?;
    let milli = (amount * 1000.0).round();
    (milli.is_finite() && milli >= 0.0).then_some(milli as i64)
}

/// None if free and pro together are not enough.
fn split(balance: &Balance, amount: i64) -> Option<Charge> {
    let free = amount.min(balance.free_remaining);
    let pro = amount - free;
    (pro <= balance.pro_remaining).then_some(Charge { amount, free, pro })
}

fn entry_of(user: &str, key: &str, charge: &Charge, balance: &Balance) -> Item {
    let available = balance.free_remaining + balance.pro_remaining - charge.amount;
    Item::from([
        ("pk".into(), AttributeValue::S(format!("USER#{user}"))),
        ("sk".into(), AttributeValue::S(format!("ENTRY#{key}"))),
        ("charge_id".into(), AttributeValue::S(key.into())),
        ("amount_milli".into(), numeric(charge.amount)),
        ("free_used_milli".into(), numeric(charge.free)),
        ("pro_used_milli".into(), numeric(charge.pro)),
        ("available_milli".into(), numeric(available)),
        ("version".into(), numeric(balance.version + 1)),
        ("at".into(), AttributeValue::S(now())),
    ])
}

fn numeric(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

async fn commit(
    table: &Table,
    entry: &Item,
    charge: &Charge,
    version: i64,
) -> Result<(), SdkError<TransactWriteItemsError>> {
    let put = Put::builder()
        .table_name(&table.name)
        .set_item(Some(entry.clone()))
        .condition_expression("attribute_not_exists(pk)")
        .build()?;
    let update = Update::builder()
        .table_name(&table.name)
        .set_key(Some(Item::from([
            ("pk".into(), entry["pk"].clone()),
            ("sk".into(), AttributeValue::S("BALANCE".into())),
        ])))
        .update_expression(
            "SET free_remaining_milli = free_remaining_milli - :free, \
             free_used_milli = free_used_milli + :free, \
             pro_remaining_milli = pro_remaining_milli - :pro, \
             pro_used_milli = pro_used_milli + :pro, version = version + :one",
        )
        .condition_expression(
            "version = :version AND free_remaining_milli >= :free AND pro_remaining_milli >= :pro",
        )
        .expression_attribute_values(":free", numeric(charge.free))
        .expression_attribute_values(":pro", numeric(charge.pro))
        .expression_attribute_values(":one", numeric(1))
        .expression_attribute_values(":version", numeric(version))
        .build()?;
    table
        .client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(put).build())
        .transact_items(TransactWriteItem::builder().update(update).build())
        .send()
        .await?;
    Ok(())
}

/// Whether a transaction was cancelled because the entry is there already;
/// none if that is not what went wrong.
fn cancelled_by_entry(error: &SdkError<TransactWriteItemsError>) -> Option<bool> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return None;
    };
    let first = cancelled.cancellation_reasons().first()?;
    Some(first.code() == Some("ConditionalCheckFailed"))
}

/// The answer, from the entry alone.
fn body(entry: &Item) -> Result<Value, Error> {
    Ok(json!({
        "chargeId": text(entry, "charge_id")?,
        "amount": credits(number(entry, "amount_milli")?),
        "freeUsed": credits(number(entry, "free_used_milli")?),
        "proUsed": credits(number(entry, "pro_used_milli")?),
        "totalAvailable": number(entry, "available_milli")? / 1000,
        "version": number(entry, "version")?,
    }))
}

/// Thousandths as a decimal text, `"0.5"`.
fn credits(milli: i64) -> String {
    (milli as f64 / 1000.0).to_string()
}
