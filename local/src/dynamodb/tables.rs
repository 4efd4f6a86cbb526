//! Creates the tables that the templates declare. An existing table stays as it
//! is, but is refused if it has other keys or indexes, because queries on it
//! would fail much later.

use super::engine::Engine;
use crate::deployment::TableDefinition;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Why a table does not match its template.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// DynamoDB refused the definition.
    #[error("the table {table} cannot be created ({reason}): correct its template")]
    Refused {
        /// Local name of the table.
        table: String,
        /// DynamoDB's message.
        reason: String,
    },
    /// The stored tables have an older definition.
    #[error(
        "the table {table} was created with other {part}: move the data folder away and start again"
    )]
    Differs {
        /// Local name of the table.
        table: String,
        /// What differs.
        part: &'static str,
    },
}

/// Creates missing tables and enables TTL.
pub fn create_tables(engine: &Engine, tables: &[TableDefinition]) -> Result<(), TableError> {
    tables.iter().try_for_each(|table| create(engine, table))
}

fn create(engine: &Engine, table: &TableDefinition) -> Result<(), TableError> {
    let described = engine.run("DescribeTable", json!({"TableName": table.name}));
    match described.body.get("Table") {
        Some(existing) => compare(table, existing)?,
        None => call(engine, table, "CreateTable", table.create_table.clone())?,
    }
    if let Some(attribute) = &table.ttl_attribute {
        let request = json!({
            "TableName": table.name,
            "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
        });
        call(engine, table, "UpdateTimeToLive", request)?;
    }
    Ok(())
}

fn call(
    engine: &Engine,
    table: &TableDefinition,
    operation: &str,
    request: Value,
) -> Result<(), TableError> {
    let answer = engine.run(operation, request);
    if answer.status == 200 {
        return Ok(());
    }
    let reason = answer
        .body
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or("no reason given");
    Err(TableError::Refused {
        table: table.name.clone(),
        reason: reason.to_owned(),
    })
}

fn compare(table: &TableDefinition, existing: &Value) -> Result<(), TableError> {
    let differs = |part| {
        Err(TableError::Differs {
            table: table.name.clone(),
            part,
        })
    };
    if table.create_table.get("KeySchema") != existing.get("KeySchema") {
        return differs("keys");
    }
    for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        if indexes(&table.create_table, kind) != indexes(existing, kind) {
            return differs("indexes");
        }
    }
    Ok(())
}

/// Name, keys and projection of each index, sorted.
fn indexes(table: &Value, kind: &str) -> BTreeSet<String> {
    let indexes = table
        .get(kind)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let essence = |index: &Value| {
        let mut projection = index.get("Projection").cloned().unwrap_or_default();
        if let Some(Value::Array(attributes)) = projection.get_mut("NonKeyAttributes") {
            attributes.sort_by_key(Value::to_string);
        }
        json!([index.get("IndexName"), index.get("KeySchema"), projection]).to_string()
    };
    indexes.map(essence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::Deployment;
    use std::collections::BTreeMap;
    use std::path::Path;

    fn committed() -> Vec<TableDefinition> {
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
        let issuer = BTreeMap::from([("Issuer".to_owned(), "http://issuer".to_owned())]);
        Deployment::read(&template, &issuer).unwrap().tables
    }

    #[test]
    fn creating_the_committed_tables_twice_changes_nothing() {
        let engine = Engine::from(super::super::open(None).unwrap());
        let tables = committed();
        create_tables(&engine, &tables).unwrap();
        create_tables(&engine, &tables).unwrap();
        let listed = engine.run("ListTables", json!({}));
        assert_eq!(
            listed.body["TableNames"],
            json!(["billing", "credits", "notices", "users"])
        );
        let ttl = engine.run("DescribeTimeToLive", json!({"TableName": "credits"}));
        assert_eq!(
            ttl.body["TimeToLiveDescription"]["AttributeName"],
            "expires_at"
        );
        assert_eq!(
            ttl.body["TimeToLiveDescription"]["TimeToLiveStatus"],
            "ENABLED"
        );
    }

    #[test]
    fn a_table_of_another_shape_is_refused() {
        let engine = Engine::from(super::super::open(None).unwrap());
        let mut tables = committed();
        create_tables(&engine, &tables).unwrap();
        let indexed = tables.iter_mut().find(|table| table.name == "billing");
        indexed.unwrap().create_table["GlobalSecondaryIndexes"][0]["IndexName"] = json!("renamed");
        let message = create_tables(&engine, &tables).unwrap_err().to_string();
        assert!(
            message.contains("was created with other indexes"),
            "{message}"
        );
        tables[0].create_table["KeySchema"]
            .as_array_mut()
            .unwrap()
            .pop();
        let message = create_tables(&engine, &tables).unwrap_err().to_string();
        assert!(message.contains("was created with other keys"), "{message}");
    }

    #[test]
    fn a_definition_that_dynamodb_refuses_says_why() {
        let engine = Engine::from(super::super::open(None).unwrap());
        let mut tables = committed();
        tables[0].create_table["AttributeDefinitions"] = json!([]);
        let message = create_tables(&engine, &tables).unwrap_err().to_string();
        assert!(
            message.contains("cannot be created (") && !message.contains('\n'),
            "{message}"
        );
    }
}
