//! The stages of `samconfig.toml`: what they set, the template takes.

use std::collections::BTreeMap;

use local::deployment::Deployment;

use super::root;

/// The stages that are deployed, each with its settings of `sam deploy`.
fn stages() -> BTreeMap<String, toml::Table> {
    let text = std::fs::read_to_string(root().join("samconfig.toml")).unwrap();
    let config: toml::Table = text.parse().unwrap();
    let deployed = config.into_iter().filter_map(|(stage, value)| {
        let settings = value.get("deploy")?.get("parameters")?.as_table()?.clone();
        Some((stage, settings))
    });
    deployed.collect()
}

fn text<'a>(settings: &'a toml::Table, name: &str) -> &'a str {
    let value = settings.get(name).and_then(toml::Value::as_str);
    value.unwrap_or_else(|| panic!("samconfig.toml: every stage has {name}"))
}

#[test]
fn what_a_stage_sets_is_a_parameter_of_the_template_with_a_value_it_takes() {
    let stages = stages();
    assert_eq!(stages.keys().collect::<Vec<_>>(), ["dev", "prod"]);
    for (stage, settings) in stages {
        let pairs = text(&settings, "parameter_overrides").split_whitespace();
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut parameters: BTreeMap<String, String> = pairs
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        // A user pool is nothing that can be read here.
        parameters.insert("Issuer".to_string(), "https://issuer".to_string());
        let read = Deployment::read(&root().join("template.yaml"), &parameters);
        assert!(read.is_ok(), "stage {stage}: {}", read.unwrap_err());
    }
}

/// CloudWatch keeps the functions' metrics by region, without the stage.
#[test]
fn no_two_stages_share_a_stack_or_a_region() {
    let stages = stages();
    for name in ["stack_name", "region"] {
        let mut values: Vec<&str> = stages.values().map(|stage| text(stage, name)).collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), stages.len(), "{name}: {values:?}");
    }
}
