//! What `cargo lambda watch` gives the functions of a laptop: the variables
//! that the template gives them, and the local world's secret.

use std::collections::BTreeSet;

use local::deployment::Deployment;

use super::root;

#[test]
fn the_variables_for_cargo_lambda_are_enough_for_every_function() {
    let text = std::fs::read_to_string(root().join("local/functions.env")).unwrap();
    let pairs: Vec<(&str, &str)> = text
        .lines()
        .map(|line| line.split_once('=').unwrap())
        .collect();
    let names: BTreeSet<&str> = pairs.iter().map(|(name, _)| *name).collect();
    let parameters = [("Issuer".to_string(), "http://localhost".to_string())].into();
    let deployment = Deployment::read(&root().join("template.yaml"), &parameters).unwrap();
    let tables = deployment.functions.iter().flat_map(|function| {
        let variables = function.variables.keys();
        variables.filter(|name| name.ends_with("_TABLE"))
    });
    for table in tables {
        assert!(
            names.contains(table.as_str()),
            "local/functions.env lacks {table}"
        );
    }
    let secret = ("STRIPE_WEBHOOK_SECRETS", local::STRIPE_WEBHOOK_SECRET);
    assert!(pairs.contains(&secret), "it is signed with another secret");
}
