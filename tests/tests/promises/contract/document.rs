//! `openapi.yaml` is generated: it has not drifted, and no route is missing.

use std::collections::BTreeSet;

use local::deployment::Deployment;
use serde_json::Value;

use super::{generated, operation};
use crate::architecture::{check, root, sources};

#[test]
fn both_documents_are_what_the_code_says() {
    let problems = openapi::documents().unwrap();
    let problems = problems
        .iter()
        .filter_map(|document| openapi::check(document).err());
    check(problems.collect());
}

#[test]
fn every_route_of_the_template_is_described_with_its_scopes() {
    let given = [
        ("Issuer", "https://issuer.example.com"),
        ("ScopePrefix", ""),
    ];
    let given = given.map(|(name, value)| (name.to_string(), value.to_string()));
    let deployment = Deployment::read(&root().join("template.yaml"), &given.into()).unwrap();
    let described = openapi::described();
    let described: BTreeSet<&str> = described.iter().map(|route| route.key.as_str()).collect();
    let document = generated(openapi::API).value;
    let mut findings = Vec::new();
    for route in &deployment.routes {
        if !described.contains(route.key.as_str()) {
            findings.push(format!(
                "{} is not in openapi.yaml: give its file a `describe` and name it in `described` \
                 of its function (docs/adding-a-route.md)",
                route.key
            ));
            continue;
        }
        let scopes = scopes(operation(&document, &route.key));
        let needed: BTreeSet<&str> = route.scopes.iter().map(String::as_str).collect();
        if scopes != needed {
            findings.push(format!(
                "{}: openapi.yaml says {scopes:?}, template.yaml says {needed:?}",
                route.key
            ));
        }
    }
    let routes: BTreeSet<&str> = deployment.routes.iter().map(|it| it.key.as_str()).collect();
    let strangers = described.difference(&routes);
    findings.extend(strangers.map(|key| format!("{key} is described and not in template.yaml")));
    check(findings);
}

fn scopes(operation: &Value) -> BTreeSet<&str> {
    let needed = operation["security"].as_array().unwrap().iter();
    let lists = needed.flat_map(|one| one.as_object().unwrap().values());
    lists
        .flat_map(|list| list.as_array().unwrap())
        .map(|scope| scope.as_str().unwrap())
        .collect()
}

#[test]
fn every_path_of_the_local_worlds_own_is_described() {
    let document = generated(openapi::LOCAL).value;
    let paths = document["paths"].as_object().unwrap();
    let mut findings = Vec::new();
    let mut seen = 0;
    for source in sources(&root().join("local/src")) {
        if source.path.contains("/stripe") || source.path.contains("tests") {
            continue;
        }
        for (number, line) in source.code() {
            for text in line.split('"').skip(1).step_by(2) {
                if !text.starts_with("/_local") && !text.starts_with("/.well-known") {
                    continue;
                }
                seen += 1;
                if !paths.contains_key(text) {
                    findings.push(format!(
                        "{}:{number}: {text} is not in local/openapi.yaml: describe it in \
                         local/src/described.rs",
                        source.path
                    ));
                }
            }
        }
    }
    assert!(seen >= 10, "only {seen} paths were found");
    check(findings);
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_its_errors() {
    for path in [openapi::API, openapi::LOCAL] {
        let document = generated(path).value;
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name), "{name} names two operations");
                let summary = operation["summary"].as_str().unwrap_or_default();
                assert!(!summary.is_empty(), "{method} {path} has no summary");
                if !path.contains("/_local") && document["info"]["title"] == "Dedicated API" {
                    for status in ["429", "500", "503"] {
                        let response = &operation["responses"][status];
                        assert!(response.is_object(), "{method} {path} has no {status}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_document_that_has_drifted_is_named_with_what_to_do() {
    let mut document = generated(openapi::API);
    document.text = document.text.replacen("getCredits", "readCredits", 1);
    let problem = openapi::check(&document).unwrap_err();
    for part in [
        "openapi.yaml",
        "readCredits",
        "cargo run -p openapi -- write",
    ] {
        assert!(problem.contains(part), "{problem}");
    }
}
