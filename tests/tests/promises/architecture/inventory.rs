//! The inventory of functions and routes: folder, template, handler, recorded
//! event and price belong together, and a missing piece is named.

use std::collections::{BTreeMap, BTreeSet};

use local::deployment::{Deployment, Function};
use shared::store::{EXPIRES_AT, INDEXES, PRIMARY_KEY, STREAMED, Table};
use tests::world;

use super::{check, folders_in, manifest, name_of, root};
use crate::requests_and_units::measured_routes;
use crate::routes::{events_folder, recorded};

/// The template as the local world reads it.
fn deployment() -> Deployment {
    let given = [
        ("Issuer", "https://issuer.example.com"),
        ("ScopePrefix", ""),
    ];
    let given = given.map(|(name, value)| (name.to_string(), value.to_string()));
    Deployment::read(&root().join("template.yaml"), &given.into()).unwrap()
}

/// What a function's library says it answers.
fn routes_of(function: &str) -> &'static [&'static str] {
    match function {
        "billing" => billing::ROUTES,
        "credits" => credits::ROUTES,
        "notify" => notify::ROUTES,
        "profile" => profile::ROUTES,
        "sign-up" => sign_up::ROUTES,
        "watch" => watch::ROUTES,
        "stripe-webhook" => stripe_webhook::ROUTES,
        "token" => token::ROUTES,
        other => panic!("say here where the ROUTES of {other} are"),
    }
}

/// What a function's library says it touches.
fn tables_of(function: &str) -> &'static [Table] {
    match function {
        "billing" => billing::TABLES,
        "credits" => credits::TABLES,
        "notify" => notify::TABLES,
        "profile" => profile::TABLES,
        "sign-up" => sign_up::TABLES,
        "watch" => watch::TABLES,
        "stripe-webhook" => stripe_webhook::TABLES,
        "token" => token::TABLES,
        other => panic!("say here where the TABLES of {other} are"),
    }
}

fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    items.into_iter().collect()
}

/// A table or index and its keys, partition key first, as one text.
fn keyed(name: &str, keys: [&str; 2]) -> String {
    format!("{name}({})", keys.join(", "))
}

/// The same from a template: the name that is there and its `KeySchema`.
fn declared(name: &str, keys: &serde_json::Value) -> String {
    let of = |kind: &str| {
        let keys = keys.as_array().unwrap().iter();
        let mut keys = keys.filter(|key| key["KeyType"] == kind);
        keys.next().unwrap()["AttributeName"].as_str().unwrap()
    };
    keyed(name, [of("HASH"), of("RANGE")])
}

#[test]
fn the_keys_of_tables_and_indexes_are_those_of_the_code() {
    let name = |table: Table| {
        let variable = table.variable().to_lowercase();
        variable.trim_end_matches("_table").to_string()
    };
    let tables = Table::ALL.map(name);
    let tables = tables.iter().map(|table| keyed(table, PRIMARY_KEY));
    let indexes = INDEXES.iter().map(|index| {
        let name = format!("{}/{}", name(index.table), index.name);
        keyed(&name, index.keys)
    });
    let mut of_template = BTreeSet::new();
    for table in &deployment().tables {
        let made = &table.create_table;
        of_template.insert(declared(&table.name, &made["KeySchema"]));
        let indexes = made["GlobalSecondaryIndexes"].as_array();
        for index in indexes.into_iter().flatten() {
            let name = format!("{}/{}", table.name, index["IndexName"].as_str().unwrap());
            of_template.insert(declared(&name, &index["KeySchema"]));
        }
    }
    check(compare(
        &set(tables.chain(indexes)),
        &of_template,
        "the code goes by it (shared/src/store/keys.rs): declare it in infra/data.yaml",
        "infra/data.yaml declares it, and no code knows it: name it in keys.rs or remove it",
    ));
}

/// `creditsctl doctor` holds a deployed stage against what the code says here.
#[test]
fn streams_and_expiry_of_the_tables_are_those_of_the_code() {
    for table in &deployment().tables {
        assert_eq!(table.ttl_attribute.as_deref(), Some(EXPIRES_AT));
        let mut all = Table::ALL.into_iter();
        let ours = all.find(|it| it.variable().to_lowercase() == format!("{}_table", table.name));
        let stream = table.create_table["StreamSpecification"]["StreamViewType"].as_str();
        let expected = STREAMED.contains(&ours.unwrap()).then_some("NEW_IMAGE");
        assert_eq!(stream, expected, "{}", table.name);
    }
}

/// What is in one list and not in the other, with what to do about it.
fn compare(
    one: &BTreeSet<String>,
    other: &BTreeSet<String>,
    missing: &str,
    superfluous: &str,
) -> Vec<String> {
    let missing = one
        .difference(other)
        .map(|name| format!("{name}: {missing}"));
    let superfluous = other
        .difference(one)
        .map(|name| format!("{name}: {superfluous}"));
    missing.chain(superfluous).collect()
}

#[test]
fn every_function_folder_is_in_the_template_and_the_other_way_round() {
    let folders = folders_in(&root().join("functions"));
    let folders = set(folders.iter().map(|folder| name_of(folder).to_string()));
    let functions = set(deployment()
        .functions
        .into_iter()
        .map(|function| function.name));
    check(compare(
        &folders,
        &functions,
        "add it to template.yaml with `BuildProperties: { Binary: … }`",
        "the template builds it, so make its folder under functions/",
    ));
}

#[test]
fn every_function_is_a_library_and_a_main_of_wiring() {
    let mut findings = Vec::new();
    for folder in folders_in(&root().join("functions")) {
        let function = name_of(&folder);
        for file in ["src/lib.rs", "src/main.rs", "src/routes"] {
            if !folder.join(file).exists() {
                findings.push(format!("{function} has no {file}"));
            }
        }
        let main = std::fs::read_to_string(folder.join("src/main.rs")).unwrap();
        if main.lines().count() > 60 {
            findings.push(format!(
                "{function}: main.rs only wires: move the rest to its library"
            ));
        }
        if manifest(&folder).get("bin").is_some() {
            findings.push(format!(
                "{function}: cargo names the binary after the package, drop [[bin]]"
            ));
        }
    }
    check(findings);
}

#[tokio::test]
async fn the_local_world_knows_every_function_and_starts_with_its_own_settings() {
    // Starting fails with the name of a function that nobody put together.
    let world = world().await;
    // Its issuer is its own, and has another address.
    let known = |functions: &[Function]| {
        let mut known = functions.to_vec();
        for function in &mut known {
            function.variables.retain(|name, _| {
                !name.starts_with("TOKEN_") && name != "JWKS_URI" && name != "PUBLIC_URL"
            });
        }
        known
    };
    assert_eq!(
        known(&world.deployment.functions),
        known(&deployment().functions)
    );
}

#[test]
fn every_function_answers_the_routes_that_the_template_gives_it() {
    let mut of_template = BTreeMap::<String, BTreeSet<String>>::new();
    let deployment = deployment();
    for route in &deployment.routes {
        let routes = of_template.entry(route.function.clone()).or_default();
        routes.insert(route.key.clone());
    }
    let mut findings = Vec::new();
    for function in &deployment.functions {
        let own = set(routes_of(&function.name)
            .iter()
            .map(|route| route.to_string()));
        let given = of_template.get(&function.name).cloned().unwrap_or_default();
        findings.extend(compare(
            &own,
            &given,
            "add it to the Events of its function in template.yaml",
            "the template sends it to a function that does not answer it: add it to its ROUTES",
        ));
    }
    check(findings);
}

#[test]
fn every_function_is_given_the_tables_it_may_touch_and_no_others() {
    let mut findings = Vec::new();
    for function in &deployment().functions {
        let own = tables_of(&function.name);
        let own = set(own.iter().map(|table| table.variable().to_string()));
        let reported = function.variables.keys();
        let reported = set(reported.filter(|name| name.ends_with("_TABLE")).cloned());
        findings.extend(compare(
            &own,
            &reported,
            "set it among the Variables of its function in template.yaml",
            "the template sets it, but its function does not name it in its TABLES",
        ));
    }
    check(findings);
}

#[test]
fn every_route_has_its_recorded_event_and_its_price() {
    let routes = set(deployment().routes.into_iter().map(|route| route.key));
    let files = std::fs::read_dir(events_folder()).unwrap();
    let recorded = files.map(|file| {
        let event = recorded(file.unwrap().file_name().to_str().unwrap());
        assert_eq!(event["routeKey"], event["requestContext"]["routeKey"]);
        event["routeKey"].as_str().unwrap().to_string()
    });
    let mut findings = compare(
        &routes,
        &set(recorded),
        "record an event of it as events/<name>.json and drive its handler with it",
        "an event of a route that is not in the template: remove the file",
    );
    findings.extend(compare(
        &routes,
        &set(measured_routes()),
        "add its price to the table in requests_and_units.rs",
        "a price of a route that is not in the template: remove its rows",
    ));
    check(findings);
}

#[test]
fn every_route_asks_for_a_token_unless_it_is_a_webhook_gives_one_or_is_a_sealed_link() {
    let open = deployment()
        .routes
        .into_iter()
        .filter(|route| !route.authorized || route.scopes.is_empty());
    let open = open.filter(|route| !route.path.starts_with("/webhooks/"));
    let open = open.filter(|route| route.key != "POST /oauth/token");
    let open = open.filter(|route| route.path != "/unsubscribe");
    let open = open.map(|route| {
        format!(
            "{}: name its AuthorizationScopes in template.yaml",
            route.key
        )
    });
    check(open.collect());
}
