//! Items of the table, read by their keys.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::Error;

/// Attributes by name.
pub type Item = HashMap<String, AttributeValue>;

/// The table and the client that reaches it.
pub struct Table {
    pub client: Client,
    pub name: String,
}

impl Table {
    /// An item of a user's.
    pub async fn read(
        &self,
        user: &str,
        sk: &str,
        consistent: bool,
    ) -> Result<Option<Item>, Error> {
        let output = self
            .client
            .get_item()
            .table_name(&self.name)
            .key("pk", AttributeValue::S(format!("USER#{user}")))
            .key("sk", AttributeValue::S(sk.to_string()))
            .consistent_read(consistent)
            .send()
            .await?;
        Ok(output.item)
    }
}

/// A number of an item.
pub fn number(item: &Item, name: &str) -> Result<i64, Error> {
    let value = item.get(name).and_then(|value| value.as_n().ok());
    let text = value.ok_or_else(|| format!("{name} is no number"))?;
    Ok(text.parse()?)
}

/// A text of an item.
pub fn text(item: &Item, name: &str) -> Result<String, Error> {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    Ok(value.ok_or_else(|| format!("{name} is no text"))?.clone())
}
