//! The tables of the templates as `CreateTable` requests of DynamoDB.
//! Properties that protect data on AWS (encryption, backups, deletion
//! protection) are dropped. Any other unknown property is an error.

use super::error::DeploymentError;
use super::template::{Resource, Template};
use serde_json::{Map, Value};

/// Properties with the same name in CloudFormation and `CreateTable`.
const COPIED: [&str; 5] = [
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
];

/// Properties without meaning on a laptop.
const IGNORED: [&str; 5] = [
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "TimeToLiveSpecification",
    "Tags",
];

/// One table to create.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDefinition {
    /// Local name: the logical id without `Table`, in lower case.
    pub name: String,
    /// The `CreateTable` request in DynamoDB's JSON form.
    pub create_table: Value,
    /// The attribute that holds an item's expiry in Unix seconds.
    pub ttl_attribute: Option<String>,
}

/// Every table of a template.
pub(super) fn read(template: &Template) -> Result<Vec<TableDefinition>, DeploymentError> {
    let resources = template.resources()?;
    let tables = resources
        .iter()
        .filter(|resource| resource.kind == "AWS::DynamoDB::Table");
    tables
        .map(|resource| definition(template, resource))
        .collect()
}

fn definition(
    template: &Template,
    resource: &Resource<'_>,
) -> Result<TableDefinition, DeploymentError> {
    let at = format!("Resources.{}.Properties", resource.id);
    let properties = resource.body.get("Properties").unwrap_or(&Value::Null);
    let Value::Object(properties) = template.evaluate(properties, &at)? else {
        return Err(template.error(&at, "must be a mapping"));
    };
    let name = template.table_name(resource.id).unwrap_or_default();
    let mut request = Map::from_iter([("TableName".to_owned(), Value::from(name.as_str()))]);
    for (key, value) in &properties {
        if COPIED.contains(&key.as_str()) {
            request.insert(key.clone(), value.clone());
        } else if key == "StreamSpecification" {
            // CloudFormation switches a stream on by naming what it shows.
            let shown = value.get("StreamViewType").cloned().unwrap_or_default();
            let enabled = serde_json::json!({"StreamEnabled": true, "StreamViewType": shown});
            request.insert(key.clone(), enabled);
        } else if !IGNORED.contains(&key.as_str()) {
            let problem = "is not served locally: list it in local/src/deployment/tables.rs";
            return Err(template.error(format!("{at}.{key}"), problem));
        }
    }
    for required in ["AttributeDefinitions", "KeySchema"] {
        if !request.get(required).is_some_and(Value::is_array) {
            return Err(template.error(format!("{at}.{required}"), "must be a list"));
        }
    }
    let ttl_attribute = match properties.get("TimeToLiveSpecification") {
        Some(ttl) if ttl.get("Enabled") == Some(&Value::Bool(true)) => {
            let attribute = ttl.get("AttributeName").and_then(Value::as_str);
            let at = format!("{at}.TimeToLiveSpecification");
            Some(
                attribute
                    .ok_or_else(|| template.error(at, "has no AttributeName"))?
                    .to_owned(),
            )
        }
        _ => None,
    };
    Ok(TableDefinition {
        name,
        create_table: Value::Object(request),
        ttl_attribute,
    })
}
