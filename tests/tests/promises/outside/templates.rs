//! The templates before those who know CloudFormation and SAM better: linters,
//! SAM's own validation, and the project's rules in `infra/rules`.

use super::{check, check_package, outside, script};
use crate::architecture::root;

/// The main template and those it nests.
fn templates() -> Vec<String> {
    let nested = std::fs::read_dir(root().join("infra")).unwrap();
    let names = nested.map(|file| file.unwrap().file_name().into_string().unwrap());
    let nested = names.filter(|name| name.ends_with(".yaml"));
    let nested = nested.map(|name| format!("infra/{name}"));
    ["template.yaml".to_string()]
        .into_iter()
        .chain(nested)
        .collect()
}

#[test]
fn the_templates_pass_cfn_lint() {
    if let Some(mut cfn_lint) = outside("cfn-lint") {
        check_package("cfn-lint");
        // Remarks count as well as warnings and errors.
        cfn_lint.args(["-c", "I", "--"]).args(templates());
        check(cfn_lint);
    }
}

#[test]
fn sam_takes_the_template() {
    if let Some(mut sam) = outside("sam") {
        check_package("aws-sam-cli");
        sam.args(["validate", "--lint", "--region", "eu-central-1"]);
        check(sam);
    }
}

/// As SAM translates them; every rule is shown to be able to fail as well.
#[test]
fn the_templates_keep_the_projects_rules() {
    let packages = ["cfn-guard-rs", "aws-sam-translator"];
    if let Some(guard) = script("guard.py", &packages) {
        let said = check(guard);
        assert!(said.contains(" rules hold, "), "{said}");
    }
}

/// As CloudFormation checks them before it changes anything.
#[test]
fn parameters_that_contradict_each_other_are_refused_with_a_sentence() {
    if let Some(script) = script("contradictions.py", &["aws-sam-translator"]) {
        let said = check(script);
        assert!(said.contains(" contradictions, "), "{said}");
    }
}

#[test]
fn what_checkov_finds_is_waived_with_a_reason_or_mended() {
    if let Some(script) = script("checkov.py", &["checkov", "aws-sam-translator"]) {
        let said = check(script);
        assert!(said.contains(" pass or are waived"), "{said}");
    }
}
