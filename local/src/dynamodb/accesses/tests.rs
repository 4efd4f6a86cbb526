//! The permissions that each operation needs.

use super::*;

/// The schema of these tests: `pk`, and `owner` for the index `by-owner`.
fn attribute(table: &str, index: Option<&str>) -> Option<String> {
    let name = match (table, index) {
        ("users" | "credits", None) => "pk",
        ("credits", Some("by-owner")) => "owner",
        _ => return None,
    };
    Some(name.to_owned())
}

fn key(pk: &str) -> Value {
    json!({"pk": {"S": pk}, "sk": {"S": "x#y"}})
}

/// One line for each access: action, table, index, keys, transaction.
fn lines(operation: &str, request: &Value) -> Vec<String> {
    let accesses = accesses_of(operation, request, &attribute);
    let line = |access: Access| {
        let keys: Vec<String> = access.leading_keys.into_iter().collect();
        format!(
            "{} {}/{} [{}] {}",
            access.action,
            access.table,
            access.index.unwrap_or_default(),
            keys.join(" "),
            access.enclosing_operation.unwrap_or_default()
        )
    };
    accesses.into_iter().map(line).collect()
}

#[test]
fn a_request_for_one_item_needs_its_action_for_what_its_key_begins_with() {
    for (operation, request, line) in [
        (
            "GetItem",
            json!({"TableName": "users", "Key": key("USER#a#b")}),
            "GetItem users/ [USER#] ",
        ),
        (
            "UpdateItem",
            json!({"TableName": "credits", "Key": key("RATE#a#b")}),
            "UpdateItem credits/ [RATE#] ",
        ),
        (
            "DeleteItem",
            json!({"TableName": "users", "Key": key("MODELS")}),
            "DeleteItem users/ [MODELS] ",
        ),
        (
            "PutItem",
            json!({"TableName": "users", "Item": key("USER#a")}),
            "PutItem users/ [USER#] ",
        ),
    ] {
        assert_eq!(lines(operation, &request), [line]);
    }
}

#[test]
fn a_query_needs_the_key_it_asks_for_on_the_table_or_the_index() {
    let names = json!({"#p": "pk"});
    let values = json!({":a": {"S": "USER#a"}, ":b": {"S": "somebody"}, ":c": {"S": "c"}});
    for (index, condition, line) in [
        (None, "pk = :a", "Query users/ [USER#] "),
        (
            None,
            "(#p=:a) AND begins_with(sk, :c)",
            "Query users/ [USER#] ",
        ),
        (None, "sk = :c AND pk = :a", "Query users/ [USER#] "),
        (None, "sk <= :c", "Query users/ [] "),
        (
            Some("by-owner"),
            "owner = :b AND at BETWEEN :a AND :c",
            "Query credits/by-owner [somebody] ",
        ),
    ] {
        let mut request = json!({
            "TableName": if index.is_some() { "credits" } else { "users" },
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        });
        if let Some(index) = index {
            request["IndexName"] = json!(index);
        }
        assert_eq!(lines("Query", &request), [line], "{condition}");
    }
}

#[test]
fn a_batch_needs_its_own_action_for_all_keys_of_each_table_at_once() {
    let request = json!({"RequestItems": {
        "credits": {"Keys": [key("USER#a")], "ConsistentRead": true},
        "users": {"Keys": [key("USER#a"), key("EMAIL#a"), key("USER#b")]},
    }});
    assert_eq!(
        lines("BatchGetItem", &request),
        [
            "BatchGetItem credits/ [USER#] ",
            "BatchGetItem users/ [EMAIL# USER#] "
        ]
    );
    let request = json!({"RequestItems": {"users": [
        {"PutRequest": {"Item": key("USER#a")}},
        {"DeleteRequest": {"Key": key("EMAIL#a")}},
    ]}});
    assert_eq!(
        lines("BatchWriteItem", &request),
        ["BatchWriteItem users/ [EMAIL# USER#] "]
    );
}

#[test]
fn a_transaction_needs_the_actions_of_its_parts_and_says_what_encloses_them() {
    let part = |kind: &str, table: &str, name: &str, pk: &str| json!({kind: {"TableName": table, name: key(pk)}});
    let request = json!({"TransactItems": [
        part("Put", "credits", "Item", "USER#a"),
        part("Put", "users", "Item", "USER#a"),
        part("Put", "users", "Item", "EMAIL#a"),
        part("Update", "users", "Key", "USER#a"),
        part("Delete", "users", "Key", "USER#a"),
        part("ConditionCheck", "users", "Key", "CATALOGUE"),
    ]});
    assert_eq!(
        lines("TransactWriteItems", &request),
        [
            "ConditionCheckItem users/ [CATALOGUE] TransactWriteItems",
            "DeleteItem users/ [USER#] TransactWriteItems",
            "PutItem credits/ [USER#] TransactWriteItems",
            "PutItem users/ [EMAIL# USER#] TransactWriteItems",
            "UpdateItem users/ [USER#] TransactWriteItems",
        ]
    );
    let request = json!({"TransactItems": [part("Get", "users", "Key", "USER#a")]});
    assert_eq!(
        lines("TransactGetItems", &request),
        ["GetItem users/ [USER#] TransactGetItems"]
    );
}

#[test]
fn what_names_no_key_is_reported_without_one_and_what_cannot_be_named_is_empty() {
    for (operation, request, line) in [
        ("Scan", json!({"TableName": "users"}), "Scan users/ [] "),
        (
            "DescribeTable",
            json!({"TableName": "users"}),
            "DescribeTable users/ [] ",
        ),
        (
            "GetItem",
            json!({"TableName": "users", "Key": {"pk": {"N": "1"}}}),
            "GetItem users/ [] ",
        ),
        ("GetItem", json!(null), "GetItem / [] "),
    ] {
        assert_eq!(lines(operation, &request), [line]);
    }
    // No policy allows an empty key; a missing key is another case.
    let scan = accesses_of("Scan", &json!({"TableName": "users"}), &attribute);
    assert!(scan.iter().all(|access| access.leading_keys.is_empty()));
    let get = accesses_of("GetItem", &json!({"TableName": "users"}), &attribute);
    assert!(get.iter().all(|access| access.leading_keys.contains("")));
}

#[test]
fn nothing_is_noted_before_it_is_asked_for_or_after() {
    let template = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let issuer = [("Issuer".to_owned(), "http://issuer".to_owned())].into();
    let deployment = crate::deployment::Deployment::read(&template, &issuer).unwrap();
    let engine = Engine::from(super::super::open(None).unwrap());
    super::super::create_tables(&engine, &deployment.tables).unwrap();
    let accesses = Accesses::default();
    let note = || {
        let query = json!({
            "TableName": "credits",
            "IndexName": "entries-by-time",
            "KeyConditionExpression": "user_id = :user",
            "ExpressionAttributeValues": {":user": {"S": "somebody"}},
        });
        accesses.note(&engine, "Query", query.to_string().as_bytes());
    };
    note();
    assert!(accesses.stop().is_empty());
    accesses.start();
    note();
    note();
    let noted = accesses.stop();
    assert_eq!(
        noted.into_iter().collect::<Vec<_>>(),
        [Access {
            action: "Query".to_owned(),
            table: "credits".to_owned(),
            index: Some("entries-by-time".to_owned()),
            leading_keys: BTreeSet::from(["somebody".to_owned()]),
            enclosing_operation: None,
        }]
    );
    note();
    assert!(accesses.stop().is_empty());
}
